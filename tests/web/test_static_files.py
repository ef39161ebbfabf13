import os
from pathlib import Path

import pytest

from tests.web.static_requests import ask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A static folder with public and hidden files in it, and a secret outside."""
    root = tmp_path / "static"
    files = {
        "site.css": "body { margin: 0 }",
        "img/logo.svg": "<svg/>",
        "my file.txt": "spaces",
        "café.txt": "accent",
        "site.css.gz": "gzip",
        "data.unheard-of": "?",
        "._": "dot",
        ".env": "SECRET=1",
        ".git/config": "secret",
        "img/.hidden/a.txt": "secret",
        "tool.py": "secret",
        "TOOL.PY": "secret",
        "__pycache__/tool.cpython-314.pyc": "secret",
        "stubs.pyi": "secret",
        "a/index.html": "index",
        "../secret.txt": "secret",
        "../outside/a.txt": "secret",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    links = {
        "out.txt": "../secret.txt",
        "out": "../outside",
        "env.txt": ".env",
        "tool.txt": "tool.py",
        "knot.txt": "knot.txt",
        "gone.txt": "nowhere",
        "link.txt": "my file.txt",
        "pictures": "img",
        ".link.txt": "my file.txt",
        ".pictures": "img",
        "link.py": "my file.txt",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe.txt")
    return root


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/static/site.css", "text/css; charset=utf-8", b"body { margin: 0 }"),
        ("/static/img/logo.svg", "image/svg+xml", b"<svg/>"),
        ("/static/my%20file.txt", "text/plain; charset=utf-8", b"spaces"),
        ("/static/caf%C3%A9.txt", "text/plain; charset=utf-8", b"accent"),
        ("/static/site.css.gz", "application/octet-stream", b"gzip"),
        ("/static/data.unheard-of", "application/octet-stream", b"?"),
        ("/static/link.txt", "text/plain; charset=utf-8", b"spaces"),
        ("/static/pictures/logo.svg", "image/svg+xml", b"<svg/>"),
    ],
)
async def test_a_file(folder: Path, path: str, content_type: str, body: bytes) -> None:
    answer = await ask(folder, path)
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert {"etag", "last-modified"} <= set(answer.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "/static/none.css",
        "/other/site.css",
        "/site.css",
        "/staticsite.css",
        # folders and special files
        "/static/img",
        "/static/img/",
        "/static/a",
        "/static/a/",
        "/static/site.css/",
        "/static/site.css/more",
        "/static/pipe.txt",
        # dotfiles and sources
        "/static/.env",
        "/static/%2eenv",
        "/static/%2Eenv",
        "/static/._",
        "/static/.git/config",
        "/static/img/.hidden/a.txt",
        "/static/tool.py",
        "/static/tool%2Epy",
        "/static/TOOL.PY",
        "/static/stubs.pyi",
        "/static/__pycache__/tool.cpython-314.pyc",
        # links
        "/static/out.txt",
        "/static/out/a.txt",
        "/static/env.txt",
        "/static/tool.txt",
        "/static/knot.txt",
        "/static/gone.txt",
        "/static/.link.txt",
        "/static/.pictures/logo.svg",
        "/static/link.py",
        # paths that lead out of the folder
        "/static/../secret.txt",
        "/static/img/../site.css",
        "/static/./site.css",
        "/static/%2e%2e/secret.txt",
        "/static/..%2fsecret.txt",
        "/static/%2e%2e%2fsecret.txt",
        "/static/img%2flogo.svg",
        "/static/..%5csecret.txt",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/%5cetc/passwd",
        "//static/site.css",
        "//etc/passwd",
        "/static/site.css%00",
        "/static/%00",
        "/static/%c0%ae%c0%ae/secret.txt",
        "/static/%ff",
        "/static/" + "x" * 300,
        "/static/" + "x/" * 5000 + "x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_other_paths_are_not_found(folder: Path, path: str, method: str) -> None:
    assert (await ask(folder, path, method=method)).status == 404


async def test_head_sends_only_headers(folder: Path) -> None:
    get, head = await ask(folder, "/static/site.css"), await ask(folder, "/static/site.css", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_other_methods(folder: Path, method: str) -> None:
    answer = await ask(folder, "/static/site.css", method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_current_copy_gets_304(folder: Path) -> None:
    first = await ask(folder, "/static/site.css")
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        answer = await ask(folder, "/static/site.css", headers=headers)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == first.headers["etag"]
        assert answer.headers["cache-control"] == "no-cache"


async def test_a_changed_file_is_sent_again(folder: Path) -> None:
    first = await ask(folder, "/static/site.css")
    (folder / "site.css").write_text("body { margin: 1px }")
    answer = await ask(folder, "/static/site.css", headers={"If-None-Match": first.headers["etag"]})
    assert (answer.status, answer.body) == (200, b"body { margin: 1px }")


@pytest.mark.parametrize("largest", [2**26, 0])
@pytest.mark.parametrize("settled", [True, False])
async def test_a_replaced_file_has_another_etag(
    folder: Path, monkeypatch: pytest.MonkeyPatch, largest: int, settled: bool
) -> None:
    """Even if its size and modification time stay the same, as after `cp -p` or a quick edit."""
    monkeypatch.setattr("hyperpy.web.static_files.entity_tags._MAX_HASHED", largest)
    monkeypatch.setattr("hyperpy.web.static_files.entity_tags._UNSETTLED", -(2**62) if settled else 2**62)
    file, new = folder / "site.css", folder / "new.css"
    before = file.stat()
    tags = [(await ask(folder, "/static/site.css")).headers["etag"]]
    for letter in "ab":
        new.write_text(letter * before.st_size)
        os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
        new.replace(file)
        answer = await ask(folder, "/static/site.css", headers={"If-None-Match": tags[-1]})
        assert (answer.status, answer.body) == (200, letter.encode() * before.st_size)
        tags.append(answer.headers["etag"])
    assert len(set(tags)) == 3


async def test_a_file_that_is_written_twice_at_one_moment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state may be the same to the last nanosecond, so the hash of a new file is not kept."""
    status = (folder / "site.css").stat()
    monkeypatch.setattr(
        "hyperpy.web.static_files.folder.StaticFolder.lookup_path", lambda _, path: (str(folder / "site.css"), status)
    )
    first = (await ask(folder, "/static/site.css")).headers["etag"]
    (folder / "site.css").write_text("x" * status.st_size)
    assert (await ask(folder, "/static/site.css")).headers["etag"] != first


async def test_the_etag_is_the_same_on_every_machine(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "site.css").write_bytes((folder / "site.css").read_bytes())
    os.utime(other / "site.css", (0, 0))
    tags = [(await ask(place, "/static/site.css")).headers["etag"] for place in (folder, other)]
    assert tags[0] == tags[1]


async def test_conditional_requests(folder: Path) -> None:
    first = (await ask(folder, "/static/site.css")).headers
    tag, date, past = first["etag"], first["last-modified"], "Thu, 01 Jan 1970 00:00:00 GMT"
    cases: list[tuple[dict[str, str], int]] = [
        ({"If-None-Match": f'"a", W/{tag} ,"b"'}, 304),
        ({"If-None-Match": f'"a",{tag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"a"'}, 200),
        ({"If-None-Match": tag.strip('"')}, 200),
        ({"If-None-Match": ""}, 200),
        ({"If-None-Match": '"a"', "If-Modified-Since": date}, 200),  # the date doesn't count beside a tag
        ({"If-Modified-Since": past}, 200),
        ({"If-Modified-Since": "never"}, 200),
        ({"Range": "bytes=0-3", "If-Range": tag}, 206),
        ({"Range": "bytes=0-3", "If-Range": f"W/{tag}"}, 200),  # a range needs the strong comparison
        ({"Range": "bytes=0-3", "If-Range": '"a"'}, 200),
        ({"Range": "bytes=0-3", "If-Range": past}, 200),
        ({"Range": "bytes=0-3", "If-None-Match": tag}, 304),
        ({"If-Match": tag}, 200),
        ({"If-Match": f'"a", {tag}'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f"W/{tag}"}, 412),  # it needs the strong comparison
        ({"If-Match": '"a"'}, 412),
        ({"If-Match": ""}, 412),
        ({"If-Match": '"a"', "If-None-Match": tag}, 412),
        ({"If-Match": '"a"', "Range": "bytes=0-3"}, 412),
        ({"If-Match": tag, "If-None-Match": tag}, 304),
        ({"If-Match": tag, "If-Unmodified-Since": past}, 200),  # the date doesn't count beside a tag
        ({"If-Unmodified-Since": date}, 200),
        ({"If-Unmodified-Since": past}, 412),
        ({"If-Unmodified-Since": past, "Range": "bytes=0-3"}, 412),
        ({"If-Unmodified-Since": "never"}, 200),
        ({"If-Unmodified-Since": "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"}, 200),
        ({"If-Unmodified-Since": ""}, 200),
    ]
    answers = [(headers, (await ask(folder, "/static/site.css", headers=headers)).status) for headers, _ in cases]
    assert answers == cases


async def test_a_range(folder: Path) -> None:
    answer = await ask(folder, "/static/site.css", headers={"Range": "bytes=0-3"})
    assert (answer.status, answer.body) == (206, b"body")
    assert answer.headers["content-range"] == "bytes 0-3/18"


async def test_ranges_that_are_not_valid_are_ignored(folder: Path) -> None:
    ignored = ("lines=0-3", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=3-0", "bytes=0-3,x", "=0-3", "bytes 0-3",
               "bytes=\u0661-\u0663", "bytes=0-" + "9" * 5000, "bytes=--1")  # fmt: skip
    table = dict.fromkeys(ignored, 200) | {
        "Bytes=0-3": 206,
        "bytes=-3": 206,
        "bytes= 0-3, 5-": 206,
        "bytes=99-": 416,
    }
    statuses = {each: (await ask(folder, "/static/site.css", headers={"Range": each})).status for each in table}
    assert statuses == table


async def test_a_missing_folder_may_be_created_later(tmp_path: Path) -> None:
    folder = tmp_path / "static"
    assert (await ask(folder, "/static/site.css")).status == 404
    folder.mkdir()
    (folder / "site.css").touch()
    assert (await ask(folder, "/static/site.css")).status == 200


async def test_a_folder_of_any_name_is_served(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "assets.py"
    folder.mkdir(parents=True)
    (folder / "site.css").touch()
    (tmp_path / "link").symlink_to(folder)
    assert (await ask(folder, "/static/site.css")).status == 200
    assert (await ask(tmp_path / "link", "/static/site.css")).status == 200


async def test_below_a_mount_point(folder: Path) -> None:
    assert (await ask(folder, "/app/static/site.css", root_path="/app")).status == 200
    assert (await ask(folder, "/static/site.css", root_path="/app")).status == 200
    assert (await ask(folder, "/app/site.css", root_path="/app")).status == 404


async def test_an_unreadable_file_is_not_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *args: object) -> str:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("starlette.staticfiles.os.path.realpath", refuse)
    assert (await ask(folder, "/static/site.css")).status == 404
