"""Reconnecting to a broker, and the log of its outages."""

import asyncio

import pytest

from hyperpy.channels.backends import broker
from hyperpy.channels.backends.broker import Outage, retry_forever
from hyperpy.exceptions import BrokerError

AWAY = BrokerError("redis://host is unreachable")
STILL_AWAY = BrokerError("redis://host is unreachable for another reason")
REFUSES = BrokerError("redis://host refused the password", hint="Write the password.")


@pytest.mark.parametrize(
    ("outages", "lines"),
    [
        ([[AWAY, AWAY, STILL_AWAY]], 2),
        ([[AWAY], [AWAY]], 4),
        ([[AWAY, REFUSES, AWAY, REFUSES]], 3),
        ([[REFUSES, AWAY]], 2),
        ([[]], 0),
    ],
)
def test_an_outage_is_logged_once(caplog, outages, lines):
    outage = Outage("redis://host")
    for errors in outages:
        for error in errors:
            outage.began(error)
        outage.ended()
    assert len(caplog.records) == lines


async def test_pauses_grow_until_a_connection_was_stable(monkeypatch):
    now = 0.0
    durations = [0.0] * 7 + [broker.STEADY + 1, 0.0, 0.03]
    pauses = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(broker, "monotonic", lambda: now)
    monkeypatch.setattr(broker.random, "uniform", lambda _least, most: most)
    monkeypatch.setattr(broker.asyncio, "sleep", pause)

    async def attempt() -> None:
        nonlocal now
        if not durations:
            raise asyncio.CancelledError
        now += durations.pop(0)
        raise BrokerError("away")

    with pytest.raises(asyncio.CancelledError):
        await retry_forever(attempt, lambda error: None)
    # The time that an attempt takes counts towards the pause.
    assert pauses == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 0.0, 0.1, 0.17])
