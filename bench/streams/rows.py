"""The table of behaviour: what each framework was seen to do."""

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
class Seen:
    mark: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.words}".rstrip().replace("|", "/")


def judged(is_good: bool, words: str = "") -> Seen:
    return Seen(GOOD if is_good else BAD, words)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long, in seconds, is waited for what may never happen."""

    exit: float
    event: float
    renewal: float


FULL = Pace(exit=8, event=3, renewal=8)
QUICK = Pace(exit=2, event=1, renewal=5)
TOGETHER = 12  # checks that run at the same time, most of which wait


class Site:
    """One framework, and the servers of it that rows share."""

    def __init__(self, framework: Framework, pace: Pace, closing: ExitStack) -> None:
        self.framework = framework
        self.pace = pace
        self._closing = closing
        self._servers: dict[Options, Server] = {}
        self._starting = Lock()

    def server(self, options: Options = PLAIN) -> Server:
        """One for all rows that ask for these options and leave it as it was."""
        with self._starting:
            if options not in self._servers:
                self._servers[options] = self._closing.enter_context(self.fresh(options))
            return self._servers[options]

    def fresh(self, options: Options = PLAIN) -> Server:
        return Server(self.framework, options)


type Check = Callable[[Site], Seen]


class Beside(Enum):
    """What a row can be checked at the same time with, without a change of what is seen."""

    NOTHING = "it keeps a core busy, or measures what a busy one would spoil"
    PEERS = "it looks at fractions of a second"
    ANYTHING = "it waits for seconds"


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    check: Check
    beside: Beside = Beside.PEERS


def new_token() -> str:
    return f"t{next(_tokens)}"


def observe(title: str, rows: Sequence[Row], sites: Sequence[Site]) -> list[dict[str, str]]:
    """A table's lines: what was seen by the name of the framework, and the row's name by the title."""
    waiting = [row for row in rows if row.beside is Beside.ANYTHING]
    seen = dict(_observed(waiting, sites, TOGETHER))
    for row in rows:
        if row not in waiting:
            seen |= _observed([row], sites, len(sites) if row.beside is Beside.PEERS else 1)
    return [
        {title: row.name} | {site.framework.name: str(seen[row.name, site.framework.name]) for site in sites}
        for row in rows
    ]


def _observed(rows: Sequence[Row], sites: Sequence[Site], together: int) -> dict[tuple[str, str], Seen]:
    pairs = [(row, site) for row in rows for site in sites]
    with ThreadPoolExecutor(together) as pool:
        seen = pool.map(lambda pair: _seen(*pair), pairs)
        return {(row.name, site.framework.name): each for (row, site), each in zip(pairs, seen, strict=True)}


def _seen(row: Row, site: Site) -> Seen:
    try:
        return row.check(site)
    except ServerError as error:
        return Seen(UNKNOWN, str(error))
    except Exception as error:  # noqa: BLE001 (whatever happens with one framework, the others are observed)
        return Seen(UNKNOWN, f"{type(error).__name__}: {error}")
