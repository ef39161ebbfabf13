"""What the pages of the inspector are made of."""
