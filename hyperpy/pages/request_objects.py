"""Objects of a request that route files get by type, besides those of Starlette."""

from abc import ABC, abstractmethod
from typing import Any, Self


class RequestObject(ABC):
    """The base of classes whose instances are inputs: `htmx: HTMX`."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def of(cls, run: Any) -> Self:
        """The object of a running request, given its Run."""
