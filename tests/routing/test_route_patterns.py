from hyperpy.exceptions import RouteError
from hyperpy.routing.patterns import Segment, SegmentKind, is_private, parse_segment, pattern, shape

SEGMENTS = [
    ("about", Segment(SegmentKind.LITERAL, "about")),
    ("live-feed", Segment(SegmentKind.LITERAL, "live-feed")),
    ("robots.txt", Segment(SegmentKind.LITERAL, "robots.txt")),
    ("my page", Segment(SegmentKind.LITERAL, "my page")),
    ("%41", Segment(SegmentKind.LITERAL, "%41")),
    ("class", Segment(SegmentKind.LITERAL, "class")),
    ("cafe\u0301", Segment(SegmentKind.LITERAL, "caf\u00e9")),
    ("{user_id}", Segment(SegmentKind.PARAMETER, "user_id")),
    ("{match}", Segment(SegmentKind.PARAMETER, "match")),
    ("{größe}", Segment(SegmentKind.PARAMETER, "größe")),
    ("{\ufb01le}", Segment(SegmentKind.PARAMETER, "file")),
    ("{...path}", Segment(SegmentKind.REST, "path")),
]


def test_names_become_segments() -> None:
    assert [(name, parse_segment(name)) for name, _ in SEGMENTS] == SEGMENTS


INVALID = [
    ("report-{id}", "`report-{id}` isn't", "make the text a folder: `report/{id}`"),
    ("{id}-report", "`{id}-report` isn't", "Name it `{id}`, and split the value"),
    ("{id}{name}", "a parameter must be a whole segment", "Name it `{id}`"),
    ("{id}.ics", "a parameter must be a whole segment", "such as `{id}/export.ics.py`"),
    ("report{", "a parameter must be a whole segment", "Write `{name}` for one segment"),
    ("id}", "a parameter must be a whole segment", "Write `{name}` for one segment"),
    ("{id", "a parameter must be a whole segment", "Write `{name}` for one segment"),
    ("{{id}}", "a parameter must be a whole segment", "Name it `{id}`"),
    ("{}", "has no name", "`{name}` or `{...name}`"),
    ("{...}", "has no name", "`{name}` or `{...name}`"),
    ("{..}", "has no name", "`{name}` or `{...name}`"),
    ("{class}", "keyword", "`{class_}`"),
    ("{...from}", "keyword", "`{from_}`"),
    ("{user-id}", "`user-id` is not a valid Python identifier", "`{user_id}`"),
    ("{1st}", "is not a valid Python identifier", "`{_1st}`"),
    ("{user id}", "is not a valid Python identifier", "`{user_id}`"),
    ("{..path}", "is not a valid Python identifier", "`{...path}`"),
    ("{*path}", "is not a valid Python identifier", "`{...path}`"),
    ("{path...}", "is not a valid Python identifier", "`{...path}`"),
    ("{id:int}", "is not a valid Python identifier", "`{id}.py` and write the type in it: `id: int`"),
    ("{int:id}", "is not a valid Python identifier", "`{id}.py` and write the type in it: `id: int`"),
    ("{id:uuid}", "is not a valid Python identifier", "`id: UUID`, with `from uuid import UUID`"),
    ("{slug:slug}", "is not a valid Python identifier", "write the type in it: `slug: str`"),
    ("{rest:path}", "is not a valid Python identifier", "write `{...rest}`"),
    ("{id?}", "is not a valid Python identifier", "Name it `{id}`. The URL without it is a file of its own"),
    ("a\nb", "`a\\nb` contains a control character", "Rename it"),
    ("a\udcffb", "`a\\udcffb` contains a control character or is not valid UTF-8", "Rename it"),
]


def problem(name: str, what: str, hint: str) -> str | None:
    try:
        return f"{name!r} became {parse_segment(name)!r}"
    except RouteError as error:
        return None if what in error.what and hint in error.hint else f"{name!r}: {error}"


def test_an_invalid_name_is_an_error_that_says_what_to_write() -> None:
    assert [found for row in INVALID if (found := problem(*row))] == []


def test_pattern_and_shape() -> None:
    segments = [parse_segment(name) for name in ("users", "{id}", "{...rest}")]
    assert pattern(segments) == "/users/{id}/{...rest}"
    assert shape(segments) == "/users/{}/{...}"
    assert pattern([]) == shape([]) == "/"


PRIVATE = [("_base", True), (".git", True), ("__pycache__", True), ("a_b", False), ("{_id}", False)]


def test_private_names() -> None:
    assert [(name, is_private(name)) for name, _ in PRIVATE] == PRIVATE
