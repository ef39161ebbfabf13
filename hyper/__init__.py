"""hyperpy under a shorter name: `from hyper import render, fragment`.

Its submodules are hyperpy's own: `hyper.testing is hyperpy.testing`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import hyperpy

if TYPE_CHECKING:
    import hyper.channels
    import hyper.components
    import hyper.datastar
    import hyper.exceptions  # noqa: F401 (makes it an attribute)
    from hyperpy import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        return (
            import_module(f"hyper.{name}")
            if name in {"channels", "components", "datastar", "exceptions"}
            else getattr(hyperpy, name)
        )


__all__ = hyperpy.__all__


def __dir__() -> list[str]:
    return __all__
