import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hyperpy.exceptions import Place, RouteError
from hyperpy.routing import Discovery, discover

type Found = Callable[..., Discovery]


def urls(discovery: Discovery) -> list[str]:
    return [route.url for route in discovery.routes]


URLS = [
    ("index.py", "/", (), "index"),
    ("about.py", "/about", (), "about"),
    ("about/index.py", "/about", (), "about.index"),
    ("live-feed.py", "/live-feed", (), "live-feed"),
    ("index/index.py", "/index", (), "index.index"),
    ("robots.txt.py", "/robots.txt", (), "robots%2Etxt"),
    ("50%.py", "/50%", (), "50%25"),
    ("v1.2/a.py", "/v1.2/a", (), "v1%2E2.a"),
    ("folder.py/a.py", "/folder.py/a", (), "folder%2Epy.a"),
    ("users/{user_id}.py", "/users/{user_id}", ("user_id",), "users.{user_id}"),
    ("{a}/x/{b}/index.py", "/{a}/x/{b}", ("a", "b"), "{a}.x.{b}.index"),
    ("docs/{v}/{...path}.py", "/docs/{v}/{...path}", ("v", "path"), "docs.{v}.{%2E%2E%2Epath}"),
]


def test_files_become_urls(found: Found, tmp_path: Path) -> None:
    for number, (file, *expected) in enumerate(URLS):
        (route,) = found(file, folder=str(number)).routes
        assert [route.url, route.parameters, route.module] == expected, file
        assert route.path == tmp_path / str(number) / file


def test_dots_in_names_do_not_make_two_files_one_module(found: Found) -> None:
    modules = [route.module for route in found("a.b.py", "a/b.py", "a%2Eb.py").routes]
    assert len(set(modules)) == 3


IGNORED = [
    "_base.py",
    "_parts/card.py",
    "users/_card.py",
    ".hidden.py",
    ".git/hooks.py",
    "__init__.py",
    "__pycache__/about.py",
    "_404.py/about.py",
    "notes.txt",
    "about.pyc",
    "about.pyi",
    "report-{id}.md",
    "empty-{id}/notes.txt",
]


def test_other_files_are_ignored(found: Found) -> None:
    discovery = found(*IGNORED)
    assert discovery.routes == ()
    assert discovery.error_pages == ()


def test_error_pages(found: Found) -> None:
    discovery = found("_404.py", "_error.py", "users/{id}/_404.py", "_private/_404.py", "users/_4040.py")
    assert discovery.routes == ()
    assert [(page.name, page.module, "/".join(map(str, page.folder))) for page in discovery.error_pages] == [
        ("_404", "_404", ""),
        ("_error", "_error", ""),
        ("_404", "users.{id}._404", "users/{id}"),
    ]


def test_the_order_is_by_url_with_literals_first(found: Found) -> None:
    names = ("{...rest}.py", "{id}.py", "users/{id}.py", "users.py", "users/new.py", "index.py", "about.py")
    assert urls(found(*names)) == ["/", "/about", "/users", "/users/new", "/users/{id}", "/{id}", "/{...rest}"]


INVALID = [
    ("report-{id}.py", "a parameter must be a whole segment", "`report/{id}`"),
    ("report-{id}/a.py", "a parameter must be a whole segment", "`report/{id}`"),
    ("a/{user-id}/_404.py", "is not a valid Python identifier", "`{user_id}`"),
    ("docs/{...rest}/index.py", "`{...rest}` matches the rest of the URL", "`docs/{...rest}.py`"),
    ("{...rest}/a/b.py", "`{...rest}` matches the rest of the URL", "`{...rest}.py`"),
    ("{...rest}/_404.py", "`{...rest}` matches the rest of the URL", "`{...rest}.py`"),
    ("{id}/posts/{id}.py", "/{id}/posts/{id} has two parameters named `id`", "`{parent_id}`"),
    ("{id}/{...id}.py", "two parameters named `id`", "Rename one"),
]


def test_an_invalid_name_is_an_error_with_the_path_of_the_file(found: Found, tmp_path: Path) -> None:
    for number, (name, what, hint) in enumerate(INVALID):
        with pytest.raises(RouteError) as caught:
            found(name, folder=str(number))
        assert what in caught.value.what, name
        assert hint in caught.value.hint, name
        assert caught.value.place == Place(str(tmp_path / str(number) / name))


@pytest.mark.parametrize(("name", "printed"), [(b"caf\xe9.py", "caf\\udce9.py"), (b"a\nb.py", "a\\nb.py")])
def test_an_error_about_an_unprintable_name_is_printable(tmp_path: Path, name: bytes, printed: str) -> None:
    try:
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).touch()
    except OSError:
        return  # a file system that doesn't allow such names
    with pytest.raises(RouteError) as caught:
        discover(tmp_path)
    str(caught.value).encode()
    assert printed in str(caught.value.place)


def test_a_missing_folder_is_an_error_that_says_how_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RouteError) as caught:
        discover(Path("routes"))
    assert str(caught.value) == (
        'routes  the routes folder does not exist\n  Create `routes/index.py` with one line: t"<h1>Hello</h1>"'
    )


def test_the_routes_folder_must_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "routes").touch()
    with pytest.raises(RouteError, match="the routes folder is a file"):
        discover(tmp_path / "routes")


def test_an_unreadable_folder_is_an_error(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> object:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("hyperpy.routing.discovery.os.scandir", refuse)
    with pytest.raises(RouteError, match="can't be read: Permission denied"):
        found("index.py")


def test_paths_are_absolute(found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found("index.py")
    monkeypatch.chdir(tmp_path)
    discovery = discover(Path("routes"))
    assert discovery.folder == tmp_path / "routes"
    assert discovery.routes[0].path == tmp_path / "routes" / "index.py"


def test_links_are_followed(found: Found, tmp_path: Path) -> None:
    found("index.py")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "a.py").touch()
    (tmp_path / "routes" / "linked").symlink_to(shared)
    (tmp_path / "routes" / "b.py").symlink_to(shared / "a.py")
    assert urls(found()) == ["/", "/b", "/linked/a"]


def test_circular_links_end(found: Found, tmp_path: Path) -> None:
    found("a/b/page.py")
    root = tmp_path / "routes"
    (root / "a" / "b" / "up").symlink_to(root)
    (root / "a" / "self").symlink_to(".")
    (root / "knot").symlink_to("knot")
    assert urls(found()) == ["/a/b/page"]


@pytest.mark.parametrize("target", ["nowhere.py", "gone.py"])
def test_a_broken_link_is_an_error(found: Found, tmp_path: Path, target: str) -> None:
    found("index.py")
    (tmp_path / "routes" / "gone.py").symlink_to(target)
    with pytest.raises(RouteError, match=r"gone\.py  this is a symbolic link to a file that does not exist"):
        found()


def test_a_broken_link_with_a_private_name_is_ignored(found: Found, tmp_path: Path) -> None:
    found("index.py")
    (tmp_path / "routes" / ".#index.py").symlink_to("user@host.1234")
    assert urls(found()) == ["/"]


def test_what_can_not_be_read_is_reported_beside_the_rest(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found("index.py", "closed/a.py", "open/a.py", "open/_guard.py", "link/A.py", "folder/A.py")
    root = tmp_path / "routes"
    (root / "folder" / "_guard").mkdir()
    (root / "gone.py").symlink_to("nowhere.py")
    (root / "link" / "_guard.py").symlink_to("nowhere.py")
    scanned = os.scandir

    def scandir(folder: str) -> Iterator[os.DirEntry[str]]:
        if Path(folder) == root / "closed":
            raise PermissionError(13, "Permission denied", str(folder))
        return scanned(folder)

    monkeypatch.setattr("hyperpy.routing.discovery.os.scandir", scandir)
    errors: list[RouteError] = []
    assert urls(discover(root, errors.append)) == ["/", "/open/a"]
    broken = "this is a symbolic link to a file that does not exist"
    assert [(Path(error.place.file).relative_to(root).as_posix(), error.what) for error in errors if error.place] == [
        ("closed", "can't be read: Permission denied"),
        ("folder/_guard", "a guard is a file, and this folder guards nothing"),
        ("gone.py", broken),
        ("link/_guard.py", broken),
    ]
