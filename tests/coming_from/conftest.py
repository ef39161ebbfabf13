"""The scripts of the browser tests."""

from tests.browser.conftest import scripts, sources

__all__ = ["scripts", "sources"]
