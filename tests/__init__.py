"""A package, since one that older base packages bring has the same name."""
