"""The command : findings about one configuration."""
