"""Warnings about the code of the page that the developer is looking at, in a corner of that page."""

from hyperpy.dev.page_warnings.run_warnings import ENDS_WITH_UPDATE, RUN_WARNING
from hyperpy.dev.page_warnings.warning_layer import RouteWarnings, WarningLayer

__all__ = ["ENDS_WITH_UPDATE", "RUN_WARNING", "RouteWarnings", "WarningLayer"]
