"""Calls that hold up every request, and end tags that close the wrong element."""
