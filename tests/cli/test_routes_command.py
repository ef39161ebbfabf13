"""`hyper routes`, `hyper --version` and `--help`, in processes of their own."""

import json
import re
from importlib.metadata import version

import pytest

from hyperpy.app.loaded_routes import load_routes
from hyperpy.config import app_setting_names, flag_of, setting_fields, variable_of
from tests.support.servers import Command
from tests.support.sites import write_files

FILES = {
    "index.py": 't"<h1>Start</h1>"\n',
    "users/{user_id}.py": 'user_id: int\nt"<h1>{user_id}</h1>"\n',
    "search.py": 'q: str\nt"<h1>{q}</h1>"\n',
    "feed.py": 'async def stream():\n    yield "news"\n',
    "live.py": 'async def stream():\n    yield "news"\nt"<h1>Live</h1>"\n',
}


@pytest.fixture
def site(tmp_path):
    for name, text in FILES.items():
        file = tmp_path / "routes" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def run(folder, *arguments: str, **variables: str) -> tuple[int, str, str]:
    with Command(*arguments, folder=folder, **variables) as command:
        status = command.exit_status()
    return status, command.output, command.errors


def rows(output: str) -> list[list[str]]:
    return [re.split(r"  +", line) for line in output.splitlines()]


def test_the_table(site):
    status, output, errors = run(site, "routes")
    assert (status, errors) == (0, "")
    head, *found = rows(output)
    assert head == ["METHODS", "URL", "FILE", "KIND", "INPUTS"]
    by_url = {row[1]: row for row in found}
    assert by_url["/"][2:] == ["routes/index.py", "page"]
    assert by_url["/feed"][2:] == ["routes/feed.py", "stream"]
    assert by_url["/live"][2:] == ["routes/live.py", "page+stream"]
    assert by_url["/users/{user_id}"][2:4] == ["routes/users/{user_id}.py", "page"]
    assert "q" in by_url["/search"][4]
    assert all(row[0].startswith("GET") for row in found)


INPUTS = """
from pydantic import BaseModel
from hyperpy import POST, Form, Header, Query

class Note(BaseModel):
    text: str

if POST:
    form: Form[Note]
    draft: bool = Query()
q: str
page: int = Query(1)
x_token: str = Header()
x_page: int | None = Header()
id: int
other: str
t"<p>{id} {other} {q} {page} {x_token}"
"""


def test_inputs_are_listed_from_the_path_to_the_body(tmp_path):
    write_files(tmp_path, {"{other}/{id}.py": INPUTS, "{unused}.py": "t'<p>'"})
    inputs = {row.url: row.inputs for row in load_routes(tmp_path).rows()}
    assert inputs["/{unused}"] == ()
    path, query = ["id: int (path)", "other: str (path)"], ["draft: bool (POST)", "page: int (optional)", "q: str"]
    found = inputs["/{other}/{id}"]
    assert (sorted(found[:2]), sorted(found[2:5])) == (path, query)
    assert found[5:] == ("x-token: str (header)", "x-page: int | None (header, optional)", "form: Form[Note] (form)")


TREE = """\
/                GET, HEAD  routes/index.py
├── feed         GET, HEAD  routes/feed.py
├── live         GET, HEAD  routes/live.py
├── search       GET, HEAD  routes/search.py
└── users
    └── {user_id}  GET, HEAD  routes/users/{user_id}.py
"""


def test_other_formats(site):
    status, output, errors = run(site, "routes", "--format", "json")
    assert (status, errors) == (0, "")
    by_url = {row.pop("url"): row for row in json.loads(output)}
    assert by_url.keys() == {"/", "/feed", "/live", "/search", "/users/{user_id}"}
    assert by_url["/search"] == {
        "methods": ["GET", "HEAD"],
        "file": "routes/search.py",
        "kind": "page",
        "inputs": ["q: str"],
        "guards": [],
    }
    status, output, errors = run(site, "routes", "--format", "tree")
    assert (status, errors) == (0, "")
    assert [line.split() for line in output.splitlines()] == [line.split() for line in TREE.splitlines()]


def test_warnings_and_errors_come_after_the_table(site):
    (site / "routes/broken.py").write_text("title =\n")
    (site / "routes/locked.py").write_text("import asyncio\nlock = asyncio.Lock()\nt'<p>'\n")
    status, output, errors = run(site, "routes")
    assert status == 1
    assert "/feed" in output
    assert "routes/locked.py:2  warning: `lock` is made for each request" in errors
    assert "routes/broken.py:1" in errors
    assert "Traceback" not in errors


def test_the_table_of_a_target(site):
    (site / "routes").rename(site / "pages")
    (site / "main.py").write_text('from hyperpy import Hyper\nsite = Hyper(routes="pages")\n')
    status, output, _ = run(site, "routes", "main:site")
    assert status == 0
    assert "pages/feed.py" in output


def test_an_empty_folder(tmp_path):
    (tmp_path / "routes").mkdir()
    status, output, _ = run(tmp_path, "routes")
    assert (status, output) == (0, "No routes yet. Create routes/index.py.\n")


def test_a_target_without_route_files(tmp_path):
    (tmp_path / "app.py").write_text("from starlette.applications import Starlette\napp = Starlette()\n")
    status, output, errors = run(tmp_path, "routes")
    assert (status, output) == (1, "")
    assert errors.startswith("Error: the application has the type Starlette, not Hyper")


@pytest.mark.parametrize("command", ["serve", "routes", "dev"])
def test_an_unknown_setting_is_an_error_without_a_traceback(tmp_path, command):
    (tmp_path / "pyproject.toml").write_text("[tool.hyper]\nroute = 'x'\n")
    status, output, errors = run(tmp_path, command)
    assert (status, output) == (1, "")
    assert errors.startswith("Error: pyproject.toml:2  unknown setting `route` in [tool.hyper]")
    assert "Did you mean `routes`?" in errors
    assert "Traceback" not in errors


def test_serve_does_not_start_with_load_errors(site):
    (site / "routes/broken.py").write_text("title =\n")
    (site / "routes/worse.py").write_text("a: b: c\n")
    for workers in ("1", "2"):
        status, output, errors = run(site, "serve", "--port", "0", "--workers", workers)
        assert (status, output) == (1, "")
        assert errors.count("routes/broken.py:1") == 1
        assert errors.count("routes/worse.py:1") == 1
        assert "Traceback" not in errors


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("url", "what", "hint"),
    [
        ("reddis://", "invalid channels URL: 'reddis://'", "Did you mean `redis`? Installed backends: memory://,"),
        ("redis:/x", "invalid channels URL 'redis:/x': invalid database number 'x'", "Write a URL such as memory://,"),
    ],
)
def test_an_invalid_channels_url_is_an_error_without_a_traceback(site, url, what, hint, workers):
    status, output, errors = run(site, "serve", "--port", "0", "--workers", workers, HYPER_CHANNELS=url)
    assert (status, output) == (1, "")
    assert errors.count(f"HYPER_CHANNELS: {what}") == 1
    assert hint in errors
    assert "Traceback" not in errors


def test_version(tmp_path):
    assert run(tmp_path, "--version") == (0, f"hyper {version('hyperpy')}\n", "")


WHERE = {"routes", "static"}


@pytest.mark.parametrize(
    ("command", "offered"),
    [
        ("serve", set(setting_fields()) - {"target", "editor", "elsewhere", "watch"}),
        ("dev", (WHERE | set(app_setting_names()) | {"host", "port", "editor", "watch"}) - {"built"}),
        ("routes", WHERE),
    ],
)
def test_the_help_names_every_setting(tmp_path, command, offered):
    status, output, _ = run(tmp_path, command, "--help", COLUMNS="200")
    text = " ".join(output.split())
    assert status == 0
    for name, field in setting_fields().items():
        if name != "target":
            default = "none" if field.default is None else "yes" if field.default is True else field.default
            assert (f"{flag_of(name)} " in text) is (name in offered)
            assert (field.metadata["help"] in text) is (name in offered)
            assert (f"[{variable_of(name)}; default: {default}]" in text) is (name in offered)
    assert "[TARGET]" in text
