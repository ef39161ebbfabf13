"""Notices redirects that lead in a circle, which browsers give up without a word about the cause."""

from collections import OrderedDict
from time import monotonic
from typing import Final
from urllib.parse import urljoin, urlsplit

_TURNS: Final = 3  # a page may redirect to itself once, such as after it has set a cookie
_QUICK: Final = 5.0  # seconds between two turns, at most
_MOST: Final = 100  # paths


class RedirectLoops:
    """Which paths have answered with redirects lately, and where these lead."""

    def __init__(self) -> None:
        self._targets: OrderedDict[str, tuple[str, int, float]] = OrderedDict()

    def forget(self) -> None:
        self._targets.clear()

    def note(self, path: str, location: str | None, host: str) -> list[str]:
        """Note the redirect of a path, or that it has answered otherwise. Returns the paths of a circle."""
        if location is None:
            self._targets.pop(path, None)
            return []
        url = urlsplit(urljoin(f"//{host}{path}", location))
        if url.netloc != host:
            self._targets.pop(path, None)
            return []
        _, count, before = self._targets.pop(path, ("", 0, 0.0))
        count = count + 1 if monotonic() - before < _QUICK else 1
        self._targets[path] = (url.path, count, monotonic())
        if len(self._targets) > _MOST:
            self._targets.popitem(last=False)
        return self._circle(path) if count >= _TURNS else []

    def _circle(self, start: str) -> list[str]:
        paths, here = [start], self._targets[start][0]
        while here != start:
            if here in paths or here not in self._targets:
                return []
            paths.append(here)
            here = self._targets[here][0]
        return paths
