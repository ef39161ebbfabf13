"""What open pages are told: which routes and static files have changed."""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple
from urllib.parse import quote

from hyperpy.record_classes import record

_KEPT: Final = 200  # updates, for pages that were away; older ones reload


class Asset(NamedTuple):
    """A static file that has changed."""

    path: str
    """Its URL without a hash, `/static/app.css`."""
    url: str | None
    """Its URL with the hash of its content; None if the file has gone."""


@record(frozen=True, slots=True)
class Update:
    """A change that open pages take over."""

    files: frozenset[str] | None = frozenset()
    """Route files whose pages are outdated; None if every page may be."""
    assets: tuple[Asset, ...] = ()

    def __or__(self, later: Update) -> Update:
        files = None if self.files is None or later.files is None else self.files | later.files
        latest = {asset.path: asset for asset in (*self.assets, *later.assets)}
        return Update(files, tuple(latest.values()))

    @property
    def is_empty(self) -> bool:
        return self.files == frozenset() and not self.assets


class Updates:
    """Passes updates on to the subscribers, and keeps the latest for pages that connect later.

    `generation` names the state of the code. It is different in each process and after each update. For the event loop
    of the server only.
    """

    def __init__(self) -> None:
        self._process = secrets.token_hex(8)
        self._count = 0
        self._recent: deque[tuple[str, Update]] = deque(maxlen=_KEPT)  # each with the generation before it
        self._mailboxes: set[asyncio.Queue[str | None]] = set()
        self.watchers: list[Callable[[Update], None]] = []
        """Called with each update."""
        self.standing: Callable[[], Iterable[str]] = tuple
        """The events that pages get when they connect, besides updates."""
        self.changed = asyncio.Event()
        """Set at the next change of code, or when the process stops. The change after that has an event of its own."""
        self._closed = False

    @property
    def generation(self) -> str:
        return f"{self._process}.{self._count}"

    def publish(self, update: Update) -> None:
        if update.is_empty:
            return
        self._recent.append((self.generation, update))
        self._count += 1
        for mailbox in self._mailboxes:
            mailbox.put_nowait(self._event(update))
        for watcher in self.watchers:
            watcher(update)
        if update.files != frozenset():
            self.changed.set()
            self.changed = asyncio.Event()

    def tell(self, event: str) -> None:
        """Send an event, in the format of event streams, to all pages that are connected now."""
        for mailbox in self._mailboxes:
            mailbox.put_nowait(event)

    def close(self) -> None:
        """End all subscriptions, and those that begin later."""
        self._closed = True
        self.changed.set()
        for mailbox in self._mailboxes:
            mailbox.put_nowait(None)

    @contextmanager
    def subscribed(self, since: str) -> Iterator[asyncio.Queue[str | None]]:
        """What a page that shows the generation `since` has missed, and what follows, as events. None is the end."""
        mailbox: asyncio.Queue[str | None] = asyncio.Queue()
        missed = self._since(since)
        if not missed.is_empty:
            mailbox.put_nowait(self._event(missed))
        for event in self.standing():
            mailbox.put_nowait(event)
        if self._closed:
            mailbox.put_nowait(None)
        self._mailboxes.add(mailbox)
        try:
            yield mailbox
        finally:
            self._mailboxes.discard(mailbox)

    def _since(self, generation: str) -> Update:
        """A generation of another process, or one that has been forgotten, may have shown anything."""
        missed = Update() if generation == self.generation else Update(None)
        for before, update in self._recent:
            if before == generation:
                missed = Update()
            missed |= update
        return missed if generation != self.generation else Update()

    def _event(self, update: Update) -> str:
        files = None if update.files is None else sorted(map(quote, update.files))
        assets = [asset._asdict() for asset in update.assets]
        data = json.dumps({"generation": self.generation, "files": files, "assets": assets})
        return f"id: {self.generation}\nevent: update\ndata: {data}\n\n"
