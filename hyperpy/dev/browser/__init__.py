"""Makes open pages follow the code under `hyper dev`: a script in each page, and the events that it waits for."""

from hyperpy.dev.browser.following import Following
from hyperpy.dev.browser.updates import Asset, Update, Updates

__all__ = ["Asset", "Following", "Update", "Updates"]
