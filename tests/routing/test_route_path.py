from hyperpy.routing.paths import quote_path, route_path

PATHS = [
    ({"path": "/a/b", "raw_path": b"/a/b"}, b"/a/b"),
    ({"path": "/a/b", "raw_path": b"/a%2Fb"}, b"/a%2Fb"),
    # no raw path
    ({"path": "/a b/ü"}, b"/a%20b/%C3%BC"),
    ({"path": "/a", "raw_path": None}, b"/a"),
    ({"path": "/a", "raw_path": b""}, b"/a"),
    ({"path": "/a%?b"}, b"/a%25%3Fb"),
    ({"path": "/\udcff"}, b"/%ED%B3%BF"),
    # a query that does not belong there
    ({"path": "/a", "raw_path": b"/a?b=/c"}, b"/a"),
    # below a mount point
    ({"path": "/app/a", "raw_path": b"/app/a", "root_path": "/app"}, b"/a"),
    ({"path": "/app/a", "root_path": "/app"}, b"/a"),
    ({"path": "/app/a", "raw_path": b"/app/a", "root_path": "/app/"}, b"/a"),
    ({"path": "/x/y/a/b", "raw_path": b"/x/y/a%2Fb", "root_path": "/x/y"}, b"/a%2Fb"),
    ({"path": "/ä/a", "raw_path": b"/%C3%A4/a", "root_path": "/ä"}, b"/a"),
    ({"path": "/%/a", "raw_path": b"/%25/a", "root_path": "/%"}, b"/a"),
    ({"path": "/app", "raw_path": b"/app", "root_path": "/app"}, b"/"),
    ({"path": "/app/", "raw_path": b"/app/", "root_path": "/app"}, b"/"),
    ({"path": "/app//a", "raw_path": b"/app//a", "root_path": "/app"}, b"//a"),
    # not below it
    ({"path": "/application", "raw_path": b"/application", "root_path": "/app"}, b"/application"),
    ({"path": "/a", "raw_path": b"/a", "root_path": "/app"}, b"/a"),
    # the mount point ends inside a segment
    ({"path": "/app/a", "raw_path": b"/app%2Fa", "root_path": "/app"}, b""),
]


def test_route_path() -> None:
    assert [(scope, route_path(scope)) for scope, _ in PATHS] == PATHS


QUOTED = [([], "/"), (["a", "b c"], "/a/b%20c"), (["/evil"], "/%2Fevil"), (["\\"], "/%5C"), (["a?#%"], "/a%3F%23%25")]


def test_quote_path() -> None:
    assert [(segments, quote_path(segments)) for segments, _ in QUOTED] == QUOTED
