"""Pages with async values: completed part by part while they are sent, or as a whole."""
