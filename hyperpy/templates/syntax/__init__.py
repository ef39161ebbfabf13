"""Static strings of a t-string → a document in which each hole has its context."""
