"""Numbers and times as the inspector shows them."""

from datetime import datetime


def milliseconds(seconds: float) -> str:
    """Two significant digits below ten milliseconds; seconds from one second on."""
    if seconds >= 1:
        return f"{seconds:,.2f} s"
    shown = seconds * 1000
    return f"{shown:.0f} ms" if shown >= 100 else f"{shown:.1f} ms" if shown >= 1 else f"{shown:.2f} ms"


def age(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KiB" if count < 1024**2 else f"{count / 1024**2:.1f} MiB"


def clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
