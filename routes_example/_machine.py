"""What this machine is doing, measured once a second at most, however many look."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import psutil

REMEMBERED: Final = 60  # measurements
MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    at: float
    cores: tuple[float, ...]  # per cent of each
    memory: float  # per cent
    memory_used: float  # MiB
    received: int  # bytes, since the start of the machine
    sent: int
    own_memory: float  # MiB of this process

    @property
    def cpu(self) -> float:
        return sum(self.cores) / len(self.cores)


_readings: Final[deque[Reading]] = deque(maxlen=REMEMBERED)
_process: Final = psutil.Process()


def readings() -> list[Reading]:
    """The last measurements, oldest first. Takes one more if the last is a second old."""
    now = time.time()
    if not _readings or now - _readings[-1].at >= 1:
        _readings.append(_measure(now))
    return list(_readings)


def rate(readings: list[Reading]) -> tuple[float, float]:
    """KiB per second that were received and sent between the last two measurements."""
    if len(readings) < 2:
        return 0.0, 0.0
    before, now = readings[-2:]
    seconds = (now.at - before.at) * 1024
    return (now.received - before.received) / seconds, (now.sent - before.sent) / seconds


def _measure(now: float) -> Reading:
    memory, network = psutil.virtual_memory(), psutil.net_io_counters()
    return Reading(
        at=now,
        cores=tuple(psutil.cpu_percent(percpu=True)),
        memory=memory.percent,
        memory_used=memory.used / MEBIBYTE,
        received=network.bytes_recv,
        sent=network.bytes_sent,
        own_memory=_process.memory_info().rss / MEBIBYTE,
    )


_measure(time.time())  # the load of the cores is that since the last measurement
