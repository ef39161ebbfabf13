"""The process that serving processes are forked from, once a site has imported installed packages."""

import os
import signal
import socket
import sys
from multiprocessing import Pipe
from pathlib import Path

import iniconfig
import pytest

from hyperpy.dev.zygote import IS_SAFE, InstalledImports, Zygote, dependencies_since
from hyperpy.server import prepare_child
from tests.support.sites import write_files
from tests.support.until import wait_until

pytestmark = pytest.mark.skipif(not IS_SAFE, reason="nothing is forked on this system")

MODULES = {
    "quiet.py": "import os\nprint('imported')\nTOLD = os.environ['TOLD']\n",
    "broken.py": "raise SystemExit('broken')\n",
    "threaded.py": """
        import threading
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        """,
}


def report(word, listener, pipe):
    """Runs in the forked process, until the test closes the pipe."""
    prepare_child()
    pipe.send((word, sys.modules["quiet"].TOLD, os.environ.get("TOLD"), "broken" in sys.modules, listener.fileno() > 2))
    try:
        pipe.recv()
    except EOFError:
        sys.exit(3)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(write_files(tmp_path, MODULES))


@pytest.fixture
def listener():
    with socket.socket() as listener:
        yield listener


def test_forked_processes_have_the_packages(modules, listener):
    zygote = Zygote(InstalledImports(("quiet", "broken"), {"TOLD": "value"}), listener, report, "word")
    wait_until(zygote.is_ready)
    statuses = []
    for end in ("close", "terminate", "kill"):
        ours, theirs = Pipe()
        with theirs:
            process = zygote.fork(theirs)
        assert ours.recv() == ("word", "value", None, False, True)
        assert process.exitcode is None
        getattr(ours if end == "close" else process, end)()
        process.join()
        statuses.append(process.exitcode)
        process.terminate()  # does nothing any more
        ours.close()
    assert statuses == [3, -signal.SIGTERM, -signal.SIGKILL]
    zygote.close()
    assert not zygote.is_ready()


def test_nothing_is_forked_beside_threads(modules, listener):
    zygote = Zygote(InstalledImports(("threaded",), {}), listener, report, "word")
    wait_until(lambda: zygote.is_ready() or zygote.has_threads)
    assert zygote.has_threads
    assert not zygote.is_ready()
    zygote.close()


def test_a_killed_zygote_is_noticed(modules, listener):
    zygote = Zygote(InstalledImports(("quiet",), {"TOLD": "value"}), listener, report, "word")
    wait_until(zygote.is_ready)
    ours, theirs = Pipe()
    with theirs:
        process = zygote.fork(theirs)
    ours.recv()
    zygote._process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    wait_until(lambda: not zygote.is_ready())
    ours.close()
    zygote.close()


def test_dependencies_are_what_comes_from_installed_packages(modules, monkeypatch):
    others = frozenset(sys.modules) - {iniconfig.__name__, __name__, "json"}
    monkeypatch.setenv("TOLD", "value")
    variables = {name: value for name, value in os.environ.items() if name != "TOLD"}
    assert dependencies_since(others, variables) == InstalledImports(("iniconfig",), {"TOLD": "value"})
