"""Channels and queues in Redis, or in a server with its protocol, streams and scripts. Needs redis-py."""
