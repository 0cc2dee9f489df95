"""For developers of the integration; not part of the wheel."""
