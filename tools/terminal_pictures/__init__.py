"""Renders pictures of the commands for the documentation: `python -m tools.terminal_pictures`."""
