"""What PostgreSQL answers to who connects, as the log tells it."""

import psycopg
import pytest

from hyperpy.channels.backends.postgres.address import explain


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("the database system is starting up", "is starting: "),
        ("the database system is not yet accepting connections", "is out of reach: "),
        ("the database system is in recovery mode", "is starting: "),
        ("the database system is shutting down", "is shutting down: "),
        ('database "nowhere" does not exist', "does not have the database: "),
        ('role "nobody" does not exist', "does not know the user: "),
        ('password authentication failed for user "hyper"', "does not let us in: "),
        ("sorry, too many clients already", "has too many clients: "),
    ],
)
def test_a_refused_connection(said: str, told: str) -> None:
    error = explain(psycopg.OperationalError(f"connection failed: FATAL:  {said}"), "postgresql://host")
    assert error.what.startswith(f"postgresql://host {told}")
    assert ("CREATE DATABASE" in error.hint) is ('database "' in said)
