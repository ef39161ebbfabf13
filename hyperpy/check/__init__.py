"""`hyper check`: load errors, warnings, and what does not fit together across files."""

from hyperpy.check.findings import Finding
from hyperpy.check.formats import FORMATS
from hyperpy.check.site_checks import Report, check_loaded, check_site

__all__ = ["FORMATS", "Finding", "Report", "check_loaded", "check_site"]
