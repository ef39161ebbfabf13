"""Compiled files in `__pycache__`: a file from the cache is like one that has just been compiled."""

import builtins
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from hyperpy import Hyper, Query
from hyperpy.pages import temporary_imports
from hyperpy.pages.loading import execution
from hyperpy.pages.loading.compiled.cache_file import CacheFile
from hyperpy.pages.loading.compiled.fingerprints import state_of_package
from hyperpy.testing import client
from tests.pages.cached_routes import Load, facts
from tests.support.sites import write_files

REPOSITORY = Path(__file__).parents[2]
SITES = {"site": REPOSITORY / "tests/site/routes", "example": REPOSITORY / "routes_example"}


@pytest.mark.parametrize("name", SITES)
def test_every_file_of_a_site_comes_from_the_cache_unchanged(
    name: str, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SITES[name].parent))
    folder = tmp_path / SITES[name].name
    shutil.copytree(SITES[name], folder, ignore=shutil.ignore_patterns("__pycache__"))
    cold, compiled = load(folder)
    assert len(compiled) > 10
    warm, again = load(folder)
    assert again == set()
    assert facts(warm) == facts(cold)
    assert warm.rows() == cold.rows()
    assert list(map(str, warm.warnings)) == list(map(str, cold.warnings))
    for module, found in list(sys.modules.items()):
        file = getattr(found, "__file__", None) or ""
        if file.startswith(str(SITES["site"].parent)):  # another test has modules of the same name
            del sys.modules[module]


# Each change, and the files that it makes compile again.
CHANGES: dict[str, tuple[dict[str, str], Callable[[Path], object], set[str]]] = {
    "nothing": ({"a.py": "t'<p>'"}, lambda folder: None, set()),
    "the source": ({"a.py": "t'<p>'"}, lambda folder: (folder / "a.py").write_text("t'<b>'"), {"a.py"}),
    "a component becomes a constant": (
        {"a.py": "from routes._card import Card\nt'<p>'", "_card.py": "def Card(): return t'<b></b>'"},
        lambda folder: (folder / "_card.py").write_text("Card = 3"),
        {"a.py", "_card.py"},
    ),
    "a type becomes an input": (
        {"a.py": "from routes._kinds import Page\npage: Page\nt'{page}'", "_kinds.py": "Page = int"},
        lambda folder: (folder / "_kinds.py").write_text(
            "from typing import Annotated\nfrom hyperpy import Query\nPage = Annotated[int, Query()]"
        ),
        {"a.py", "_kinds.py"},
    ),
    "a function that another one calls": (
        {
            "a.py": "from routes._a import a\nt'{a()}'",
            "_a.py": "from routes._b import b\ndef a(): return b()",
            "_b.py": "def b(): return 1",
        },
        lambda folder: (folder / "_b.py").write_text("def b(): return 2"),
        {"_b.py"},
    ),
    "a module in a folder without `__init__.py` that another one imports": (
        {
            "a.py": "import routes._lib.one\npage: int = routes._lib.two.PAGE\nt'{page}'",
            "_lib/one.py": "import routes._lib.two",
            "_lib/two.py": "from hyperpy import Query\nPAGE = Query()",
        },
        lambda folder: (folder / "_lib/two.py").write_text("PAGE = 3"),
        {"a.py", "two.py"},
    ),
    "a private file that only one route imports": (
        {"a.py": "from routes._a import A\nt'{A}'", "b.py": "t'<p>'", "_a.py": "A = 1"},
        lambda folder: (folder / "_a.py").write_text("A = 2"),
        {"_a.py"},
    ),
    "the name of a parameter": (
        {"{x}/a.py": "t'<p>'", "b.py": "t'<p>'"},
        lambda folder: (folder / "{x}").rename(folder / "{y}"),
        {"a.py"},
    ),
    "the names of a star import": (
        {"a.py": "from routes._a import *\nt'<p>'", "_a.py": "A = 1"},
        lambda folder: (folder / "_a.py").write_text("A = 1\nB = 2"),
        {"a.py", "_a.py"},
    ),
    "another route": ({"a.py": "t'<p>'"}, lambda folder: (folder / "b.py").write_text("t'<p>'"), {"b.py"}),
    "a name in builtins": (
        {"a.py": "t'<p>'"},
        lambda folder: setattr(builtins, "added_by_a_test", 1),
        {"a.py"},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_change_compiles_again(change: str, load: Load, tmp_path: Path) -> None:
    files, make, expected = CHANGES[change]
    folder = write_files(tmp_path / "routes", files)
    try:
        load(folder)
        assert load(folder)[1] == set()
        make(folder)
        routes, compiled = load(folder)
        assert (compiled, routes.errors) == (expected, ())
        assert load(folder)[1] == set()
    finally:
        vars(builtins).pop("added_by_a_test", None)


def test_an_upgrade_compiles_everything_again(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_files(
        tmp_path / "routes", {"a.py": "t'<p>'", "b.py": "from routes._b import B\nt''", "_b.py": "B = 1"}
    )
    load(folder)
    monkeypatch.setattr(execution, "environment", lambda: "a newer hyperpy")
    assert load(folder)[1] == {"a.py", "b.py", "_b.py"}


# Files whose messages come from code that the cache holds.
MESSAGES = {
    "a link to a route that is gone": {
        "a.py": "from hyperpy import url\nt'<a href={url(\"/b\")}></a>'",
        "b.py": "t'b'",
    },
    "a warning": {"a.py": "import time\nasync def load():\n    time.sleep(1)\nt'<p>'"},
    "a load error": {"a.py": "x: int = 1\nt'<p>{y}</p>'"},
    "an error in a definition": {"a.py": "from typing import Final\nX: Final = 1 / 0\nt'<p>'"},
    "an annotation that can't be evaluated": {"a.py": "from typing import Any\nx: Any[1]\nt'<p>{x}</p>'"},
    "a marker that analysis can't see": {
        "a.py": "from routes._m import make\nx: int = make()\nt'{x}'",
        "_m.py": "from hyperpy import InputMarker, Query\ndef make() -> InputMarker: return Query()",
    },
    "a private file with an unknown name": {"a.py": "from routes._a import A\nt'<p>'", "_a.py": "def A(): return nope"},
}


PACKAGED = {"hyperpy/__init__.py": "", "hyperpy/app/hyper.py": "class Hyper: ..."}
LIST = "hyperpy/__init__.py,sha256=ab,0\nhyperpy/app/hyper.py,sha256=cd,16\n"
EDITABLE = "_hyperpy.pth,sha256=ab,8\n"
EDITED = {"hyperpy/app/hyper.py": "class Hyper: pass"}


@pytest.mark.parametrize(
    ("installed", "change", "is_seen"),
    [
        ({}, EDITED, True),
        ({"hyperpy-1.dist-info/RECORD": EDITABLE}, EDITED, True),
        ({"hyperpy-1.dist-info/METADATA": ""}, EDITED, True),
        ({"hyperpy-1.dist-info/RECORD": LIST}, {}, False),
        ({"hyperpy-1.dist-info/RECORD": LIST}, EDITED, False),
        ({"hyperpy-1.dist-info/RECORD": LIST}, {"hyperpy-1.dist-info/RECORD": LIST.replace("cd", "ef")}, True),
        ({"hyperpy-1.dist-info/RECORD": LIST}, {"hyperpy-2.dist-info/RECORD": LIST} | EDITED, True),
    ],
)
def test_the_files_of_an_installed_package_are_known_by_their_list(
    installed: dict[str, str], change: dict[str, str], is_seen: bool, tmp_path: Path
) -> None:
    write_files(tmp_path, PACKAGED | installed)
    before = [*state_of_package(tmp_path / "hyperpy")]
    write_files(tmp_path, change)
    assert ([*state_of_package(tmp_path / "hyperpy")] != before) is is_seen


def test_messages_are_the_same(load: Load, tmp_path: Path) -> None:
    differing = []
    for number, (what, files) in enumerate(MESSAGES.items()):
        folder = write_files(tmp_path / str(number) / "routes", files)
        cold = load(folder)[0]
        if "gone" in what:
            (folder / "b.py").rename(folder / "c.py")
            shown = [load(folder)[0] for _ in range(2)]
            cold = shown[0]
        warm = load(folder)[0]
        texts = [[*map(str, routes.errors), *map(str, routes.warnings)] for routes in (cold, warm)]
        if not texts[0] or texts[0] != texts[1]:
            differing.append((what, *texts))
    assert differing == []


async def test_errors_of_requests_are_the_same(load: Load, tmp_path: Path) -> None:
    source = "link = 'javascript:x'\nvalue = object()\nt'''\n<a href={link}></a>\n<p>{value}</p>'''"
    folder = write_files(tmp_path / "routes", {"index.py": source})
    shown = []
    for _ in range(2):
        with temporary_imports(folder):
            async with client(Hyper(routes=folder, static=None, debug=True)) as browser:
                shown.append((await browser.get("/")).text)
    assert "index.py" in shown[0]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("damage", ["empty", "short", "foreign", "flipped"])
def test_a_damaged_file_is_ignored_and_replaced(damage: str, load: Load, tmp_path: Path) -> None:
    folder = write_files(tmp_path / "routes", {"a.py": "t'<p>{1}</p>'"})
    load(folder)
    [file] = folder.glob("__pycache__/*.hyper")
    good = file.read_bytes()
    flipped = bytes([*good[:-9], good[-9] ^ 1, *good[-8:]])
    file.write_bytes({"empty": b"", "short": good[:-9], "foreign": b"x" * 500, "flipped": flipped}[damage])
    assert load(folder)[1] == {"a.py"}
    assert load(folder)[1] == set()


def test_a_folder_without_a_place_for_the_cache(load: Load, tmp_path: Path) -> None:
    folder = write_files(
        tmp_path / "routes", {"a.py": "t'<p>'", "__pycache__": "a file, so that nothing can be written"}
    )
    for _ in range(2):
        routes, compiled = load(folder)
        assert (compiled, routes.errors) == ({"a.py"}, ())


def test_the_settings_for_bytecode_apply(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_files(tmp_path / "routes", {"a.py": "t'<p>'"})
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    load(folder)
    assert load(folder)[1] == {"a.py"}
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    load(folder)
    assert load(folder)[1] == set()
    assert not (folder / "__pycache__").exists()
    assert list((tmp_path / "elsewhere").rglob("*.hyper"))


def test_readers_never_see_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    source = tmp_path / "a.py"
    source.write_text("")
    cache = CacheFile.of(str(source), "key")
    contents = [(number, "x" * 10_000 * number) for number in range(8)]

    def write_and_read(content: tuple[int, str]) -> list[object]:
        seen: list[object] = []
        for _ in range(20):
            cache.write(content)
            seen.append(cache.read())
        return seen

    with ThreadPoolExecutor(8) as threads:
        seen = [each for some in threads.map(write_and_read, contents) for each in some]
    assert all(each in contents for each in seen)
    assert [file.name for file in (tmp_path / "__pycache__").iterdir()] == [Path(cache.path).name]


def test_a_marker_behind_an_attribute_that_changes(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As it may by a variable of the environment."""
    conf = ModuleType("conf_of_cache")
    monkeypatch.setitem(sys.modules, conf.__name__, conf)
    folder = write_files(tmp_path / "routes", {"index.py": "import conf_of_cache\nn: int = conf_of_cache.N\nt'{n}'"})
    inputs = []
    for value in (5, Query(), Query(), 5, 6):
        conf.__dict__["N"] = value
        routes, compiled = load(folder)
        [entry] = routes.files()
        inputs.append((len(entry.inputs), len(compiled)))
    assert inputs == [(0, 1), (1, 1), (1, 0), (0, 1), (0, 0)]
