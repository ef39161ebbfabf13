"""The table of behaviour: what each framework was seen to do."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count

from bench.streams.servers import Framework, Options, Server, ServerError

GOOD, BAD, NONE, UNKNOWN = "✓", "✗", "–", "?"
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


FULL = Pace(exit=8, event=3)
QUICK = Pace(exit=3, event=1.5)


class Site:
    """One framework, and the servers of it that rows share."""

    def __init__(self, framework: Framework, pace: Pace, closing: ExitStack) -> None:
        self.framework = framework
        self.pace = pace
        self._closing = closing
        self._servers: dict[Options, Server] = {}

    def server(self, options: Options = Options()) -> Server:  # noqa: B008 (it is frozen)
        """One for all rows that ask for these options and leave it as it was."""
        if options not in self._servers:
            self._servers[options] = self._closing.enter_context(self.fresh(options))
        return self._servers[options]

    def fresh(self, options: Options = Options()) -> Server:  # noqa: B008 (it is frozen)
        return Server(self.framework, options)


type Check = Callable[[Site], Seen]


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    check: Check
    alone: bool = False
    """Whether the time that something takes is what matters, so that no other framework may be busy meanwhile."""


def new_token() -> str:
    return f"t{next(_tokens)}"


def observe(title: str, rows: Sequence[Row], sites: Sequence[Site]) -> list[dict[str, str]]:
    """A table's rows, by name of the column."""
    table = []
    for row in rows:
        with ThreadPoolExecutor(1 if row.alone else len(sites)) as pool:
            seen = list(pool.map(lambda site, row=row: _seen(row, site), sites))
        table.append({title: row.name} | {site.framework.name: str(each) for site, each in zip(sites, seen, strict=True)})
    return table


def _seen(row: Row, site: Site) -> Seen:
    try:
        return row.check(site)
    except ServerError as error:
        return Seen(UNKNOWN, str(error))
    except Exception as error:  # noqa: BLE001 (whatever happens with one framework, the others are observed)
        return Seen(UNKNOWN, f"{type(error).__name__}: {error}")
