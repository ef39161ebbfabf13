"""The tables, which stand in the first schema of the role's search path."""

from typing import Final

from hyperpy.channels.backends.postgres.connection import PostgresConnection

# Numbers of messages count up in one epoch, which begins anew when the channel's row is not where it was: see `home` in
# statements. Tokens tell whether a message has been kept before its connection broke. Data is what was published, byte
# by byte, in a database of any encoding.
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
# Processes that start together would all find nothing, and all but one fail.
_ALONE: Final = "SELECT pg_advisory_xact_lock(x'68797065727079'::bigint);\n"


async def make_tables(connection: PostgresConnection) -> None:
    """Makes the tables that are not there. All statements are one transaction."""
    if not (await connection.ask(_ALL))[0][0]:
        await connection.execute(_ALONE + TABLES, prepare=False)
