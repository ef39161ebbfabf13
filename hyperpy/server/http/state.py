"""The part of a server's state that its connections read."""

from enum import Enum

from uvicorn.server import ServerState


class Stage(Enum):
    SERVING = "serving"
    RETIRING = "another process has taken over; open connections may send one more request"
    STOPPING = "no other process has taken over; only responses in progress are finished"


class State(ServerState):
    """uvicorn's state, with the stage and the number of requests that have reached the application."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.SERVING
        self.requests = 0
