"""`hyper dev`: reloads, shows errors until they are fixed, and leaves nothing behind."""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from hyperpy.dev.zygote import IS_SAFE
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after, is_running
from tests.support.until import wait_until

# An application without routes of hyperpy's. Its response is in another module.
APP = """
import asyncio
import os

import content
from hyperpy.config import running_command
from hyperpy.streams import StreamMode, StreamRecord
from hyperpy.streams.registry import STATE_KEY, Streams


class Stream:
    def __init__(self, scope):
        self.over = asyncio.Event()
        self.record = StreamRecord("app.py", "", StreamMode.SSE, scope)

    def drain(self, last=""):
        self.over.set()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        scope["state"][STATE_KEY] = Streams()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        stream = Stream(scope)
        scope["state"][STATE_KEY].add(stream)
        await send({"type": "http.response.body", "body": b"open", "more_body": True})
        await stream.over.wait()
        await send({"type": "http.response.body", "body": b"over"})
        return
    text = f"{content.TEXT} {os.getpid()} {running_command.get().debug}"
    await send({"type": "http.response.body", "body": text.encode()})
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "content.py").write_text('TEXT = "first-edition"')
    return tmp_path


@pytest.fixture
def site(tmp_path):
    """A folder of route files, without an app.py."""
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes/index.py").write_text('t"<h1>Start</h1>"\n')
    (tmp_path / "routes/about.py").write_text('t"<h1>About</h1>"\n')
    return tmp_path


def until_shown(command: Command, text: str, path: str = "/", status: int = 200) -> str:
    """The first response that has this status and contains `text`. A refused request fails the test.

    An error page may show the lines of a file that have just been saved, and aren't loaded yet.
    """
    port = command.port()

    def shown() -> str | None:
        found, body = fetch(port, path)
        return body if found == status and text in body else None

    return wait_until(shown, command.transcript)


def save(file: Path, text: str) -> None:
    """Replace a file atomically, so that a restart never reads half of it."""
    temporary = file.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(file)


def serving_process(command: Command) -> int:
    return int(fetch(command.port())[1].split()[1])


def test_a_change_is_shown(folder):
    """In new interpreters; the other tests fork those as well."""
    with Command("dev", "--port", "0", folder=folder, PYTHONUTF8="1") as command:
        assert until_shown(command, "first-edition").endswith("True")
        # The same size within the same second: only the content differs.
        for text in ("two", "six", "ten"):
            save(folder / "content.py", f'TEXT = "{text}"')
            until_shown(command, text)
        assert len(re.findall("(?m)^(?:modified|added): content.py$", command.output)) >= 3
        assert command.output.count("hyper dev  http://127.0.0.1:") == 1
        assert not command.errors


@pytest.mark.parametrize("mistake", ['TEXT = "<one"!', "import nowhere", "raise SystemExit"])
def test_a_load_error_is_shown_until_it_is_fixed(folder, mistake):
    save(folder / "content.py", mistake)
    with Command("dev", "--port", "0", folder=folder) as command:
        for path in ("/", "/anything?at=all"):
            status, body = fetch(command.port(), path, accept="text/html")
            assert status == 500
            assert "content.py" in body
            assert '"<one' not in body
        wait_until(lambda: "content.py" in command.errors, command.transcript)
        save(folder / "content.py", 'TEXT = "fixed"')
        until_shown(command, "fixed")
        save(folder / "content.py", mistake)
        until_shown(command, "content.py", status=500)


def test_an_event_source_reconnects_after_an_error(folder):
    save(folder / "content.py", "1 / 0")
    with Command("dev", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/feed", accept="text/event-stream")
        client.read_until(b": content.py:1  ZeroDivisionError")
        save(folder / "content.py", 'TEXT = "fixed"')
        client.read_until(b"\r\n0\r\n\r\n")
        assert client.body.endswith(b"retry: 20\n\n")


def test_a_failing_lifespan_is_shown_until_it_is_fixed(folder):
    save(
        folder / "app.py",
        "import contextlib\n"
        "from starlette.applications import Starlette\n"
        "@contextlib.asynccontextmanager\n"
        "async def lifespan(app):\n"
        "    raise ZeroDivisionError('no database')\n"
        "    yield\n"
        "app = Starlette(lifespan=lifespan)\n",
    )
    with Command("dev", "--port", "0", folder=folder) as command:
        status, body = fetch(command.port())
        assert status == 500
        assert "no database" in body
        save(folder / "app.py", APP)
        until_shown(command, "first-edition")


def test_an_exit_of_the_serving_process_is_reported(folder):
    with Command("dev", "--port", "0", folder=folder) as command:
        os.kill(serving_process(command), signal.SIGKILL)
        command.wait_for_output("has exited")
        save(folder / "content.py", 'TEXT = "again"')
        until_shown(command, "again")
        assert command.errors.count("has exited") == 1


def test_a_process_that_does_not_exit_is_killed(folder):
    blocking = (
        "import time\nasync def app(scope, receive, send):\n    print('blocking', flush=True)\n    time.sleep(60)\n"
    )
    save(folder / "app.py", blocking)
    hasty = hyper_after("from hyperpy.dev import reloader", "reloader.KILL_AFTER = 0.5")
    with Command("dev", "--port", "0", folder=folder, command=hasty) as command:
        command.wait_for_output("blocking")
        save(folder / "app.py", APP)
        until_shown(command, "first-edition")


def test_settings_are_read_again(site):
    project = site / "pyproject.toml"
    with Command("dev", "--port", "0", folder=site) as command:
        until_shown(command, "Start")
        save(project, "[tool.hyper]\nruotes = 'pages'\n")
        assert "Did you mean `routes`?" in until_shown(command, "pyproject.toml:2", status=500)
        (site / "pages").mkdir()
        save(site / "pages/index.py", 't"<h1>Pages</h1>"\n')
        save(project, "[tool.hyper]\nroutes = 'pages'\n")
        until_shown(command, "Pages")


def test_streams_end_cleanly_at_a_restart(folder):
    with Command("dev", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/stream")
        client.read_until(b"open")
        save(folder / "content.py", 'TEXT = "two"')
        assert client.read_all().endswith(b"4\r\nover\r\n0\r\n\r\n")
        until_shown(command, "two")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes(folder, number):
    with Command("dev", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/stream")
        client.read_until(b"open")
        child = serving_process(command)
        command.send(number)
        assert client.read_all().endswith(b"0\r\n\r\n")
        assert command.exit_status() == 0
        assert not is_running(child)
        assert not command.errors


@pytest.mark.parametrize("said", ["hyper dev", "loading"])
def test_ctrl_c_in_the_terminal_ends_all_processes_at_any_time(folder, said):
    save(folder / "content.py", "import time; print('loading', flush=True); time.sleep(60)")
    with Command("dev", "--port", "0", folder=folder) as command:
        command.wait_for_output(said)
        command.interrupt_group()
        assert command.exit_status() == 0
        assert not command.errors


def test_the_child_ends_with_its_parent(folder):
    with Command("dev", "--port", "0", folder=folder) as command:
        child = serving_process(command)
        command.send(signal.SIGKILL)
        wait_until(lambda: not is_running(child))


def test_a_port_in_use(folder):
    with Command("dev", "--port", "0", folder=folder) as first:
        port = first.port()
        with Command("dev", "--port", str(port), folder=folder) as second:
            assert second.exit_status() == 1
            assert f"--port: port {port} on 127.0.0.1 is in use" in second.errors
            assert f"--port {port + 1}" in second.errors
            assert "Traceback" not in second.errors


def test_host_names_of_other_machines_are_refused(folder):
    with Command("dev", "--port", "0", folder=folder) as command:
        port = command.port()
        assert fetch(port, Host=f"127.0.0.1:{port}")[0] == 200
        status, body = fetch(port, Host="evil.example")
        assert (status, "first-edition" in body) == (403, False)


def test_the_routes_are_listed_once(site):
    with Command("dev", "--port", "0", folder=site) as command:
        until_shown(command, "Start")
        command.wait_for_output(r"GET.*  /about  +routes/about\.py  +page\n")
        save(site / "routes/about.py", 't"<h1>News</h1>"\n')
        until_shown(command, "News", "/about")
        save(site / "routes/fresh.py", 't"<h1>Fresh</h1>"\n')
        until_shown(command, "Fresh", "/fresh")
        command.wait_for_output(r"added: routes/fresh\.py")
        assert command.output.count("METHODS") == 1


def test_a_broken_route_is_an_error_only_at_its_url(site):
    save(site / "routes/about.py", "title = \n")
    with Command("dev", "--port", "0", folder=site) as command:
        until_shown(command, "Start")
        status, body = fetch(command.port(), "/about")
        assert status == 500
        assert "about.py:1" in body
        wait_until(lambda: "about.py:1" in command.errors, command.transcript)
        save(site / "routes/about.py", 't"<h1>Fixed</h1>"\n')
        until_shown(command, "<h1>Fixed", "/about")  # an error page shows the source


def test_a_renamed_folder_has_its_new_urls_at_once(site):
    (site / "routes/blog").mkdir()
    (site / "routes/blog/index.py").write_text('t"<h1>Blog</h1>"\n')
    with Command("dev", "--port", "0", folder=site) as command:
        until_shown(command, "Blog", "/blog")
        (site / "routes/blog").rename(site / "routes/posts")
        until_shown(command, "Blog", "/posts")
        assert fetch(command.port(), "/blog")[0] == 404


def test_changed_routes_need_no_restart_and_other_modules_do(site):
    (site / "models.py").write_text('NAME = "one"\n')
    (site / "routes/pid.py").write_text('import os\nimport models\nt"{models.NAME} {os.getpid()}"\n')
    with Command("dev", "--port", "0", folder=site) as command:
        first = until_shown(command, "one", "/pid")
        save(site / "routes/about.py", 't"<h1>News</h1>"\n')
        until_shown(command, "News", "/about")
        assert fetch(command.port(), "/pid")[1] == first
        save(site / "models.py", 'NAME = "two"\n')
        assert until_shown(command, "two", "/pid").split()[1] != first.split()[1]


@pytest.mark.skipif(not IS_SAFE, reason="nothing is forked on this system")
def test_restarts_are_forked_once_the_packages_of_a_site_are_known(site):
    (site / "models.py").write_text("import iniconfig\nNAME = 0\n")
    (site / "routes/pid.py").write_text('import os\nimport models\nt"{models.NAME} {os.getppid()}"\n')
    with Command("dev", "--port", "0", folder=site) as command:
        parents = {until_shown(command, "0 ", "/pid").split()[-1]}
        for name in range(1, 100):
            save(site / "models.py", f"import iniconfig\nNAME = {name}\n")
            parents.add(until_shown(command, f"{name} ", "/pid").split()[-1])
            if len(parents) > 1:
                break
        assert len(parents) == 2
        command.send(signal.SIGINT)
        assert command.exit_status() == 0
        assert not command.errors


def test_route_files_outside_the_working_directory_are_watched(site, tmp_path_factory):
    working: Path = tmp_path_factory.mktemp("working")
    with Command("dev", "--port", "0", "--routes", str(site / "routes"), folder=working) as command:
        until_shown(command, "Start")
        save(site / "routes/index.py", 't"<h1>Changed</h1>"\n')
        until_shown(command, "Changed")


def test_imported_modules_outside_and_named_folders_are_watched(site, tmp_path_factory):
    library, texts = tmp_path_factory.mktemp("library"), tmp_path_factory.mktemp("texts")
    (library / "prices.py").write_text("TEA = \n")
    (site / "content/deep").mkdir(parents=True)
    (site / "content/deep/post.md").write_text("post-1")
    (texts / "one.csv").write_text("csv-1")
    files = f"open('content/deep/post.md').read(), open({str(texts / 'one.csv')!r}).read()"
    (site / "routes/index.py").write_text(f"import prices\ntexts = {files}\nt'{{prices.TEA}} {{texts}}'\n")
    arguments = ("dev", "--port", "0", "--watch", "content", "--watch", str(texts / "one.csv"))
    with Command(*arguments, folder=site, PYTHONPATH=str(library)) as command:
        until_shown(command, "prices.py", status=500)
        save(library / "prices.py", "TEA = 'tea-1'\n")
        wait_until(lambda: fetch(command.port())[0] == 200, command.transcript)
        until_shown(command, "tea-1")
        save(library / "prices.py", "TEA = 'tea-2'\n")
        until_shown(command, "tea-2")
        for file, text in ((site / "content/deep/post.md", "post-2"), (texts / "one.csv", "csv-2")):
            restarts = command.transcript().count("modified: ")
            save(file, text)
            wait_until(lambda: command.transcript().count("modified: ") > restarts, command.transcript)  # noqa: B023
            until_shown(command, text)
        (site / "content/new.md").write_text("x")
        wait_until(lambda: "added: content/new.md" in command.transcript(), command.transcript)
        save(library / "prices.py", "TEA = \n")
        until_shown(command, "prices.py", status=500)
        save(library / "prices.py", "TEA = 'tea-3'\n")
        assert wait_until(lambda: fetch(command.port())[0] == 200, command.transcript)
        until_shown(command, "tea-3")


def test_a_project_that_is_removed_and_unpacked_again(tmp_path):
    """At once, as by a script, or later; its files may look the same as before."""
    project, copy = tmp_path / "project", tmp_path / "copy"
    (project / "routes").mkdir(parents=True)
    (project / "routes/index.py").write_text('t"<h1>First</h1>"\n')
    shutil.copytree(project, copy)
    with Command("dev", "--port", "0", folder=project) as command:
        until_shown(command, "First")
        for title in ("Second", "Third"):
            shutil.rmtree(project)
            if title == "Second":
                until_shown(command, "is gone", status=500)
            shutil.copytree(copy, project)
            until_shown(command, "First")
            save(project / "routes/index.py", f't"<h1>{title}</h1>"\n')
            until_shown(command, title)
        (project / "static").mkdir()
        (project / "static/a.txt").write_text("static")
        until_shown(command, "static", "/static/a.txt")
    frames = [line for line in command.transcript().splitlines() if line.lstrip().startswith('File "')]
    assert not [frame for frame in frames if "/hyperpy/" in frame]  # coverage prints tracebacks of its own


def test_a_folder_that_comes_later_is_watched(tmp_path, tmp_path_factory):
    """As one does that has been renamed, and gets its old name back."""
    routes = tmp_path_factory.mktemp("outside") / "routes"
    with Command("dev", "--port", "0", "--routes", str(routes), folder=tmp_path) as command:
        until_shown(command, "the routes folder does not exist", status=500)
        routes.mkdir()
        save(routes / "index.py", 't"<h1>Start</h1>"\n')
        until_shown(command, "Start")


def test_code_that_never_lets_go_is_replaced_once_it_is_fixed(site):
    about = site / "routes" / "about.py"
    loop = "from hyper import request\nwhile request.url.query:\n    pass\nt'<p>second</p>'\n"
    with Command("dev", "--port", "0", folder=site) as command:
        until_shown(command, "Start")
        save(about, loop)
        until_shown(command, "second", "/about")
        with RawClient(command.port()) as client:
            client.get("/about?forever")
            command.wait_for_output("about.py:[23]  ")  # the line that holds the loop
            save(about, "t'<p>fixed</p>'\n")
            until_shown(command, "fixed", "/about")
