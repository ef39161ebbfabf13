"""Compiled files beside the bytecode of Python: `__pycache__/index.cpython-314.hyper` for `index.py`.

As with bytecode, `sys.dont_write_bytecode` and `sys.pycache_prefix` apply, a folder that can't be written to has no
cache, and any file may be deleted at any time.
"""

import importlib.util
import marshal
import os
import sys
from hashlib import blake2b
from threading import get_ident
from typing import Any, Final

from hyperpy.record_classes import record

MAGIC: Final = b"hyperpy\n"
_DIGEST: Final = 16
_HEAD: Final = len(MAGIC) + 2 * _DIGEST


@record(frozen=True, slots=True)
class CacheFile:
    """The cache of one file. The `key` is all that decides what it is compiled to, and is known before it runs.

    A file holds MAGIC, the digest of the key, the digest of the content, and the content.
    """

    path: str
    """Empty if this Python caches no bytecode."""
    source: str
    """The path of the source file."""
    key: bytes

    @classmethod
    def of(cls, source: str, key: str) -> CacheFile:
        try:
            path = importlib.util.cache_from_source(source).removesuffix(".pyc") + ".hyper"
        except NotImplementedError:
            path = ""
        return cls(path, source, _digest(key.encode("utf-8", "surrogatepass")))

    def read(self) -> tuple[Any, ...] | None:
        """The content. None if there is none for this key; a damaged file counts as none."""
        try:
            with open(self.path, "rb", buffering=0) as file:
                data = file.read()
        except OSError:
            return None
        body = data[_HEAD:]
        if data[:_HEAD] != MAGIC + self.key + _digest(body):
            return None
        content = marshal.loads(body)
        return content if isinstance(content, tuple) else None

    def write(self, content: tuple[Any, ...]) -> None:
        """Store the content, for all processes at once. Does nothing where that isn't possible or wanted."""
        if sys.dont_write_bytecode or not self.path:
            return
        try:
            body = marshal.dumps(content)
        except ValueError:  # it holds an object that only this process has
            return
        temporary = f"{self.path}.{os.getpid()}.{get_ident()}"
        try:
            mode = os.stat(self.source).st_mode & 0o666 | 0o200
            descriptor = _created(temporary, mode)
            try:
                with open(descriptor, "wb") as file:
                    file.write(MAGIC + self.key + _digest(body) + body)
                os.replace(temporary, self.path)
            except OSError:
                os.unlink(temporary)
        except OSError:  # a read-only folder, or a full disk
            return


def _created(path: str, mode: int) -> int:
    """The descriptor of a new file. Its folder usually exists."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    try:
        return os.open(path, flags, mode)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, mode)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST).digest()
