"""Clients that request one page all the time."""

import http.client
import threading
import time
from typing import Self

from tests.support.until import PATIENCE, PAUSE


class Hammer:
    """Threads that send requests without retries, and with pauses that leave the server time to start processes.

    Two of them keep their connection; the other two open a new one for each request.
    """

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path
        self.responses = 0
        self.failures: list[str] = []
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._request, args=(keep,)) for keep in (True, True, False, False)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _request(self, keep: bool) -> None:
        # `http.client` opens a new connection if the last response announced that it closes.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self._stopped.is_set():
            try:
                connection.request("GET", self.path)
                response = connection.getresponse()
                response.read()
                assert response.status == 200, response.status
                self.responses += 1
            except Exception as error:  # noqa: BLE001 (the test checks the failures)
                self.failures.append(repr(error))
                connection.close()
            if not keep:
                connection.close()
            time.sleep(PAUSE)
        connection.close()
