"""Backends, which keep messages and queues: memory, Redis, PostgreSQL."""
