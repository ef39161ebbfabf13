"""Every setting: its name, type, default, limits and help text."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from functools import cache
from typing import Any

from hyperpy.config.setting_values import SettingSource, SourceKind, checked
from hyperpy.exceptions import ConfigError
from hyperpy.record_classes import declared_fields, public_record

PREFIX = "HYPER_"
EXAMPLE_KEY = "$(python -c 'import secrets; print(secrets.token_urlsafe())')"
YEAR = 365 * 24 * 3600  # seconds

REFERRER_POLICIES = (
    *("no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin"),
    *("strict-origin", "strict-origin-when-cross-origin", "unsafe-url", "off"),
)


def _setting(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    example: str = "",
    of_app: bool = False,
    secret: bool = False,
    many: bool = False,
) -> Any:
    """`of_app` marks a setting that applications read; servers read the others.

    A `secret` is in no repr. `example` is the value that error messages suggest for a setting without a default. `many`
    values are separated by commas; their flag may be repeated.
    """
    metadata = {"help": help, "least": least, "most": most, "choices": choices, "example": example}
    metadata |= {"of_app": of_app, "many": many}
    return field(default=default, metadata=metadata, repr=not secret)


@public_record(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of an application and its server. Raises ConfigError for a value of the wrong type or range.

    `sources` says where values that were read from flags, variables or a file came from.
    """

    routes: str = _setting("routes", "Folder of route files.")
    static: str = _setting("static", "Folder of the files served at /static/.")
    built: str | None = _setting(
        None, "Folder that `hyper build` has written, to serve its pages as files.", example="dist", of_app=True
    )
    elsewhere: str | None = _setting(
        None,
        "Beginnings of paths that something else answers, such as a proxy; links there are not checked.",
        example="/wiki/,/grafana/",
        of_app=True,
        many=True,
    )
    host: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 means every IPv4 address of the machine.")
    port: int = _setting(8000, "Port to listen on; 0 picks a free one.", least=0, most=65535)
    uds: str | None = _setting(None, "Unix socket to listen on, instead of a host and port.", example="hyper.sock")
    workers: int = _setting(1, "Number of worker processes.", least=1)
    limit_max_requests: int = _setting(
        0, "Number of requests after which a worker is replaced; 0 means no limit.", least=0
    )
    limit_max_requests_jitter: int = _setting(
        0,
        "Add a random number of requests, up to this, to each worker's limit so that they don't all restart at once.",
        least=0,
    )
    backlog: int = _setting(2048, "Maximum number of connections waiting to be accepted.", least=1, most=65535)
    proxy_headers: bool = _setting(True, "Trust X-Forwarded-* headers from trusted proxies.")
    forwarded_allow_ips: str = _setting(
        "127.0.0.1,::1,unix:", "Trusted proxies: addresses, networks and `unix:`, or * for all."
    )
    root_path: str | None = _setting(None, "URL prefix that the proxy strips.", example="/app")
    ssl_certfile: str | None = _setting(None, "Certificate for HTTPS, including its chain, as PEM.", example="cert.pem")
    ssl_keyfile: str | None = _setting(None, "Private key of the certificate, as PEM.", example="key.pem")
    timeout_keep_alive: float = _setting(5.0, "Seconds to keep an idle connection open.", least=0.1)
    timeout_request_head: float = _setting(8.0, "Seconds to wait for the request line and headers.", least=0.1)
    timeout_request_body: float = _setting(
        20.0, "Seconds over which a request body must arrive at 500 bytes per second or faster.", least=0.1
    )
    timeout_graceful_shutdown: float = _setting(
        9.0, "Seconds that responses in progress have to finish after SIGTERM.", least=0
    )
    timeout_worker: float = _setting(
        60.0, "Seconds after which a worker whose event loop is blocked is replaced; 0 means never.", least=0
    )
    limit_concurrency: int = _setting(
        0, "Number of open connections at which requests get a 503; 0 means no limit.", least=0
    )
    limit_request_line: int = _setting(8192, "Maximum size of a request's URL, in bytes.", least=64)
    limit_request_head: int = _setting(
        65536, "Maximum size of the request line and headers together, in bytes.", least=256
    )
    limit_request_body: int = _setting(
        2 * 1024 * 1024, "Maximum size of a request body, in bytes; 0 means no limit.", least=0, of_app=True
    )
    access_log: bool = _setting(True, "Log each request to stdout.")
    log_format: str = _setting("common", "Format of the logs.", choices=("common", "json"))
    log_level: str = _setting(
        "info", "Lowest level that is logged.", choices=("debug", "info", "warning", "error", "critical")
    )
    ping: float = _setting(15.0, "Seconds of silence after which a stream sends a comment.", least=0.1, of_app=True)
    timeout_send: float = _setting(
        30.0, "Seconds to wait for a client that doesn't read before closing its connection.", least=0.1, of_app=True
    )
    channels: str = _setting("memory://", "Channels backend URL: memory://, redis://… or postgresql://…", of_app=True)
    channel_max_messages: int = _setting(1000, "Number of messages kept per channel.", least=1, most=10**9, of_app=True)
    channel_max_age: float = _setting(
        3600.0, "Seconds that messages in a channel are kept.", least=1, most=10 * YEAR, of_app=True
    )
    channel_max_bytes: int = _setting(
        64 * 1024 * 1024,
        "Maximum size of all messages that memory:// keeps, and of all items in its queues, in bytes.",
        least=4096,
        of_app=True,
    )
    allowed_hosts: str | None = _setting(
        None,
        "Names that requests may have in `Host`, such as example.org,*.example.org; unset means any.",
        example="example.org",
        of_app=True,
    )
    trusted_origins: str | None = _setting(
        None,
        "Other origins whose pages may send forms to this site, such as https://app.example.org; * for all.",
        example="https://app.example.org",
        of_app=True,
    )
    csp: str | None = _setting(
        None,
        "Content-Security-Policy of every response; {nonce} stands for the request's nonce.",
        example="default-src 'self'; script-src 'nonce-{nonce}'",
        of_app=True,
    )
    secret_key: str | None = _setting(
        None,
        "Key that signs sessions, at least 16 characters; after a comma, earlier ones that are still valid.",
        example=EXAMPLE_KEY,
        of_app=True,
        secret=True,
    )
    session_cookie: str = _setting("session", "Name of the cookie that holds the session.", of_app=True)
    session_max_age: int = _setting(
        14 * 24 * 3600, "Seconds after which the session of a visitor who doesn't come back ends.", least=1, of_app=True
    )
    nosniff: bool = _setting(
        True, "Send X-Content-Type-Options, so that browsers don't guess the type of a response.", of_app=True
    )
    referrer_policy: str = _setting(
        "strict-origin-when-cross-origin",
        "Referrer-Policy of every response; off sends none.",
        choices=REFERRER_POLICIES,
        of_app=True,
    )
    frame_options: str = _setting(
        "SAMEORIGIN",
        "X-Frame-Options: the sites that may show a page in a frame; off sends none.",
        choices=("DENY", "SAMEORIGIN", "off"),
        of_app=True,
    )
    opener_policy: str = _setting(
        "same-origin",
        "Cross-Origin-Opener-Policy of every response; off sends none.",
        choices=("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none", "off"),
        of_app=True,
    )
    stream_max_age: float = _setting(
        0.0,
        "Seconds after which an event stream ends and the client reconnects, up to a fifth less; 0 means never.",
        least=0,
        of_app=True,
    )
    streams_per_client: int = _setting(
        0,
        "Number of event streams that one client address may have open in a process; 0 means any.",
        least=0,
        of_app=True,
    )
    editor: str | None = _setting(
        None,
        "Editor that links in error pages of `hyper dev` open: a name, or a URL with {file}, {line} and {column}.",
        example="vscode",
    )
    watch: str | None = _setting(
        None, "Other folders and files whose changes restart `hyper dev`.", example="content,prices.csv", many=True
    )
    target: str | None = _setting(None, "Application to serve, as module:attribute.", example="app:app")
    sources: Mapping[str, SettingSource] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, default in setting_defaults().items():  # also of those from elsewhere: `replace` may change them
            value = getattr(self, name)
            if value != default:
                checked(value, setting_fields()[name], SettingSource(f"Settings({name}=…)", SourceKind.CODE))

    def given_in_code(self) -> list[str]:
        """The names of the settings that differ from their default and were not read from anywhere."""
        return [
            name
            for name, default in setting_defaults().items()
            if name not in self.sources and getattr(self, name) != default
        ]

    def error(self, name: str, what: str, hint: str) -> ConfigError:
        """A ConfigError about the setting `name` that says where its value came from."""
        source = self.sources.get(name)
        return source.error(what, hint) if source else ConfigError(what, hint=hint)


def flag_of(name: str) -> str:
    return "TARGET" if name == "target" else f"--{key_of(name)}"


def variable_of(name: str) -> str:
    return PREFIX + name.upper()


def key_of(name: str) -> str:
    """The setting's name in pyproject.toml."""
    return name.replace("_", "-")


@cache
def setting_defaults() -> Mapping[str, object]:
    """The default of each setting. With `setting_fields`, a start would take longer."""
    return {name: each.default for name, each in declared_fields(Settings).items() if each.default is not MISSING}


@cache
def setting_fields() -> Mapping[str, Field[Any]]:
    """The settings by name. `metadata["help"]` is a one-line description."""
    return {each.name: each for each in fields(Settings) if each.default is not MISSING}


def app_setting_names() -> tuple[str, ...]:
    """The settings that applications read, wherever they run."""
    return tuple(name for name, each in setting_fields().items() if each.metadata["of_app"])
