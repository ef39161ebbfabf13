"""A folder of Python files becomes a live site."""
