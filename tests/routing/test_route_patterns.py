import pytest

from hyperpy.exceptions import RouteError
from hyperpy.routing import Segment, SegmentKind, is_private, parse_segment, pattern, shape


@pytest.mark.parametrize(
    ("name", "segment"),
    [
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
    ],
)
def test_a_name_is_a_segment(name: str, segment: Segment) -> None:
    assert parse_segment(name) == segment


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        ("report-{id}", "`report-{id}` is only in part one", "make the text a folder: `report/{id}`"),
        ("{id}-report", "`{id}-report` is only in part one", "Name it `{id}`, and take the value apart"),
        ("{id}{name}", "only in part one", "Name it `{id}`"),
        ("report{", "only in part one", "Write `{name}` for one segment"),
        ("id}", "only in part one", "Write `{name}` for one segment"),
        ("{id", "only in part one", "Write `{name}` for one segment"),
        ("{{id}}", "only in part one", "Name it `{id}`"),
        ("{}", "has no name", "`{name}` or `{...name}`"),
        ("{...}", "has no name", "`{name}` or `{...name}`"),
        ("{..}", "has no name", "`{name}` or `{...name}`"),
        ("{class}", "keyword", "`{class_}`"),
        ("{...from}", "keyword", "`{from_}`"),
        ("{user-id}", "`user-id` is no name", "`{user_id}`"),
        ("{1st}", "is no name", "`{_1st}`"),
        ("{user id}", "is no name", "`{user_id}`"),
        ("{..path}", "is no name", "`{...path}`"),
        ("{*path}", "is no name", "`{...path}`"),
        ("{path...}", "is no name", "`{...path}`"),
        ("{id:int}", "is no name", "`{id}.py` and write the type in it: `id: int`"),
        ("a\nb", "`a\\nb` holds a control character", "Rename it"),
        ("a\udcffb", "`a\\udcffb` holds a control character, or is not UTF-8", "Rename it"),
    ],
)
def test_a_name_that_is_no_segment_says_what_to_write(name: str, what: str, hint: str) -> None:
    with pytest.raises(RouteError) as caught:
        parse_segment(name)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_pattern_and_shape() -> None:
    segments = [parse_segment(name) for name in ("users", "{id}", "{...rest}")]
    assert pattern(segments) == "/users/{id}/{...rest}"
    assert shape(segments) == "/users/{}/{...}"
    assert pattern([]) == shape([]) == "/"


@pytest.mark.parametrize(
    ("name", "private"),
    [("_base", True), (".git", True), ("__pycache__", True), ("a_b", False), ("{_id}", False)],
)
def test_private_names(name: str, private: bool) -> None:
    assert is_private(name) is private
