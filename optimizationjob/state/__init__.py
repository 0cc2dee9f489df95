"""What is known of a region: in the process, and saved in the Agent's persistent cache."""
