"""The command `watch`: a live table of the jobs of an account."""
