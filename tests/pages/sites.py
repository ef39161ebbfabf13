"""The types of the fixtures that make sites."""

from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

type Write = Callable[[Mapping[str, str]], Path]
type Site = Callable[..., httpx.AsyncClient]
