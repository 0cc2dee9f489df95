"""Benchmarks of the check against the simulator."""
