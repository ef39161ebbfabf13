"""The imports of a file: what the names mean that they bind, and hints for those that fail."""
