"""One optimization job: its state and times, why it ended, its record's columns, and redaction of what it carries."""
