"""A route file's source and the meaning of its names → its `Description`. Imports and executes nothing."""
