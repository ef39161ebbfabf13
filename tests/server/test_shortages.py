"""The supervisor outlives a shortage, a removed working directory and workers that hang."""

import os
import resource
import shutil
import signal
from pathlib import Path

from tests.server.test_workers import pids
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after, is_running
from tests.support.until import wait_until

WORKERS = ("serve", "--port", "0", "--workers", "2")
SOON = hyper_after("from hyperpy.server.workers import supervisor", "supervisor.RETRY_AFTER = 0.1")


def test_a_supervisor_without_descriptors_tries_again(folder):
    with Command(*WORKERS, folder=folder, command=SOON) as command:
        command.wait_for_output("with 2 workers")
        before = pids(command)
        limits = resource.prlimit(command.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(command.process.pid, resource.RLIMIT_NOFILE, (8, limits[1]))
        os.kill(min(before), signal.SIGKILL)
        command.wait_for_output(r"Can't start a worker: .*Too many open files.*Trying again in 0\.2 seconds")
        command.send(signal.SIGHUP)
        command.wait_for_output(r"Trying again in 0\.8 seconds")
        assert fetch(command.port(), "/pid") == (200, str(max(before)))
        os.kill(max(before), signal.SIGKILL)
        wait_until(lambda: not any(map(is_running, before)))
        resource.prlimit(command.process.pid, resource.RLIMIT_NOFILE, limits)
        assert not pids(command) & before
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
        assert "Traceback" not in command.errors


def test_sighup_follows_a_link_to_another_release(folder, tmp_path_factory):
    site = tmp_path_factory.mktemp("site")
    current, away = site / "current", site / "away"
    helper = "import importlib.util as u, pathlib; print(pathlib.Path.cwd().name, bool(u.find_spec('old')), flush=True)"
    for number in (1, 2):
        release = shutil.copytree(folder, site / f"releases/{number}")
        (release / "helper.py").write_text(helper)
    (site / "releases/1/old.py").touch()
    point(current, site / "releases/1")
    with Command(*WORKERS, folder=current, command=SOON, PWD=str(current)) as command:
        command.wait_for_output("with 2 workers")
        before = pids(command)
        point(current, site / "releases/2")
        command.send(signal.SIGHUP)
        wait_until(lambda: not any(map(is_running, before)), command.transcript)
        wait_until(lambda: command.output.count("2 False") == 2, command.transcript)

        (site / "releases/2").rename(away)
        shutil.copytree(away, site / "releases/2")
        shutil.rmtree(away)  # what the supervisor is in
        os.kill(min(pids(command)), signal.SIGKILL)
        wait_until(lambda: command.output.count("2 False") == 3, command.transcript)

        (site / "releases/2").rename(away)
        current.unlink()
        shutil.rmtree(away)
        command.send(signal.SIGHUP)
        command.wait_for_output(f"Can't enter the working directory {current}")
        command.wait_for_output(r"Can't start a worker: .*No such file or directory")
        assert len(pids(command)) == 2
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
        assert "Traceback" not in command.errors


def point(link: Path, folder: Path) -> None:
    """`ln -sfn`."""
    link.unlink(missing_ok=True)
    link.symlink_to(folder)


def test_a_worker_that_hangs_is_replaced(folder):
    with Command(*WORKERS, "--timeout-worker", "3", folder=folder, command=SOON) as command:
        command.wait_for_output("with 2 workers")
        before = pids(command)
        with RawClient(command.port()) as client:
            client.get("/block")
            command.wait_for_output(r"Worker \d+ has not responded for 3 seconds and is replaced. Its stack:")
            command.wait_for_output(r'app\.py", line \d+ in block')
            wait_until(lambda: len(pids(command) - before) == 1, command.transcript)
        (survivor,) = before & pids(command)
        os.kill(survivor, signal.SIGSTOP)  # prints no stack
        wait_until(lambda: not is_running(survivor))
        assert not pids(command) & before
        assert command.errors.count("has not responded") == 2
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
