"""Checks of names: forgotten `global`, undefined, read before set, set behind the analysis's back."""
