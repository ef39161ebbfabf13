"""The tables, in the first schema of the role's search path."""

from typing import Final

from hyperpy.channels.backends.postgres.connection import PostgresConnection

# Message numbers rise within an epoch. A new epoch starts when `home` has changed, see statements.HOME. A token tells
# whether a message was stored before its connection was lost. Data is bytea, so that the database's encoding doesn't
# matter.
TABLES: Final = """\
CREATE TABLE IF NOT EXISTS hyper_channels (
    key text PRIMARY KEY,
    name text NOT NULL,
    home text NOT NULL,
    epoch bigint NOT NULL,
    last bigint NOT NULL,
    closed boolean NOT NULL,
    used_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS hyper_messages (
    key text NOT NULL,
    epoch bigint NOT NULL,
    number bigint NOT NULL,
    token bigint NOT NULL,
    closes boolean NOT NULL,
    expires_at timestamptz NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (key, epoch, number)
);

CREATE INDEX IF NOT EXISTS hyper_messages_expire ON hyper_messages (expires_at);

CREATE TABLE IF NOT EXISTS hyper_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    name text NOT NULL,
    taken_until timestamptz,
    taken_by bigint,
    data bytea NOT NULL
);

CREATE INDEX IF NOT EXISTS hyper_queue_of ON hyper_queue (key, id);
"""

_ALL: Final = """
SELECT bool_and(to_regclass(name) IS NOT NULL)
FROM unnest(ARRAY['hyper_channels', 'hyper_messages', 'hyper_queue']) AS name
"""
# Without the lock, all but one of several processes that start together would fail.
_ALONE: Final = "SELECT pg_advisory_xact_lock(x'68797065727079'::bigint);\n"


async def make_tables(connection: PostgresConnection) -> None:
    """Create the tables that don't exist, in one transaction."""
    if not (await connection.query(_ALL))[0][0]:
        await connection.execute(_ALONE + TABLES, prepare=False)
