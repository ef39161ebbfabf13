"""Brokers that tests start, and treat as badly as life does."""

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, override

import redis

PATIENCE = 20


class Broker(ABC):
    """A server of the test's own, on a port that it keeps over restarts."""

    address: str  # what HYPER_CHANNELS would be

    @abstractmethod
    def start(self) -> None:
        """Returns when it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it for good, and leaves nothing behind."""

    @abstractmethod
    def kill(self) -> None:
        """As `kill -9` does."""

    @abstractmethod
    def stop_the_world(self) -> None:
        """Makes it hang, its connections open."""

    @abstractmethod
    def go_on(self) -> None: ...

    @abstractmethod
    def cut_connections(self) -> None:
        """Ends all connections from its side, and goes on."""

    @abstractmethod
    def forget(self) -> None:
        """Loses all data, while it runs or between `kill` and `start`."""


class RedisBroker(Broker):
    """Keeps what it has confirmed."""

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
    def stop_the_world(self) -> None:
        self._signal(signal.SIGSTOP)

    @override
    def go_on(self) -> None:
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
        """What redis-cli would."""
        with redis.Redis(port=self.port, db=1, socket_timeout=PATIENCE, retry=None) as client:
            return client.execute_command(*command)  # type: ignore[no-untyped-call]

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


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
