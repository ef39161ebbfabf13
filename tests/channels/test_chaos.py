"""Workers, broker and clients are killed for some seconds, and nobody misses a message without a word; and what would
notice that.
"""

from collections import Counter

import pytest

from bench.chaos.clients import ChunkedDecoder
from bench.chaos.received_numbers import ReceivedNumbers
from bench.chaos.running import CHANNELS, Plan, run

PLAN = Plan(seconds=5.0, clients=40, rate=100, pause=0.8, hang=1.0, retained=80, away=5.0, seed=7)


@pytest.mark.slow
async def test_nothing_is_lost_without_a_word(broker):
    outcome = await run(broker, PLAN)
    told = "\n".join(f"{each.number}: {what}" for each, what in outcome.violations.items())
    assert not told, "\n".join([told, *outcome.log, outcome.server_log])
    assert "Traceback" not in outcome.server_log
    assert len(outcome.faults) == 6
    assert set(outcome.confirmed) == {(name, each.name) for name in CHANNELS for each in outcome.publishers}
    sums = sum((client.totals(outcome.confirmed) for client in outcome.clients), Counter())
    assert sums["received"] > len(outcome.clients)
    assert sums["reconnects"] > 0


GAP, REPLAY, BACK, AFRESH = "gap", "a gap, then all that is kept", "reconnected", "reconnected without an id"


def heard(*steps, confirmed=range(1, 10), last=5, begins=0):
    """What is wrong with what has come, how much was lost in all, and how much came again."""
    sequence = ReceivedNumbers(begins)
    wrong = []
    for step in steps:
        if step in (GAP, REPLAY):
            sequence.gap(replays=step == REPLAY)
        elif step in (BACK, AFRESH):
            sequence.reconnected(without_id=step == AFRESH)
        else:
            wrong.append(sequence.receive(step, "here"))
    return [*filter(None, wrong), *sequence.violations(set(confirmed), last)], sequence


@pytest.mark.parametrize(
    "steps",
    [
        (1, 2, 3, 4, 5),
        (1, 2, BACK, 3, 4, 5),
        (1, 2, 3, BACK, 2, 3, 4, 5),
        (1, 2, GAP, 5),
        (GAP, 5),
        (1, BACK, GAP, 5, 6),
        (1, 2, 3, REPLAY, 2, 3, 4, 5),
        (1, REPLAY, 4, 5),
        (1, AFRESH, 4, 5),
    ],
)
def test_what_a_client_may_hear(steps):
    assert heard(*steps)[0] == []


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ((2, 3, 4, 5), "1 never arrived"),
        ((1, 2, 5), "2 from 3 to 4 never arrived"),
        ((1, BACK, 4, 5), "2 from 2 to 3 never arrived"),
        ((1, GAP, 3, 5), "4 never arrived"),
        ((1, 2, 2, 3, 4, 5), "2 arrived after 2"),
        ((1, 2, BACK, 1, 2, 1, 3, 4, 5), "1 arrived after 2"),
        ((1, 2, GAP, 1, 3, 4, 5), "1 arrived after 2"),
        ((1, 2, 3, REPLAY, 2, 3, 5), "4 never arrived"),
        ((1, 3, 2, 4, 5), "2 arrived for the first time after 3"),
        ((1, 2, 3, 4), "nothing arrived after 4"),
        ((1, 2, GAP), "nothing arrived after 2"),
        ((), "nothing arrived after 0"),
    ],
)
def test_what_a_client_may_not_hear(steps, wrong):
    [told] = heard(*steps)[0]
    assert told.startswith(wrong)


def test_what_was_not_confirmed_need_not_come():
    assert heard(1, 2, 4, 5, confirmed={1, 2, 4, 5})[0] == []
    assert heard(1, 2, 3, 4, 5, confirmed={1, 2, 4, 5})[0] == []


def test_who_comes_late_may_begin_anywhere():
    assert heard(3, 4, 5, begins=None)[0] == []
    assert heard(begins=None)[0] != []


def test_what_comes_again_and_what_was_told_of_is_counted():
    _, sequence = heard(1, 2, 3, BACK, 2, 3, GAP, 6, confirmed={1, 2, 3, 5, 6}, last=6)
    assert sequence.duplicates == 2
    assert [missing.lost({1, 2, 3, 5, 6}) for missing in sequence.reported] == [[5]]


def test_chunks_may_arrive_in_any_pieces():
    body = b"5\r\nhello\r\n10\r\n, world\r\nand all\r\n0\r\n\r\n"
    for size in range(1, len(body) + 1):
        chunks = ChunkedDecoder()
        content = b"".join(chunks.feed(body[at : at + size]) for at in range(0, len(body), size))
        assert content == b"hello, world\r\nand all"
        assert chunks.ended
