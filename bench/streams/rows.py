"""Rows of the behaviour tables: each checks one behaviour of every framework."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from itertools import count
from threading import Lock

from bench.streams.servers import PLAIN, Framework, Options, Server, ServerError

GOOD, BAD, NONE, UNKNOWN = "✓", "✗", "\N{EN DASH}", "?"
_tokens = count(1)


@dataclass(frozen=True, slots=True)
class Observation:
    mark: str
    details: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.details}".rstrip().replace("|", "/")


def verdict(is_correct: bool, details: str = "") -> Observation:
    return Observation(GOOD if is_correct else BAD, details)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts, in seconds, for things that may never happen."""

    exit: float
    event: float
    renewal: float


FULL = Timeouts(exit=8, event=3, renewal=8)
QUICK = Timeouts(exit=2, event=1, renewal=5)
MAX_CONCURRENT = 12  # checks; most of them only wait


class Subject:
    """A framework under observation, and its servers that rows share."""

    def __init__(self, framework: Framework, timeouts: Timeouts, closing: ExitStack) -> None:
        self.framework = framework
        self.timeouts = timeouts
        self._closing = closing
        self._servers: dict[Options, Server] = {}
        self._starting = Lock()

    def server(self, options: Options = PLAIN) -> Server:
        """A server shared by all rows with these options; a check must leave it as it was."""
        with self._starting:
            if options not in self._servers:
                self._servers[options] = self._closing.enter_context(self.fresh(options))
            return self._servers[options]

    def fresh(self, options: Options = PLAIN) -> Server:
        return Server(self.framework, options)


type Check = Callable[[Subject], Observation]


class Concurrency(Enum):
    """Other checks that may run at the same time without changing the result."""

    ALONE = "it keeps a core busy, or a busy core would distort it"
    PEERS = "it measures fractions of a second"
    ANY = "it waits for seconds"


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    check: Check
    concurrency: Concurrency = Concurrency.PEERS


def new_token() -> str:
    return f"t{next(_tokens)}"


def observe(title: str, rows: Sequence[Row], subjects: Sequence[Subject]) -> list[dict[str, str]]:
    """Run the checks of all rows; return the lines of a table with a column per framework."""
    together = [row for row in rows if row.concurrency is Concurrency.ANY]
    observations = dict(_observed(together, subjects, MAX_CONCURRENT))
    for row in rows:
        if row not in together:
            observations |= _observed([row], subjects, len(subjects) if row.concurrency is Concurrency.PEERS else 1)
    return [
        {title: row.name}
        | {subject.framework.name: str(observations[row.name, subject.framework.name]) for subject in subjects}
        for row in rows
    ]


def _observed(rows: Sequence[Row], subjects: Sequence[Subject], concurrent: int) -> dict[tuple[str, str], Observation]:
    pairs = [(row, subject) for row in rows for subject in subjects]
    with ThreadPoolExecutor(concurrent) as pool:
        observations = pool.map(lambda pair: _observation(*pair), pairs)
        names = [(row.name, subject.framework.name) for row, subject in pairs]
        return dict(zip(names, observations, strict=True))


def _observation(row: Row, subject: Subject) -> Observation:
    try:
        return row.check(subject)
    except ServerError as error:
        return Observation(UNKNOWN, str(error))
    except Exception as error:  # noqa: BLE001 (one failing framework must not end the run)
        return Observation(UNKNOWN, f"{type(error).__name__}: {error}")
