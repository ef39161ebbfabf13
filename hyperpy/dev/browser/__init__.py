"""Makes open pages follow the code under `hyper dev`: a script in each page, and the events that it waits for."""

from hyperpy.dev.browser.following import PREFIX, Following, is_navigation
from hyperpy.dev.browser.updates import Asset, Update, Updates

__all__ = ["PREFIX", "Asset", "Following", "Update", "Updates", "is_navigation"]
