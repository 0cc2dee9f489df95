"""What an instance of the configuration says: settings, readers of single options, regions, and which jobs to watch."""
