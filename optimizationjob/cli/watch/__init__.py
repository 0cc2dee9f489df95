"""The command : jobs live in a terminal."""
