"""What a generator has yielded, encoded, on its way to the server."""

from hyperpy.streams.sending.fair_share import FairShare
from hyperpy.streams.sending.flusher import Flusher
from hyperpy.streams.sending.outbox import Outbox
from hyperpy.streams.sending.part_writer import PartWriter

__all__ = ["FairShare", "Flusher", "Outbox", "PartWriter"]
