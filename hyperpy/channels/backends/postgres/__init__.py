"""Channels and queues kept by PostgreSQL, and what its triggers tell. Needs psycopg."""

from hyperpy.channels.backends.postgres.backend import PostgresBackend as make_backend

__all__ = ["make_backend"]
