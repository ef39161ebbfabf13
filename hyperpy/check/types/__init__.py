"""Type checkers: which one is installed, what it gets to read, and what it says."""
