"""The names of channels and queues, and their keys in a backend."""

from functools import lru_cache
from hashlib import blake2b

from hyperpy.exceptions import ChannelError


@lru_cache(maxsize=4096)
def key_of(name: str) -> str:
    """A digest of the name, 32 hexadecimal digits, so that names can hold anything without clashing or being patterns.

    Raises ChannelError for an invalid name.
    """
    if not isinstance(name, str):
        raise ChannelError(f"channel names must be str, not {type(name).__name__}", hint='As in: channel("room:42")')
    if not name:
        raise ChannelError("a channel name can't be empty", hint='As in: channel("room:42")')
    try:
        return blake2b(name.encode(), digest_size=16).hexdigest()
    except UnicodeEncodeError as error:
        raise ChannelError(
            f"this channel name contains {name[error.start]!r}, half of a surrogate pair",
            hint='Replace it where it comes from: text.encode("utf-8", "replace").decode()',
        ) from error
