"""What a channel is called, and the key that it has everywhere else."""

from functools import lru_cache
from hashlib import blake2b

from hyperpy.exceptions import ChannelError


@lru_cache(maxsize=4096)
def key_of(name: str) -> str:
    """A digest of the name, 32 hexadecimal digits: whatever a name holds, it can't be taken for another or a pattern.

    Raises ChannelError for what is no name.
    """
    if not isinstance(name, str):
        raise ChannelError(f"a channel's name is a str, not {type(name).__name__}", hint='As in: channel("room:42")')
    if not name:
        raise ChannelError("a channel's name can't be empty", hint='As in: channel("room:42")')
    try:
        return blake2b(name.encode(), digest_size=16).hexdigest()
    except UnicodeEncodeError as error:
        raise ChannelError(
            f"the channel's name contains {name[error.start]!r}, half of a surrogate pair",
            hint='Replace it where it comes from: text.encode("utf-8", "replace").decode()',
        ) from error
