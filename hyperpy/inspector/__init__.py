"""The inspector of `hyper dev`: a site below `/_hyper/` that shows routes, requests, streams and channels."""

from hyperpy.inspector.inspector_layer import Inspector, inspected
from hyperpy.inspector.sites import sites_of, warnings_about

__all__ = ["Inspector", "inspected", "sites_of", "warnings_about"]
