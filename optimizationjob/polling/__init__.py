"""One poll of a region: listings, tags, details, and what changed since the last poll."""
