"""Precompressed copies of static files, chosen by `Accept-Encoding`."""

import os
from pathlib import Path

import pytest

from hyperpy.web.static_files import StaticFolder
from tests.support.sites import write_files
from tests.web.static_requests import ask

PLAIN = "body { margin: 0 }"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    files = {
        "app.css": PLAIN,
        "app.css.br": "brotli",
        "app.css.zst": "zstd",
        "app.css.gz": "gzip",
        "old.css": PLAIN,
        "old.css.gz": "older",
        "alone.css": PLAIN,
        "linked.css": PLAIN,
        "folder.css": PLAIN,
        "folder.css.br/x": "x",
        ".env": "secret",
        ".env.gz": "secret",
        "gone.css.gz": "no file of its own",
        "../secret.gz": "secret",
    }
    folder = write_files(tmp_path / "static", files)
    (folder / "linked.css.gz").symlink_to("../secret.gz")
    os.utime(folder / "old.css.gz", (0, 0))
    return folder


async def test_the_best_acceptable_coding_is_sent(static: Path) -> None:
    wrong = []
    for accepted, coding in (
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZip", "gzip"),
        ("deflate", None),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br; q=0.5 , gzip ; q=0.5", "br"),
        ("br;q=0, *", "zstd"),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("gzip;q=1.000", "gzip"),
        ("gzip;q=nan, br;q=2, zstd;q=-1", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0", None),
        ("gzip;q", None),
        (",,;q=1,gzip", "gzip"),
    ):
        answer = await ask(static, "/static/app.css", headers={} if accepted is None else {"Accept-Encoding": accepted})
        body = {"br": b"brotli", "zstd": b"zstd", "gzip": b"gzip", None: PLAIN.encode()}[coding]
        headers = answer.headers
        if (answer.status, headers.get("content-encoding"), answer.body) != (200, coding, body):
            wrong.append((accepted, headers.get("content-encoding"), answer.body))
        if headers["vary"] != "Accept-Encoding" or headers["content-type"] != "text/css; charset=utf-8":
            wrong.append((accepted, dict(headers)))
        if headers["content-length"] != str(len(body)):
            wrong.append((accepted, headers["content-length"]))
    assert not wrong


async def test_what_is_no_copy(static: Path) -> None:
    """An older file, a folder, a link out of the folder, and files that are only there compressed."""
    wrong = []
    for name in ("old.css", "alone.css", "linked.css", "folder.css"):
        answer = await ask(static, f"/static/{name}", headers={"Accept-Encoding": "br, gzip"})
        if answer.body != PLAIN.encode() or {"vary", "content-encoding"} & set(answer.headers):
            wrong.append((name, dict(answer.headers)))
    for name in (".env", "gone.css"):
        if (await ask(static, f"/static/{name}", headers={"Accept-Encoding": "gzip"})).status != 404:
            wrong.append((name, "found"))
    assert not wrong
    own = await ask(static, "/static/app.css.gz", headers={"Accept-Encoding": "gzip"})
    assert (own.body, own.headers["content-type"]) == (b"gzip", "application/octet-stream")
    assert "content-encoding" not in own.headers


async def test_each_copy_has_its_own_tag_ranges_and_head(static: Path) -> None:
    path = StaticFolder(static).url_path("app.css")
    assert path is not None
    tags = set()
    for accepted, body in (("", PLAIN.encode()), ("br", b"brotli"), ("zstd", b"zstd"), ("gzip", b"gzip")):
        given = {"Accept-Encoding": accepted}
        full = await ask(static, path, headers=given)
        tag = full.headers["etag"]
        tags.add(tag)
        assert full.headers["cache-control"].endswith("immutable")
        head = await ask(static, path, method="HEAD", headers=given)
        assert (dict(head.headers), head.body) == (dict(full.headers), b"")
        current = await ask(static, path, headers=given | {"If-None-Match": tag})
        assert (current.status, current.headers["vary"], current.headers["etag"]) == (304, "Accept-Encoding", tag)
        part = await ask(static, path, headers=given | {"Range": "bytes=1-2", "If-Range": tag})
        assert (part.status, part.body) == (206, body[1:3])
        assert part.headers["content-range"] == f"bytes 1-2/{len(body)}"
        assert part.headers.get("content-encoding") == full.headers.get("content-encoding")
        other = await ask(static, path, headers=given | {"Range": "bytes=1-2", "If-Range": '"other"'})
        assert (other.status, other.body) == (200, body)
    assert len(tags) == 4
    assert not any(tag.startswith("W/") for tag in tags)
