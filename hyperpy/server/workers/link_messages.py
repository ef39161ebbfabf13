"""What a worker and its supervisor say to each other."""

from enum import Enum


class Message(Enum):
    READY = "the worker serves"
    SPENT = "the worker has answered its number of requests and asks for a successor"
    RETIRE = "the successor serves: the worker is to finish and end"
