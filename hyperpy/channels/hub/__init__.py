"""The channels of one process, fanned out from the backend to its subscribers."""
