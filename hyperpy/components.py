"""Components that come with hyperpy."""

from hyperpy.pages import Suspense

__all__ = ["Suspense"]
