"""The errors for connections that PostgreSQL refuses."""

import psycopg
import pytest

from hyperpy.channels.backends.postgres.connection import explain


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("the database system is starting up", "is starting: "),
        ("the database system is not yet accepting connections", "is unreachable: "),
        ("the database system is in recovery mode", "is starting: "),
        ("the database system is shutting down", "is shutting down: "),
        ('database "nowhere" does not exist', "has no such database: "),
        ('role "nobody" does not exist', "does not know the user: "),
        ('password authentication failed for user "hyper"', "refused the password: "),
        ("sorry, too many clients already", "has no free connections: "),
    ],
)
def test_a_refused_connection(text: str, what: str) -> None:
    error = explain(psycopg.OperationalError(f"connection failed: FATAL:  {text}"), "postgresql://host")
    assert error.what.startswith(f"postgresql://host {what}")
    assert ("Create the database" in error.hint) is ('database "' in text)
