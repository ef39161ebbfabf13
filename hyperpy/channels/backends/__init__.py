"""What keeps messages and queues: memory, Redis, PostgreSQL."""
