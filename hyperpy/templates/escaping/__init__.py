"""Escaping: value → text that is safe in its context."""
