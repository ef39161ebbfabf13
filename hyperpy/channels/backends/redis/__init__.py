"""Channels and queues kept by Redis, or what speaks its protocol and has its streams and scripts. Needs redis-py."""

from hyperpy.channels.backends.redis.backend import RedisBackend as make_backend

__all__ = ["make_backend"]
