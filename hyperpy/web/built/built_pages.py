"""Answers requests with the pages that `hyper build` has written."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Self

from starlette.types import Receive, Scope, Send

from hyperpy.config import Settings
from hyperpy.routing import root_prefix
from hyperpy.web.built.manifest import BuildManifest
from hyperpy.web.static_files import StaticApp, StaticFolder


class BuiltPages:
    """The pages of a folder, sent as static files are: with ETag, ranges, and compressed if there is such a copy.

    Some requests are left to the routes: those with a query, those of other methods than GET and HEAD, those under
    another root path than that of the build, and those of which a file differs from the one that was built.
    """

    def __init__(self, folder: Path, pages: Mapping[str, str], root: str) -> None:
        self._app = StaticApp(StaticFolder(folder))
        self._files = {url.encode(): file for url, file in pages.items()}
        self._root = root

    @classmethod
    def of(cls, settings: Settings, sources: Callable[[bytes], Iterable[str]]) -> Self:
        """`sources` gives the route file for a path, and its guards; nothing if there is no such route.

        Raises ConfigError if the folder of the setting `built` was not written by `hyper build`."""
        folder = Path(settings.built or "")
        manifest = BuildManifest.read(folder)
        if manifest is None:
            what = f"`{folder}` was not written by `hyper build`"
            raise settings.error("built", what, f"Run `hyper build --out {folder}`, or remove the setting.")
        changed = manifest.unlike_build()
        pages = {
            url: name
            for url, name in manifest.of_urls.items()
            if (files := [*sources(url.encode())]) and not any(map(changed, (*files, *manifest.uses_of(url))))
        }
        return cls(folder, pages, manifest.root)

    async def answers(self, path: bytes, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request if there is a page for it; `path` is that of the route. Returns whether there was one."""
        file = self._files.get(path)
        if file is None or scope["query_string"] or scope["method"] not in ("GET", "HEAD"):
            return False
        return root_prefix(scope) == self._root and await self._app.send_file(file, scope, receive, send)


def stale_pages(settings: Settings) -> str:
    """A warning about sources that have changed since the build of the setting `built`; empty if there are none."""
    manifest = BuildManifest.read(Path(settings.built)) if settings.built else None
    changed = manifest.changed_sources() if manifest is not None else []
    if not changed:
        return ""
    others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{changed[0]}{others} changed after {settings.built} was built. Run `hyper build` again."
