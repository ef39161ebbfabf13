"""The inspector of `hyper dev`: a site below `/_hyper/` that shows routes, requests, streams and channels."""

from hyperpy.inspector.inspector_layer import Inspector, inspected
from hyperpy.inspector.sites import warnings_about

__all__ = ["Inspector", "inspected", "warnings_about"]
