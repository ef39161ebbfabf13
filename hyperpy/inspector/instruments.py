"""Measures the stages of requests, and listens to streams and channels, by wrapping the methods that they go through.

Nothing of it is in the process of `hyper serve`: the methods themselves know nothing about the inspector.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final
from weakref import WeakSet

from starlette.types import Scope

from hyperpy.app.dispatch import Dispatch
from hyperpy.app.guards import Guards
from hyperpy.channels import Channel, Hub, Record
from hyperpy.channels.hub.topic import Mailbox, Topic
from hyperpy.inspector.declared_secrets import declared_secrets
from hyperpy.inspector.history import Records, RequestEntry
from hyperpy.inspector.stage_clock import RequestStage
from hyperpy.pages import Route, Run
from hyperpy.routing import Match, Router
from hyperpy.streams import StreamMode, Streams
from hyperpy.streams.registry import OpenStream

type Function = Callable[..., Any]

current_entry: Final[ContextVar[RequestEntry | None]] = ContextVar("hyperpy.inspector.entry", default=None)

_STAGES: Final[tuple[tuple[Any, str, RequestStage], ...]] = (
    (Router, "match", RequestStage.MATCH),
    (Guards, "answer", RequestStage.GUARDS),
    (Run, "read_inputs_from_body", RequestStage.INPUTS),
    (Run, "prepare", RequestStage.INPUTS),
    (Run, "bind", RequestStage.INPUTS),
    (Run, "_execute", RequestStage.BODY),
    (Run, "_load", RequestStage.LOADER),
    (Run, "_page_to_send", RequestStage.RENDER),
)

_MODES: Final = {StreamMode.SSE: "events", StreamMode.HTML: "progressive HTML", StreamMode.PAGE: "page with late parts"}


@contextmanager
def instrumented(records: Records) -> Iterator[WeakSet[Hub]]:
    """Fill `records`, and the set of hubs that channels use, until the end of the context."""
    hubs: WeakSet[Hub] = WeakSet()
    replaced: list[tuple[Any, str, Function]] = []

    def wrap(owner: Any, name: str, around: Callable[[Function], Function]) -> None:
        original = getattr(owner, name)
        replaced.append((owner, name, original))
        setattr(owner, name, wraps(original)(around(original)))

    try:
        for owner, name, stage in _STAGES:
            wrap(owner, name, _timed(stage))
        wrap(Router, "match", _noting_route(records))
        wrap(Dispatch, "_log", _noting_failure)
        wrap(Streams, "add", _opening(records))
        wrap(Hub, "topic", _noting_hub(records, hubs))
        wrap(Hub, "publish", _publishing(records, hubs))
        wrap(Topic, "_deliver", _delivering(records))
        wrap(Channel, "subscribe", _naming(records))
        yield hubs
    finally:
        for owner, name, original in reversed(replaced):
            setattr(owner, name, original)


def _timed(stage: RequestStage) -> Callable[[Function], Function]:
    def around(original: Function) -> Function:
        def call(*args: Any, **options: Any) -> Any:
            entry = current_entry.get()
            if entry is None or not entry.clock.enter(stage):
                return original(*args, **options)
            try:
                return original(*args, **options)
            finally:
                entry.clock.leave()

        async def wait(*args: Any, **options: Any) -> Any:
            entry = current_entry.get()
            if entry is None or not entry.clock.enter(stage):
                return await original(*args, **options)
            try:
                return await original(*args, **options)
            finally:
                entry.clock.leave()

        return wait if iscoroutinefunction(original) else call

    return around


def _noting_route(records: Records) -> Callable[[Function], Function]:
    secrets = records.secrets
    known: dict[str, object] = {}  # the inputs of each file, which are others after a reload

    def learn_secrets(route: Route) -> None:
        if known.get(route.file) is not route.inputs:
            known[route.file] = route.inputs
            secrets.add(declared_secrets(route))

    def around(original: Function) -> Function:
        def match(router: Router[Any], path: bytes) -> Any:
            found = original(router, path)
            entry = current_entry.get()
            if entry is not None and isinstance(found, Match):
                target = found.target
                entry.file = str(getattr(target, "file", ""))
                entry.route = str(getattr(target, "url", ""))
                if isinstance(target, Route):
                    learn_secrets(target)
                else:
                    entry.failure = "its file can't be loaded"
                entry.path = secrets.shown_path(entry.path, found.params)
                entry.query = secrets.shown_pairs(entry.query)
            return found

        return match

    return around


def _noting_failure(original: Function) -> Function:
    def log(dispatch: Dispatch, error: Exception, scope: Scope) -> str:
        log_id: str = original(dispatch, error, scope)
        if log_id and (entry := current_entry.get()) is not None:
            entry.failure = f"{type(error).__name__}, in the log as [{log_id}]"
        return log_id

    return log


def _opening(records: Records) -> Callable[[Function], Function]:
    def around(original: Function) -> Function:
        def add(streams: Streams, stream: OpenStream) -> None:
            entry = current_entry.get()
            if entry is not None:
                opened = records.open_stream(entry)
                opened.record = stream.record
                opened.kind = _MODES[stream.record.mode]
            original(streams, stream)

        return add

    return around


def _noting_hub(records: Records, hubs: WeakSet[Hub]) -> Callable[[Function], Function]:
    def around(original: Function) -> Function:
        def topic(hub: Hub, key: str, mailbox: Mailbox) -> Topic:
            hubs.add(hub)
            records.channel(key)
            records.changes.notify()
            joined: Topic = original(hub, key, mailbox)
            return joined

        return topic

    return around


def _publishing(records: Records, hubs: WeakSet[Hub]) -> Callable[[Function], Function]:
    def around(original: Function) -> Function:
        async def publish(hub: Hub, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
            hubs.add(hub)
            entry = records.channel(key, name)
            is_heard = hub.subscribers(key) > 0  # then the message arrives at the topic
            await original(hub, key, name, data, closes=closes)
            if closes:
                entry.closed = True
            elif not is_heard:
                entry.add(data)
            records.changes.notify()

        return publish

    return around


def _delivering(records: Records) -> Callable[[Function], Function]:
    def around(original: Function) -> Function:
        def deliver(topic: Topic, record: Record) -> None:
            entry = records.channel(topic.key)
            if record.closes:
                entry.closed = True
            elif record.data is not None:
                entry.add(record.data)
            records.changes.notify()
            original(topic, record)

        return deliver

    return around


def _naming(records: Records) -> Callable[[Function], Function]:
    def around(original: Function) -> Function:
        def subscribe(channel: Channel, *args: Any, **options: Any) -> Any:
            subscription = original(channel, *args, **options)
            records.channel(channel._key, channel.name)
            return subscription

        return subscribe

    return around
