"""Events that are hard to encode, by name. Each case is sent as its own stream."""

from collections.abc import Mapping
from typing import Any

type EventFields = Mapping[str, Any]
"""The fields of one event: any of data, event, id, retry and comment."""

LINE_LIKE = "\N{LINE SEPARATOR}b\N{PARAGRAPH SEPARATOR}c\N{NEXT LINE}d\ve\ff"
RETRIES = {"retry-negative": -1, "retry-fraction": 1.5, "retry-true": True, "retry-text": "10"}

CASES: dict[str, tuple[EventFields, ...]] = {
    "line-ends": ({"data": "a\r\nb\rc\nd"},),
    "trailing": ({"data": "a\n"}, {"data": ""}, {"data": "\n"}),
    "line-like": ({"data": f"a{LINE_LIKE}"},),
    "event-lf": ({"data": "d", "event": "x\ndata: injected"},),
    "event-cr": ({"data": "d", "event": "x\rdata: injected"},),
    "id-lf": ({"data": "d", "id": "1\ndata: injected"},),
    "id-cr": ({"data": "d", "id": "1\rdata: injected"},),
    "id-nul": ({"data": "d", "id": "1\0"},),
    "data-nul": ({"data": "a\0b"},),
    "leading-space": ({"data": " x"},),
    "field-like": ({"data": "event: x\n: c\nid: 1\nretry: 1"},),
    "only-name": ({"event": "refresh"},),
    "only-id": ({"id": "7"},),
    "only-retry": ({"retry": 10},),
    "comment": ({"comment": "one\ntwo", "data": "d"},),
    **{name: ({"data": "d", "retry": value},) for name, value in RETRIES.items()},
}
