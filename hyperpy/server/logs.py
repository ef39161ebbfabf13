"""Logging: one line per request on stdout, everything else on stderr."""

import json
import logging
import logging.config
from types import TracebackType
from typing import Any

from hyperpy.config import Settings
from hyperpy.exceptions import printable
from hyperpy.server.access import AccessLog, common_format, json_format, short_format, utc_stamp
from hyperpy.tracebacks import users_part

type ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

OURS = ("hyperpy", "uvicorn")


def not_in_access_log(record: logging.LogRecord) -> bool:
    """A filter that drops uvicorn's warnings about malformed requests: the access log has a line for each."""
    return record.msg != "Invalid HTTP request received."


class TextFormatter(logging.Formatter):
    """Formats a record as text, and tracebacks from the first frame of the user's code.

    Messages and exceptions may hold what a visitor has sent. So only the first line of a record starts at the margin,
    and characters that could control a terminal are escaped.
    """

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info:
            record.exc_text = None  # another handler may have left the whole traceback there
        text = super().format(record)
        if text.isprintable():
            return text
        return "\n  ".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))

    def formatException(self, ei: ExceptionInfo) -> str:
        kind, error, _ = ei
        return super().formatException(ei if kind is None or error is None else (kind, error, users_part(error)))


class JSONFormatter(TextFormatter):
    """Formats a record as a JSON object on one line, with any traceback as one of its values."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": utc_stamp(record.created),
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
    """Set up hyperpy's loggers, and a default for loggers without a handler.

    To be called before the application is loaded, so that its own setup takes precedence.
    """
    logging.config.dictConfig(_configuration(settings))
    # Not a handler on the root logger: basicConfig() in the application would then do nothing.
    last = logging.StreamHandler()
    last.setLevel(max(logging.WARNING, _level(settings)))
    last.setFormatter(_formatter(settings))
    logging.lastResort = last


def keep_logging() -> None:
    """Enable our loggers again. To be called after the application is loaded.

    By default, dictConfig() disables all existing loggers that it doesn't name, and with them the site's tracebacks.
    """
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in OURS:
            logging.getLogger(name).disabled = False


def make_access_log(settings: Settings, *, dev: bool = False) -> AccessLog | None:
    if not settings.access_log:
        return None
    if dev:
        return AccessLog(short_format)
    return AccessLog(json_format if settings.log_format == "json" else common_format)


def _configuration(settings: Settings) -> dict[str, Any]:
    level = _level(settings)
    quieter = level if level <= logging.DEBUG else max(level, logging.WARNING)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"default": {"()": _formatter, "settings": settings}},
        "filters": {"not in access log": {"()": lambda: not_in_access_log}},
        "handlers": {
            "default": {"class": "logging.StreamHandler", "formatter": "default", "stream": "ext://sys.stderr"},
        },
        "loggers": {
            "hyperpy": {"handlers": ["default"], "level": level, "propagate": False},
            "hyperpy.access": {"level": logging.INFO, "propagate": False},
            # uvicorn logs each of its steps at INFO; hyperpy reports the important ones itself.
            "uvicorn": {"handlers": ["default"], "level": quieter, "propagate": False},
            "uvicorn.error": {"filters": ["not in access log"]},
            # It warns about each malformed form, which has a line in the access log.
            "python_multipart": {"level": logging.ERROR},
        },
    }


def _formatter(settings: Settings) -> logging.Formatter:
    if settings.log_format == "json":
        return JSONFormatter()
    return TextFormatter("%(asctime)s %(levelname)s %(message)s")


def _level(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
