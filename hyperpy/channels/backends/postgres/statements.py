"""The tables, in the first schema of the role's search path, and the SQL statements.

Each statement runs in a transaction of its own, except when `_publish` repeats one.
"""

from typing import Final

# Our notifications have this name. The payload is `key epoch number` of a message, or the key of a queue.
CHANNEL: Final = "hyperpy"
TRIM_EVERY: Final = 16  # messages of a channel; readers skip those that are due

# Message numbers rise within an epoch. A new epoch starts when `home` has changed, see HOME. A token tells
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

TABLES_EXIST: Final = """
SELECT bool_and(to_regclass(name) IS NOT NULL)
FROM unnest(ARRAY['hyper_channels', 'hyper_messages', 'hyper_queue']) AS name
"""
# Without the lock, all but one of several processes that start together would fail.
LOCK_TABLES: Final = "SELECT pg_advisory_xact_lock(x'68797065727079'::bigint);\n"

# Identifies the server's history: a restored backup or a promoted standby may lack messages that readers have seen.
HOME: Final = """
SELECT concat_ws('.', (SELECT system_identifier FROM pg_control_system()),
                 left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))
"""

# Without synchronous commit, readers could see a message that a crash then takes back.
SETUP: Final = """
SELECT pg_is_in_recovery(),
       CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""

# The channel's row stays locked until the end, so that messages become visible in the order of their numbers. Returns a
# row, or none if the channel is closed.
PUBLISH: Final = f"""
WITH channel AS (
    INSERT INTO hyper_channels AS channel (key, name, home, epoch, last, closed, used_at)
    VALUES (%(key)s::text, %(name)s::text, concat_ws('.', %(home)s::text, 'hyper_channels'::regclass::oid),
            %(fresh)s::bigint, 1, %(closes)s::boolean, now())
    ON CONFLICT (key) DO UPDATE SET
        home = excluded.home,
        epoch = CASE WHEN channel.home = excluded.home THEN channel.epoch ELSE excluded.epoch END,
        last = CASE WHEN channel.home = excluded.home THEN channel.last + 1 ELSE 1 END,
        closed = excluded.closed,
        used_at = excluded.used_at
    WHERE NOT channel.closed
    RETURNING epoch, last
), message AS (
    INSERT INTO hyper_messages (key, epoch, number, token, closes, expires_at, data)
    SELECT %(key)s::text, epoch, last, %(token)s::bigint, %(closes)s::boolean,
           now() + %(age)s::float8 * interval '1 second', %(data)b::bytea
    FROM channel
), trimmed AS (
    DELETE FROM hyper_messages USING channel
    WHERE key = %(key)s::text AND channel.last %% {TRIM_EVERY} = 0
        AND hyper_messages.epoch = channel.epoch AND number <= channel.last - %(messages)s::bigint
)
SELECT pg_notify('{CHANNEL}', concat_ws(' ', %(key)s::text, epoch, last)) FROM channel
"""

# Waits for a publisher in progress, which may be the lost connection, so that the next statement sees its message.
LOCK: Final = "SELECT 1 FROM hyper_channels WHERE key = %s FOR UPDATE"
IS_KEPT: Final = "SELECT 1 FROM hyper_messages WHERE key = %s AND token = %s::bigint"

# Returns the channel, and the messages after a number (or from the oldest if it is null) in its current epoch.
READ: Final = """
SELECT channel.epoch, channel.last, channel.closed, message.*
FROM hyper_channels channel LEFT JOIN LATERAL (
    SELECT number, closes, data FROM hyper_messages
    WHERE key = channel.key AND epoch = channel.epoch
        AND number > greatest(%(after)s::bigint, channel.last - %(messages)s::bigint) AND expires_at > now()
    ORDER BY number LIMIT %(limit)s::int
) message ON true
WHERE channel.key = %(key)s::text
ORDER BY message.number
"""

# The messages of several channels, each from a number on.
FETCH: Final = """
SELECT wanted.key, wanted.epoch, message.*
FROM unnest(%(keys)s::text[], %(epochs)s::bigint[], %(numbers)s::bigint[]) AS wanted (key, epoch, first)
CROSS JOIN LATERAL (
    SELECT number, closes, data FROM hyper_messages
    WHERE key = wanted.key AND epoch = wanted.epoch AND number >= wanted.first
    ORDER BY number LIMIT %(limit)s::int
) message
ORDER BY wanted.key, message.number
"""

# Rows locked by other processes are skipped, so that several can sweep at once without waiting.
SWEEP_MESSAGES: Final = """
DELETE FROM hyper_messages WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM hyper_messages WHERE expires_at < now() LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED
)) RETURNING 1
"""
SWEEP_CHANNELS: Final = """
DELETE FROM hyper_channels WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM hyper_channels channel
    WHERE used_at < now() - CASE WHEN closed THEN %(age)s::float8 ELSE %(idle)s::float8 END * interval '1 second'
        AND NOT EXISTS (SELECT FROM hyper_messages WHERE key = channel.key AND expires_at > now())
        AND NOT EXISTS (SELECT FROM hyper_queue WHERE key = channel.key)
    LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED
)) RETURNING 1
"""

# Returns a row, or none if the queue is closed.
PUT: Final = f"""
WITH item AS (
    INSERT INTO hyper_queue (key, name, data) SELECT %(key)s::text, %(name)s::text, %(data)b::bytea
    WHERE NOT EXISTS (SELECT FROM hyper_channels WHERE key = %(key)s::text AND closed)
    RETURNING key
)
SELECT pg_notify('{CHANNEL}', key) FROM item
"""

TAKE: Final = """
UPDATE hyper_queue
SET taken_by = %(receipt)s::bigint, taken_until = now() + %(lease)s::float8 * interval '1 second'
WHERE id = (
    SELECT id FROM hyper_queue WHERE key = %(key)s::text AND (taken_until IS NULL OR taken_until < now())
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, data
"""

# After its lease, another consumer may have taken the item, with another receipt.
ACKNOWLEDGE: Final = "DELETE FROM hyper_queue WHERE id = %s::bigint AND taken_by = %s::bigint"

RELEASE: Final = f"""
WITH held AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(receipts)s::bigint[]) AS held (id, receipt)
), item AS (
    UPDATE hyper_queue SET taken_by = NULL, taken_until = NULL FROM held
    WHERE hyper_queue.id = held.id AND taken_by = held.receipt
    RETURNING key
)
SELECT pg_notify('{CHANNEL}', key) FROM (SELECT DISTINCT key FROM item) AS queue
"""

RENEW: Final = """
UPDATE hyper_queue SET taken_until = now() + %(lease)s::float8 * interval '1 second'
FROM unnest(%(ids)s::bigint[], %(receipts)s::bigint[]) AS held (id, receipt)
WHERE hyper_queue.id = held.id AND taken_by = held.receipt
"""
