"""Brokers for tests that kill, stop and disconnect them."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, override

import psycopg
import redis

from tests.support.servers import free_port

PATIENCE = 20

# Returns the folder of a name, which the function has filled once for all brokers.
type Prepared = Callable[[str, Callable[[Path], None]], Path]


class Broker(ABC):
    """A server on a port that stays the same over restarts."""

    address: str  # the channels URL
    prepared: Prepared | None = None  # to share files that take long to make with others of the kind

    @abstractmethod
    def start(self) -> None:
        """Returns when it answers."""

    @abstractmethod
    def stop(self) -> None:
        """End the server and delete its files."""

    @abstractmethod
    def kill(self) -> None:
        """Like `kill -9`."""

    @abstractmethod
    def suspend(self) -> None:
        """Make it hang, with its connections open."""

    @abstractmethod
    def resume(self) -> None: ...

    @abstractmethod
    def cut_connections(self) -> None:
        """End all connections from the server's side."""

    @abstractmethod
    def forget(self) -> None:
        """Lose all data, while it runs or between `kill` and `start`."""


class RedisBroker(Broker):
    """Writes each change to disk before it answers."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self.folder = folder
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/1"
        self._process: subprocess.Popen[bytes] | None = None

    @override
    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        flags = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        command = [self._program, "--port", str(self.port), "--dir", str(self.folder), *flags]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.ask("PING"), redis.RedisError)

    @override
    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    @override
    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    @override
    def suspend(self) -> None:
        self._signal(signal.SIGSTOP)

    @override
    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    @override
    def cut_connections(self) -> None:
        for kind in ("pubsub", "normal"):
            self.ask("CLIENT", "KILL", "TYPE", kind)

    @override
    def forget(self) -> None:
        if self._process is None:
            shutil.rmtree(self.folder)
        else:
            self.ask("FLUSHALL")

    def ask(self, *command: str) -> Any:
        """Run a command as redis-cli does."""
        with redis.Redis(port=self.port, db=1, socket_timeout=PATIENCE, retry=None) as client:
            return client.execute_command(*command)  # type: ignore[no-untyped-call]

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


class PostgresBroker(Broker):
    """Keeps its data over restarts. Only with `fsync` on does it survive a crash of the machine."""

    fsync = "off"

    def __init__(self, program: str, folder: Path) -> None:
        self._programs = Path(program).parent
        # PostgreSQL doesn't run as root, and other users can't read `folder`.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._user: dict[str, Any] = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("nobody")
            self._user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.data = self.folder / "data"
        self.port = free_port()
        self.address = f"postgresql://hyper@127.0.0.1:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None

    @override
    def start(self) -> None:
        if not self.data.exists():
            self._initialize()
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": self.fsync,
        }
        self._process = self._popen("postgres", *(f"--{name}={value}" for name, value in settings.items()))
        wait_until(lambda: self.ask("SELECT 1"), psycopg.OperationalError)

    @override
    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    @override
    def kill(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None

    @override
    def suspend(self) -> None:
        self._signal(signal.SIGSTOP)

    @override
    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    @override
    def cut_connections(self) -> None:
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    @override
    def forget(self) -> None:
        if self._process is None:
            shutil.rmtree(self.data)
        elif self.ask("SELECT to_regclass('hyper_queue')") != [(None,)]:
            self.ask("TRUNCATE hyper_channels, hyper_messages, hyper_queue")

    def ask(self, statement: str, *, user: str = "hyper") -> list[Any]:
        """Run a statement as psql does."""
        with psycopg.connect(self.address.replace("hyper", user), autocommit=True) as client:
            cursor = client.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def allow(self, lines: str) -> None:
        """Prepend lines to pg_hba.conf."""
        path = self.data / "pg_hba.conf"
        path.write_text(f"{lines}\n{path.read_text()}")
        self.ask("SELECT pg_reload_conf()")

    @contextmanager
    def locked(self, table: str, mode: str) -> Iterator[None]:
        """Inside, the table is locked by another connection."""
        with psycopg.connect(self.address) as client:
            client.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
            yield

    def _initialize(self) -> None:
        if self.prepared is None:
            self._initdb()
        else:
            self._copy(self.prepared("postgres", self._fill), self.data)

    def _fill(self, folder: Path) -> None:
        self._initdb()
        shutil.copytree(self.data, folder, dirs_exist_ok=True)
        shutil.rmtree(self.data)

    def _initdb(self) -> None:
        flags = ["--username=hyper", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--wal-segsize=1"]
        assert self._popen("initdb", *flags).wait(PATIENCE) == 0

    def _copy(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        if self._user:
            for path in (target, *target.rglob("*")):
                os.chown(path, self._user["user"], self._user["group"])

    def _popen(self, program: str, *flags: str) -> subprocess.Popen[bytes]:
        command = [self._programs / program, "-D", self.data, *flags]
        with (self.folder / "log").open("ab") as log:
            where = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL, "cwd": self.folder}
            return subprocess.Popen(command, **where, **self._user)

    def _signal(self, number: int) -> None:
        """Signal the server and its child processes, which have process groups of their own."""
        assert self._process is not None
        for pid in (*children_of(self._process.pid), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def children_of(parent: int) -> Iterator[int]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of a program, in parentheses, may hold anything.
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[1]) == parent:
            yield int(status.parent.name)


def wait_until(probe: Any, *expected: type[Exception]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if probe():
                return
        except expected:
            if time.monotonic() > until:
                raise
        time.sleep(0.01)
