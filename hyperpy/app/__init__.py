"""The application: a folder of routes, wired to Starlette."""

from hyperpy.app.hyper import Hyper
from hyperpy.app.loaded_routes import RouteRow
from hyperpy.app.overrides import Overrides, overridden
from hyperpy.app.spawning import TASKS_KEY, SpawnedTasks, spawn

__all__ = ["TASKS_KEY", "Hyper", "Overrides", "RouteRow", "SpawnedTasks", "overridden", "spawn"]
