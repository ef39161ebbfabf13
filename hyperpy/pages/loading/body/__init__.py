"""Inputs from the body of a request, when their file is loaded."""
