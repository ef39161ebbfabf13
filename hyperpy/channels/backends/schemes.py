"""From a channels URL to its backend, which hyperpy or another distribution provides; URLs without passwords."""

from importlib import import_module
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from hyperpy.channels.backends.contract import Backend, Retention
from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError, did_you_mean
from hyperpy.lazy import lazy_pattern, metadata

GROUP: Final = "hyperpy.channels"
EXAMPLES: Final = "memory://, redis://127.0.0.1:6379/0 or postgresql://user@127.0.0.1/name"

_REDIS: Final = "hyperpy.channels.backends.redis.backend:RedisBackend"
_POSTGRES: Final = "hyperpy.channels.backends.postgres.backend:PostgresBackend"


class BuiltIn(NamedTuple):
    """A backend that comes with hyperpy, as an entry point: the client libraries of brokers are extras."""

    name: str
    value: str

    @property
    def module(self) -> str:
        return self.value.partition(":")[0]

    def load(self) -> Any:
        return getattr(import_module(self.module), self.value.partition(":")[2])


type Entry = BuiltIn | metadata.EntryPoint

BUILT_IN: Final = {
    scheme: BuiltIn(scheme, value)
    for scheme, value in {
        "memory": "hyperpy.channels.backends.memory:MemoryBackend",
        "redis": _REDIS,
        "rediss": _REDIS,
        "unix": _REDIS,
        "postgresql": _POSTGRES,
        "postgres": _POSTGRES,
    }.items()
}

_USER_PASSWORD: Final = lazy_pattern(r"^([^:/?#]*://[^/?#:]*:)[^/?#]*(?=@)")
_PARAMETER: Final = lazy_pattern(r"([?&](?:ssl)?password=)[^&]*")


def make_backend(settings: Settings) -> Backend:
    """The backend that the setting `channels` selects. Raises ConfigError if it can't be made."""
    url, entry = settings.channels, None
    try:
        entry = _entry_point(settings, urlsplit(url).scheme)
        factory = _load(settings, entry)
        retention = Retention(settings.channel_max_messages, settings.channel_max_age, settings.channel_max_bytes)
        backend = factory(url, retention)
    except ValueError as error:
        what = f"invalid channels URL {redacted(url)!r}: {_without_password(error, url)}"
        hint = f"Write a URL such as {EXAMPLES}." if entry is None or entry.name in BUILT_IN else ""
        raise settings.error("channels", what, hint) from error
    except TypeError as error:
        if entry is None or error.__traceback__ is None or error.__traceback__.tb_next is not None:
            raise  # from the code of the backend, not from the call
        what = f"{entry.value}, the channels backend for {entry.name}://, can't be made"
        hint = f"It takes a URL and a Retention, but raises TypeError: {_without_password(error, url)}"
        raise settings.error("channels", what, hint) from error
    if not isinstance(backend, Backend):
        made = _without_password(repr(backend), url)
        what = f"{entry.value}, the channels backend for {entry.name}://, made {made:.60}"
        raise settings.error("channels", what, "Return an instance of a subclass of hyperpy.channels.Backend.")
    return backend


def _without_password(text: object, url: str) -> str:
    return str(text).replace(url, redacted(url))


def _entry_point(settings: Settings, scheme: str) -> Entry:
    if scheme in BUILT_IN:
        return BUILT_IN[scheme]
    installed = metadata.entry_points(group=GROUP)
    match [entry for entry in installed if entry.name == scheme]:
        case [entry]:
            return entry
        case []:
            schemes = sorted({*BUILT_IN, *installed.names})
            listed = f"Installed backends: {', '.join(f'{each}://' for each in schemes)}."
            hint = f"{did_you_mean(scheme, schemes)} {listed}".lstrip()
            raise settings.error("channels", f"invalid channels URL: {redacted(settings.channels)!r}", hint)
        case several:
            what = f"{' and '.join(sorted(map(_origin, several)))} all provide a channels backend for {scheme}://"
            raise settings.error("channels", what, "Uninstall all but one of them.")


def _load(settings: Settings, entry: Entry) -> Any:
    try:
        return entry.load()
    except Exception as error:
        if entry is BUILT_IN.get(entry.name):
            raise _missing_extra(settings, entry, error) from error
        what = f"{entry.value}, the channels backend for {entry.name}:// from {_origin(entry)}, can't be loaded"
        hint = f"It raises {type(error).__name__}: {error}"
        raise settings.error("channels", what, hint) from error


def _missing_extra(settings: Settings, entry: Entry, error: Exception) -> ConfigError:
    """The error for a broker whose client library isn't installed. Its extra is named like the broker's folder."""
    package = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else "hyperpy"
    if package == "hyperpy":
        raise error
    # An installed package may still lack a library of the operating system.
    what = f"{redacted(settings.channels)!r} needs " + (f"the package {package}" if package else str(error))
    install = f'pip install "./hyperpy[{entry.module.split(".")[-2]}]", with the path of your checkout'
    return settings.error("channels", what, install)


def _origin(entry: Entry) -> str:
    return entry.value if isinstance(entry, BuiltIn) or entry.dist is None else entry.dist.name


def redacted(url: str) -> str:
    """The URL with `***` in place of any password."""
    if "@" in url:
        url = _USER_PASSWORD.sub(r"\1***", url)
    return _PARAMETER.sub(r"\1***", url) if "password=" in url else url
