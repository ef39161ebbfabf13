"""`hyper dev` and the log show each error once, and the user's code first."""

import json
import re

import pytest

from hyperpy import Hyper, HyperError
from hyperpy.cli.table import route_lines
from hyperpy.server.logs import JSONFormatter, TextFormatter
from tests.support.clients import EVENT_SOURCE, client_of
from tests.support.sites import Make

IMPORTERS = {f"{name}.py": "from ._base import Layout\nt'<{Layout} />'" for name in ("a", "b", "folder/c", "_404")}
IMPORTERS["folder/c.py"] = "from .._base import Layout\nt'<{Layout} />'"

BROKEN = {
    "it raises": ("import os\nLayout = 1 / 0", "_base.py", 2),
    "a missing module": ("import nowhere", "_base.py", 1),
    "a syntax error": ("x = 1\nx =", "_base.py", 2),
    "an invalid template": ("def Layout():\n    return t'<p'", "_base.py", 2),
    "a file that it imports": ("from ._deep import x", "_deep.py", 1),
    "a module outside": ("import {module}", "{module}.py", 3),
    "a function of a module outside": ("import json\njson.loads('{')", "_base.py", 2),
}


def test_an_error_in_an_imported_file_is_reported_once_and_there(make: Make, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for number, (what, (source, file, line)) in enumerate(BROKEN.items()):
        module = f"shared_by_importers_{number}"
        (tmp_path / f"{module}.py").write_text("def f():\n    pass\nint('x')\n")
        files = {"_base.py": source.replace("{module}", module), "_deep.py": "int('x')", "fine.py": "t'fine'"}
        app = make({**IMPORTERS, **files}, debug=True)
        (error,) = app.load_errors
        assert error.place is not None
        assert error.place.file.endswith(file.format(module=module)), what
        assert error.place.line == line, what
        assert re.search(r"is imported by routes/a.py, routes/b.py, routes/folder/c.py, routes/_404.py", error.hint), (
            what
        )
        assert [row.url for row in app.routes_table()] == ["/fine"]
        with pytest.raises(HyperError) as caught:
            make(files)
        assert str(caught.value).count(error.what) == 1


def test_files_with_errors_of_their_own_are_all_reported(make: Make) -> None:
    app = make({"a.py": "1 / 0\nx: Final = 1", "b.py": "x =", "c.py": "x ="}, debug=True)
    assert len(app.load_errors) == len({str(error) for error in app.load_errors}) == 3
    assert not any("imported" in error.hint for error in app.load_errors)


def test_a_site_whose_only_file_is_broken_has_a_route_file(make: Make, tmp_path) -> None:
    app = make({"index.py": "x ="}, debug=True)
    assert route_lines(app) == ["No route file can be loaded."]
    (tmp_path / "empty").mkdir()
    assert route_lines(Hyper(tmp_path / "empty")) == ["No routes yet. Create routes/index.py."]


async def test_the_page_of_a_broken_file_reloads_itself(make: Make) -> None:
    async with client_of(make({"index.py": "x =", "late.py": "t'{1 / 0}'"}, debug=True)) as client:
        response = await client.get("/")
        assert '<meta http-equiv="refresh" content="2">' in response.text
        assert response.headers["cache-control"] == "no-store"
        assert "refresh" not in (await client.get("/late")).text  # it would run again and again


RAISING = {
    "page.py": "def f():\n    1 / 0\nt'{f()}'",
    "loader.py": "async def load():\n    1 / 0\nt''",
    "thread.py": "import time\ntime.sleep(0)\n1 / 0\nt''",
    "component.py": "def Bad():\n    1 / 0\nt'<{Bad} />'",
    "chained.py": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise RuntimeError from e\nt''",
    "late.py": "async def stream():\n    yield 'a'\n    1 / 0",
}


async def test_tracebacks_begin_with_the_user_s_code(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(make(RAISING, debug=True)) as client:
        for name in RAISING:
            caplog.clear()
            response = await client.get(f"/{name.removesuffix('.py')}", headers={"accept": EVENT_SOURCE})
            texts = [
                formatter.format(r)
                for r in caplog.records
                if r.exc_info
                for formatter in (TextFormatter(), JSONFormatter())
            ]
            if name == "late.py":
                texts += [json.loads(line[6:])["details"] for line in response.text.splitlines() if "details" in line]
            assert len(texts) >= 2, name
            for text in texts:
                frames = re.findall(r'File \\?"([^"\\]+)', text)
                assert frames, name
                assert frames[0].endswith(f"routes/{name}"), (name, frames)
                assert not any("/hyperpy/app/" in frame for frame in frames), (name, frames)
