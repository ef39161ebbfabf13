"""hyperpy with the route files of `bench/routes`."""

from bench.apps.hyperpy import app as site
from bench.streams.apps.control import controlled

app = controlled(site)
