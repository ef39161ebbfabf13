"""A routes folder as a Python package: its name, imports from it, and packages of the same name."""

import importlib
import inspect
import json
import sys
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper, Markup
from hyperpy.exceptions import RouteError
from tests.support.sites import Site, Write


def make_app(folder: Path) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Hyper(routes=folder, static=None))
    return httpx.AsyncClient(transport=transport, base_url="http://site")


async def test_route_files_import_each_other(site: Site) -> None:
    client = site(
        {
            "_base.py": "def Layout(children, title='x'):\n    return t'<title>{title}</title>{children}'",
            "users/_card.py": "def Card(name): return t'<b>{name}</b>'",
            "users/{user_id}.py": (
                "from routes._base import Layout\nfrom ._card import Card\nimport routes._base\n"
                "from .. import _base\nuser_id: int\n"
                "t'<{Layout} title=\"T\"><{Card} name={str(routes._base is _base)} /></{Layout}>'"
            ),
            "users.py": (
                "from .users._card import Card\nfrom routes.users._card import Card as C\nt'{Card is C and 1}'"
            ),
            "from_route.py": "from routes.about import LIMIT\nt'{LIMIT}'",
            "about.py": "LIMIT = 5\nx = int('x')\nt'{LIMIT}'",
            "v1.0/{...path}.py": "from ._x import A\nfrom .. import __doc__ as doc\npath: str\nt'{A} {doc} {__name__}'",
            "v1.0/_x.py": "A = 'dotted'",
            "__init__.py": '"""The site."""\nOPENED = []',
            "v1.0/__init__.py": "from .. import OPENED\nOPENED.append(__name__)",
            "opened.py": "from . import OPENED\nt'{OPENED}'",
        }
    )
    assert (await client.get("/users/1")).text == "<title>T</title><b>True</b>"
    assert (await client.get("/users")).text == "1"
    assert (await client.get("/from_route")).text == "5"
    assert (await client.get("/v1.0/a/b")).text.startswith("dotted The site. routes")
    assert (await client.get("/opened")).text.endswith(".v1%2E0")


async def test_two_folders_of_one_name_are_two_packages(tmp_path: Path) -> None:
    clients = []
    for name in ("one", "two"):
        folder = tmp_path / name / "routes"
        folder.mkdir(parents=True)
        (folder / "_base.py").write_text(f"import routes\nNAME = {name!r}\ndef who(): return NAME\n")
        (folder / "index.py").write_text(
            "from routes._base import who\nimport routes._base as b\nimport routes._base\n"
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
            "t'{who()} {b.NAME} {routes._base.NAME} {A(1)!r}'"
        )
        clients.append(make_app(folder))
    answers = [(await client.get("/")).text for client in clients]
    assert answers == ["one one one A(x=1)", "two two two A(x=1)"]


async def test_two_applications_of_one_folder_share_its_private_modules(write: Write) -> None:
    folder = write({"_hits.py": "HITS = []", "index.py": "from ._hits import HITS\nHITS.append(1)\nt'{len(HITS)}'"})
    first, second = make_app(folder), make_app(folder)
    assert [(await client.get("/")).text for client in (first, second, first)] == ["1", "2", "3"]


async def test_routes_use_the_modules_that_python_has_already_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "imported_before"
    folder.mkdir()
    (folder / "_hits.py").write_text("HITS = []")
    (folder / "index.py").write_text("from imported_before._hits import HITS\nt'{HITS}'")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("imported_before._hits").HITS.append("seen")
    assert (await make_app(folder).get("/")).text == "seen"


async def test_a_folder_inside_a_package_can_be_imported_by_its_full_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shop_of_tests" / "pages"
    (folder / "parts").mkdir(parents=True)
    (folder / "_base.py").write_text("from .parts._card import Card\ndef Layout(children): return t'<b>{children}</b>'")
    (folder / "parts" / "_card.py").write_text("def Card(): return t'<i>{1}</i>'")
    (folder / "index.py").write_text(
        "from shop_of_tests.pages._base import Card, Layout\nt'<{Layout}><{Card} /></{Layout}>'"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert (await make_app(folder).get("/")).text == "<b><i>1</i></b>"
    assert isinstance(importlib.import_module("shop_of_tests.pages._base").Layout(""), Markup)


async def test_a_file_is_one_module_under_its_full_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "market_of_tests" / "pages"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "_count.py").write_text("class Count:\n    made = 0")
    (folder / "a.py").write_text("from market_of_tests.pages.visits import Count\nt'{Count.made}'")
    (folder / "visits.py").write_text("from .parts._count import Count\nCount.made += 1\nt'{Count.made}'")
    (folder / "z.py").write_text("from market_of_tests.pages.parts._count import Count\nt'{Count.made}'")
    monkeypatch.syspath_prepend(tmp_path)
    client = make_app(folder)
    assert [(await client.get(path)).text for path in ("/visits", "/visits", "/a", "/z")] == ["1", "2", "2", "2"]
    module = importlib.import_module("market_of_tests.pages.visits")
    assert module.__spec__ is not None
    assert sys.modules[module.__spec__.name] is module
    assert module.__spec__.name == module.__name__ != "market_of_tests.pages.visits"


def test_a_folder_named_like_a_package_does_not_shadow_it(write: Write) -> None:
    folder = write({"_x.py": "A = 1", "index.py": "import json\nfrom json._x import A\nt'{A}'"})
    Hyper(routes=folder.rename(folder.parent / "json"), static=None)
    assert sys.modules["json"] is json
    Hyper(routes=_other_folder(folder, "wsgiref"), static=None)
    assert importlib.import_module("wsgiref.util").__file__ == str(
        Path(json.__file__).parents[1] / "wsgiref" / "util.py"
    )


def _other_folder(folder: Path, name: str) -> Path:
    target = folder.parent / name
    target.mkdir()
    (target / "index.py").write_text("t'<p>'")
    return target


async def test_classes_can_be_pickled(site: Site) -> None:
    source = """
        import pickle
        from dataclasses import dataclass
        @dataclass
        class Point:
            x: int
        t"{pickle.loads(pickle.dumps(Point(1)))!r}"
        """
    assert (await site({"index.py": source}).get("/")).text == "Point(x=1)"


def test_the_source_of_a_component_can_be_read(write: Write) -> None:
    folder = write(
        {"_base.py": "\n\ndef Layout(children): return children", "index.py": "from ._base import Layout\nt''"}
    )
    app = Hyper(routes=folder, static=None)
    layout = app.loaded_routes.entries[0].definitions["Layout"]  # type: ignore[union-attr]
    assert inspect.getsource(layout) == "def Layout(children): return children\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"index.py": b"t'\xff'"}, "index.py  the file can't be read: "),
        ({"index.py": b"# coding: nonsense\nt''"}, "index.py  the file can't be read: "),
        ({"index.py": b"from routes import _missing\nt''"}, "index.py:1  loading it raised ImportError"),
        ({"index.py": b"from ._base import x\nt''", "_base.py": b"x = ("}, "_base.py:1  Python can't read this"),
        ({"index.py": b"from ._b import x\nt''", "_b.py": b"\nx = 1 // 0"}, "raised ZeroDivisionError"),
    ],
)
def test_files_that_can_not_be_loaded(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    folder = tmp_path / "routes"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_bytes(text)
    with pytest.raises(RouteError) as caught:
        Hyper(routes=folder, static=None)
    assert message in str(caught.value)


async def test_a_file_may_declare_its_encoding(tmp_path: Path) -> None:
    folder = tmp_path / "routes"
    folder.mkdir()
    (folder / "index.py").write_bytes("# coding: latin-1\nt'<p>ü</p>'".encode("latin-1"))
    (folder / "bom.py").write_bytes(b"\xef\xbb\xbft'<p>\xc3\xbc</p>'")
    client = make_app(folder)
    assert [(await client.get(path)).text for path in ("/", "/bom")] == ["<p>ü</p>"] * 2


VISITS = "class Visits:\n    count = 0\nVisits.count += 1\nt'{Visits.count}'"


async def test_a_link_is_the_same_module(write: Write) -> None:
    folder = write({"visits.py": VISITS, "z.py": "from .also import Visits\nt'{Visits.count}'"})
    (folder / "also.py").symlink_to(folder / "visits.py")
    (folder / "deep").mkdir()
    (folder / "deep/visits.py").symlink_to(folder / "visits.py")
    client = make_app(folder)
    paths = ("/visits", "/also", "/deep/visits", "/z", "/visits")
    assert [(await client.get(path)).text for path in paths] == ["1", "2", "3", "3", "4"]


async def test_a_link_has_the_parameters_of_its_own_url(write: Write) -> None:
    folder = write({"a/{name}.py": "name: str\nt'{name}'", "_label.py": "", "b/_label.py": "LABEL = 'b'"})
    (folder / "c").mkdir()
    (folder / "c/_label.py").write_text("LABEL = 'c'")
    (folder / "a/by_query.py").symlink_to(folder / "a/{name}.py")
    (folder / "b/index.py").write_text("from ._label import LABEL\nt'{LABEL}'")
    (folder / "c/index.py").symlink_to(folder / "b/index.py")
    client = make_app(folder)
    paths = ("/a/x", "/a/by_query?name=y", "/b", "/c")
    assert [(await client.get(path)).text for path in paths] == ["x", "y", "b", "c"]


async def test_an_import_inside_a_function_of_a_renamed_package(tmp_path: Path) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name / "routes_of_tests"
        folder.mkdir(parents=True)
        (folder / "visits.py").write_text(VISITS)
        (folder / "index.py").write_text(
            "def count():\n    import routes_of_tests.visits\n    return routes_of_tests.visits.Visits.count\n"
            "def again():\n    import routes_of_tests.visits as v\n    return v.Visits.count\n"
            "import routes_of_tests.visits\nt'{count()} {again()} {routes_of_tests.visits.Visits.count}'"
        )
        client = make_app(folder)
        assert [(await client.get(path)).text for path in ("/visits", "/")] == ["1", "1 1 1"]
