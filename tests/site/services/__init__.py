"""The harbour's services, as asynchronous functions and iterators."""

from services.board import listening, notices_for
from services.gauges import Reading, read_gauges
from services.inspection import draw_soundings, write_abstract
from services.mooring import berth_at, moves_at

__all__ = [
    "Reading",
    "berth_at",
    "draw_soundings",
    "listening",
    "moves_at",
    "notices_for",
    "read_gauges",
    "write_abstract",
]
