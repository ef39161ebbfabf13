"""Parsing of t-strings: static strings → document in which each hole has its context."""
