"""What goes to the log, and how: one line per request on stdout, everything else on stderr."""

import json
import logging
import logging.config
import time
from typing import Any

from hyperpy.config import Settings
from hyperpy.server.access import AccessLog, CommonFormat, JSONFormat, short_format

OURS = ("hyperpy", "uvicorn")


def has_no_line(record: logging.LogRecord) -> bool:
    """A filter: malformed requests have a line among the others, with status 400, and uvicorn warns of each as well."""
    return record.msg != "Invalid HTTP request received."


class JSONFormatter(logging.Formatter):
    """A record as one object on one line; a traceback is one of its values."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:
            entry["exception"] = record.exc_text
        if record.stack_info:
            entry["stack"] = record.stack_info
        return json.dumps(entry)


def configure_logging(settings: Settings) -> None:
    """Our loggers, and what is logged where nobody has set up logging. To be called before the application is loaded,
    so that what it sets up itself stands."""
    logging.config.dictConfig(_described(settings))
    # Records of loggers without any handler. Not one on the root logger: basicConfig() would then do nothing.
    last = logging.StreamHandler()
    last.setLevel(max(logging.WARNING, _level(settings)))
    last.setFormatter(_formatter(settings))
    logging.lastResort = last


def keep_logging() -> None:
    """To be called when the application is loaded: a dictConfig() in it silences all loggers that it does not name,
    unless told otherwise, and with them the tracebacks of the site."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in OURS:
            logging.getLogger(name).disabled = False


def make_access_log(settings: Settings, *, dev: bool = False) -> AccessLog | None:
    """None if there shall be none."""
    if not settings.access_log:
        return None
    if dev:
        return AccessLog(short_format)
    return AccessLog(JSONFormat() if settings.log_format == "json" else CommonFormat())


def _described(settings: Settings) -> dict[str, Any]:
    level = _level(settings)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"default": {"()": _formatter, "settings": settings}},
        "filters": {"no line": {"()": lambda: has_no_line}},
        "handlers": {
            "default": {"class": "logging.StreamHandler", "formatter": "default", "stream": "ext://sys.stderr"},
        },
        "loggers": {
            "hyperpy": {"handlers": ["default"], "level": level, "propagate": False},
            "hyperpy.access": {"level": logging.INFO, "propagate": False},
            # uvicorn tells each of its steps at INFO; what matters of that, hyperpy says itself.
            "uvicorn": {"handlers": ["default"], "level": _quieter(level), "propagate": False},
            "uvicorn.error": {"filters": ["no line"]},
        },
    }


def _formatter(settings: Settings) -> logging.Formatter:
    if settings.log_format == "json":
        return JSONFormatter()
    return logging.Formatter("%(asctime)s %(levelname)s %(message)s")


def _level(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level.upper()]


def _quieter(level: int) -> int:
    return level if level <= logging.DEBUG else max(level, logging.WARNING)
