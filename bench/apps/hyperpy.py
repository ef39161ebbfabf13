"""hyperpy with the route files of `bench/routes` and the server of `hyper serve`."""

from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from hyperpy import Hyper
from hyperpy.config import Settings
from hyperpy.server import Server, make_config
from hyperpy.server.serve import tune_collector

app = Hyper(routes=Path(__file__).parent.parent / "routes", static=None)


def server(app: ASGIApp) -> uvicorn.Server:
    return Server(make_config(app, Settings(access_log=False)), on_ready=tune_collector)


def untuned_server(app: ASGIApp) -> uvicorn.Server:
    return Server(make_config(app, Settings(access_log=False)))
