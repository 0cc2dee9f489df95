"""The command `doctor`: findings about one configuration."""
