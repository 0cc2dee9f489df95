"""Measures what the check costs, against the simulator."""
