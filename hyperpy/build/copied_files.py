"""The static files of a build: under their own names, and under those with a hash that `asset()` has written."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from hyperpy.build.recorded_request import note_asset
from hyperpy.web.static_files import StaticFolder, static_url


class AskedFolder(StaticFolder):
    """A static folder that notes the files whose hashed URLs are asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, look_again=60)
        self.asked: dict[str, str] = {}

    def url_path(self, name: str) -> str | None:
        path = super().url_path(name)
        if path is not None:
            self.asked[name] = path
            note_asset(name)
        return path


def copied_files(folder: AskedFolder) -> Iterator[tuple[str, Path]]:
    """The files of a build, by their paths in its folder, each with the file that it is a copy of."""
    for name in folder.names():
        file = folder.find(name)
        if file is not None:
            yield static_url(name).lstrip("/"), Path(file.path)
    for name, url in folder.asked.items():
        file = folder.find(name)
        if file is not None:
            hashed = unquote(url).lstrip("/")
            yield hashed, Path(file.path)
            for coding, copy in folder.compressed(name, file).items():
                yield hashed + coding.suffix, Path(copy.path)
