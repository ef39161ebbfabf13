"""Work on t-strings when their file is loaded: syntax tree → checks, fragments, functions."""
