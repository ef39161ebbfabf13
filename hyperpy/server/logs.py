"""What goes to the log, and how: one plain line per request on stdout, everything else on stderr."""

from typing import Any

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "access": {"format": "%(asctime)s %(message)s"},
        "default": {"format": "%(asctime)s %(levelname)s %(message)s"},
    },
    "handlers": {
        "access": {"class": "logging.StreamHandler", "formatter": "access", "stream": "ext://sys.stdout"},
        "default": {"class": "logging.StreamHandler", "formatter": "default", "stream": "ext://sys.stderr"},
    },
    "loggers": {
        "hyperpy": {"handlers": ["default"], "level": "INFO", "propagate": False},
        # uvicorn tells each of its steps at INFO; what matters of that, hyperpy says itself.
        "uvicorn": {"handlers": ["default"], "level": "WARNING", "propagate": False},
        "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}
