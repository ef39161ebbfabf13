"""One request on its way through a `Route`."""
