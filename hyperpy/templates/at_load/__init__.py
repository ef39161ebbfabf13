"""The syntax tree of a file → its t-strings checked and compiled in place."""
