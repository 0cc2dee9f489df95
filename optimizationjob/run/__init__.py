"""One run of the check: all regions, one region, and the delivery of what was found."""
