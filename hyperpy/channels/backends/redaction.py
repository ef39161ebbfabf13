"""Channels URLs without their passwords, for messages and logs."""

import re
from typing import Final

_USER_PASSWORD: Final = re.compile(r"^([^:/?#]*://[^/?#:]*:)[^/?#]*(?=@)")
_PARAMETER: Final = re.compile(r"([?&](?:ssl)?password=)[^&]*")


def redacted(url: str) -> str:
    """The URL with `***` in place of any password."""
    return _PARAMETER.sub(r"\1***", _USER_PASSWORD.sub(r"\1***", url))
