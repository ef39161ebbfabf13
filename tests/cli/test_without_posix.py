"""Windows and macOS: nothing depends on what only Linux has, and paths mean what they mean there."""

import os
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError, display_path
from hyperpy.routing import discover
from hyperpy.server import preflight
from hyperpy.server.configuration import event_loop
from hyperpy.web.static_files.folder import leads_elsewhere
from tests.cli.test_dev import save, until_shown
from tests.support.servers import Command
from tests.support.sites import write_files

SCRIPT = str(Path(__file__).parents[1] / "support/without_posix.py")


def test_hyper_dev_needs_nothing_that_windows_lacks(tmp_path):
    """Neither to start, nor to load changed routes, nor to replace the serving process. Its output is a pipe's."""
    index = "from part import PART\nt'<h1>{PART} → one</h1>'\n"
    page = "id: int\nt'<p>{id}</p>'\n"
    write_files(tmp_path, {"part.py": "PART = 'first'\n", "routes/index.py": index, "routes/a/{id}.py": page})
    command = (sys.executable, SCRIPT)
    with Command("dev", "--port", "0", folder=tmp_path, command=command, PYTHONIOENCODING="cp1252") as dev:
        until_shown(dev, "first → one")
        until_shown(dev, "<p>7</p>", "/a/7")
        save(tmp_path / "routes/index.py", index.replace("one", "two"))
        until_shown(dev, "first → two")
        save(tmp_path / "part.py", "PART = 'second'\n")
        until_shown(dev, "second → two")
        dev.wait_for_output(r"modified: part\.py")
        dev.interrupt_group()
        assert dev.exit_status() == 0, dev.transcript()
    assert "Traceback" not in dev.errors


def test_settings_that_a_system_cannot_have(monkeypatch):
    monkeypatch.setattr(preflight, "CAN_FORK", False)
    monkeypatch.delattr("socket.AF_UNIX")
    wrong = []
    for settings, what in (
        (Settings(workers=2), "can't fork processes"),
        (Settings(limit_max_requests=5), "can't fork processes"),
        (Settings(uds="hyper.sock"), "has no Unix sockets"),
    ):
        with pytest.raises(ConfigError) as failure:
            preflight.check_settings(settings)
        wrong += [settings] if what not in str(failure.value) else []
    assert wrong == []
    preflight.check_settings(Settings())


def test_psycopg_gets_the_event_loop_that_it_can_use():
    postgres, redis = "postgresql://127.0.0.1/x", "redis://127.0.0.1"
    assert event_loop(postgres, "win32") == "asyncio:SelectorEventLoop"
    assert {event_loop(redis, "win32"), event_loop(postgres, "darwin"), event_loop(postgres, "linux")} == {"auto"}


def test_names_that_windows_takes_for_something_else():
    names = {
        "site.css": False,
        "css/site.css": False,
        "{id}.svg": False,
        "c:/windows/win.ini": True,
        "c:site.css": True,
        r"\\host\share\x": True,
        r"..\secret": True,
        "site.css::$DATA": True,
        "nul": True,
        "css/con.txt": True,
        "secret.py.": True,
    }
    assert {name: leads_elsewhere(name, PureWindowsPath) for name in names} == names
    assert not any(leads_elsewhere(name, PurePosixPath) for name in names)


def test_paths_are_shown_from_the_working_directory_however_it_is_reached(tmp_path, monkeypatch):
    """As on macOS, where the working directory is in /private/tmp, and files may be named below /tmp."""
    folder = write_files(tmp_path / "private", {"routes/a/b.py": "t'1'"})
    (tmp_path / "tmp").symlink_to(folder)
    monkeypatch.chdir(folder)
    shown = {display_path(str(base / "routes/a/b.py")) for base in (folder, tmp_path / "tmp", Path())}
    assert shown == {"routes/a/b.py"}
    assert display_path(os.path.join(tmp_path, "x.py")) == str(tmp_path / "x.py")


def test_urls_come_from_names_never_from_separators(tmp_path):
    """Backslashes are legal in names here. They are separators on Windows, where no name has one."""
    write_files(tmp_path, {r"a\b.py": "", "a/b.py": "", "a/{...rest}.py": ""})
    assert {route.url for route in discover(tmp_path).routes} == {r"/a\b", "/a/b", "/a/{...rest}"}
