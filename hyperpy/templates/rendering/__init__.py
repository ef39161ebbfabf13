"""A document → a function that renders it; components and fragments."""
