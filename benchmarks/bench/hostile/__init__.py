"""What arrives, and what it costs."""
