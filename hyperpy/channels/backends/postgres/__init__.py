"""Channels, queues and notifications in PostgreSQL. Needs psycopg."""
