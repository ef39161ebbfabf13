"""Random route files, and what Python itself makes of them."""
