"""A route file's source → its `Description`. Pure: nothing is imported, executed or read from disk."""
