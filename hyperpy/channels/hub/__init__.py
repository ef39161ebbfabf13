"""The channels of one process, between its backend and its subscribers and consumers."""
