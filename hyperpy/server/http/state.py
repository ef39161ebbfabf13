"""What a server's connections have to know of it."""

from enum import Enum

from uvicorn.server import ServerState


class Stage(Enum):
    """How far a server is on its way."""

    SERVING = "serving"
    RETIRING = "another process serves in its place; whoever is connected may ask once more"
    STOPPING = "nobody serves in its place; it finishes what it has begun"


class State(ServerState):
    """uvicorn's state with the stage, and the number of requests that have come for the application."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.SERVING
        self.requests = 0
