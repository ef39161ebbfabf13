"""hyperpy under a shorter name: `from hyper import render, fragment`.

Its submodules are hyperpy's own: `hyper.testing is hyperpy.testing`.
"""

import hyper.channels
import hyper.components
import hyper.exceptions  # noqa: F401 (makes it an attribute)
import hyperpy
from hyperpy import *  # noqa: F403

__all__ = hyperpy.__all__
