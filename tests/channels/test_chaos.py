"""No message is lost silently while workers, broker and clients are killed; and the checks that would notice."""

from collections import Counter

import pytest

from bench.chaos.clients import ChunkedDecoder
from bench.chaos.received_numbers import ReceivedNumbers
from bench.chaos.running import CHANNELS, Plan, run

PLAN = Plan(seconds=5.0, clients=40, rate=100, pause=0.8, hang=1.0, retained=80, away=5.0, seed=7)


@pytest.mark.slow
async def test_nothing_is_lost_silently(broker):
    outcome = await run(broker, PLAN)
    violations = "\n".join(f"{each.number}: {what}" for each, what in outcome.violations.items())
    assert not violations, "\n".join([violations, *outcome.log, outcome.server_log])
    assert "Traceback" not in outcome.server_log
    assert len(outcome.faults) == 6
    assert set(outcome.confirmed) == {(name, each.name) for name in CHANNELS for each in outcome.publishers}
    sums = sum((client.totals(outcome.confirmed) for client in outcome.clients), Counter())
    assert sums["received"] > len(outcome.clients)
    assert sums["reconnects"] > 0


GAP, REPLAY, RECONNECT, AFRESH = "gap", "a gap, then all that is kept", "reconnected", "reconnected without an id"


def check(*steps, confirmed=range(1, 10), last=5, begins=0):
    """The violations in what a client has received, and the numbers themselves."""
    sequence = ReceivedNumbers(begins)
    wrong = []
    for step in steps:
        if step in (GAP, REPLAY):
            sequence.gap(replays=step == REPLAY)
        elif step in (RECONNECT, AFRESH):
            sequence.reconnected(without_id=step == AFRESH)
        else:
            wrong.append(sequence.receive(step, "here"))
    return [*filter(None, wrong), *sequence.violations(set(confirmed), last)], sequence


@pytest.mark.parametrize(
    "steps",
    [
        (1, 2, 3, 4, 5),
        (1, 2, RECONNECT, 3, 4, 5),
        (1, 2, 3, RECONNECT, 2, 3, 4, 5),
        (1, 2, GAP, 5),
        (GAP, 5),
        (1, RECONNECT, GAP, 5, 6),
        (1, 2, 3, REPLAY, 2, 3, 4, 5),
        (1, REPLAY, 4, 5),
        (1, AFRESH, 4, 5),
    ],
)
def test_valid_sequences(steps):
    assert check(*steps)[0] == []


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ((2, 3, 4, 5), "1 never arrived"),
        ((1, 2, 5), "2 from 3 to 4 never arrived"),
        ((1, RECONNECT, 4, 5), "2 from 2 to 3 never arrived"),
        ((1, GAP, 3, 5), "4 never arrived"),
        ((1, 2, 2, 3, 4, 5), "2 arrived after 2"),
        ((1, 2, RECONNECT, 1, 2, 1, 3, 4, 5), "1 arrived after 2"),
        ((1, 2, GAP, 1, 3, 4, 5), "1 arrived after 2"),
        ((1, 2, 3, REPLAY, 2, 3, 5), "4 never arrived"),
        ((1, 3, 2, 4, 5), "2 arrived for the first time after 3"),
        ((1, 2, 3, 4), "nothing arrived after 4"),
        ((1, 2, GAP), "nothing arrived after 2"),
        ((), "nothing arrived after 0"),
    ],
)
def test_violations(steps, wrong):
    [violation] = check(*steps)[0]
    assert violation.startswith(wrong)


def test_unconfirmed_messages_may_be_lost():
    assert check(1, 2, 4, 5, confirmed={1, 2, 4, 5})[0] == []
    assert check(1, 2, 3, 4, 5, confirmed={1, 2, 4, 5})[0] == []


def test_a_late_client_may_begin_anywhere():
    assert check(3, 4, 5, begins=None)[0] == []
    assert check(begins=None)[0] != []


def test_duplicates_and_reported_losses_are_counted():
    _, sequence = check(1, 2, 3, RECONNECT, 2, 3, GAP, 6, confirmed={1, 2, 3, 5, 6}, last=6)
    assert sequence.duplicates == 2
    assert [missing.lost({1, 2, 3, 5, 6}) for missing in sequence.reported] == [[5]]


def test_chunks_may_arrive_in_pieces():
    body = b"5\r\nhello\r\n10\r\n, world\r\nand all\r\n0\r\n\r\n"
    for size in range(1, len(body) + 1):
        chunks = ChunkedDecoder()
        content = b"".join(chunks.feed(body[at : at + size]) for at in range(0, len(body), size))
        assert content == b"hello, world\r\nand all"
        assert chunks.ended
