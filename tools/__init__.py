"""Developer tools for the integration; not part of the wheel."""
