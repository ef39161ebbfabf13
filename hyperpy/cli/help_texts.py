"""The help of `hyper` and its commands: commands and options in groups, with examples."""

from collections.abc import Iterator
from typing import Final, override

import click

from hyperpy.config import variable_of
from hyperpy.exceptions import did_you_mean

# The commands of each group, with an example.
COMMANDS: Final = {
    "Develop": {
        "new": "hyper new my-site",
        "dev": "hyper dev --port 3000",
        "check": "hyper check --strict",
        "routes": "hyper routes --format tree",
        "shell": "hyper shell -c 'print(url(\"/\"))'",
    },
    "Run": {
        "build": "hyper build --out dist",
        "serve": "hyper serve --workers 4 --log-format json",
        "channels": "hyper channels init --print",
    },
}
EXAMPLES: Final = {name: example for group in COMMANDS.values() for name, example in group.items()} | {
    "init": "hyper channels init --channels postgresql://localhost/site"
}

# The settings of each group of options. Options that are not settings come first, without a heading.
OPTIONS: Final = {
    "Address": "host port uds backlog root_path",
    "Files": "routes static watch built elsewhere editor",
    "Processes": "workers limit_max_requests limit_max_requests_jitter timeout_worker timeout_graceful_shutdown",
    "Proxy and HTTPS": "proxy_headers forwarded_allow_ips ssl_certfile ssl_keyfile",
    "Timeouts": "timeout_keep_alive timeout_request_head timeout_request_body timeout_send",
    "Limits": "limit_concurrency limit_request_line limit_request_head limit_request_body",
    "Streams": "ping stream_max_age streams_per_client",
    "Channels": "channels channel_max_messages channel_max_age channel_max_bytes",
    "Security": "allowed_hosts trusted_origins csp nosniff referrer_policy frame_options opener_policy",
    "Sessions": "secret_key session_cookie session_max_age",
    "Logs": "access_log log_format log_level",
}
_GROUP_OF: Final = {name: group for group, names in OPTIONS.items() for name in names.split()}

type Rows = list[tuple[str, str]]


class HelpfulCommand(click.Command):
    """A command whose help has its options in groups, and an example."""

    @override
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, Rows] = {"Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                groups.setdefault(_GROUP_OF.get(parameter.name or "", "Options"), []).append(record)
        for group in ("Options", *OPTIONS):
            if rows := groups.get(group):
                with formatter.section(group):
                    formatter.write_dl(rows)

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if example := EXAMPLES.get(ctx.info_name or ""):
            with formatter.section("Example"):
                formatter.write_text(example)
        super().format_epilog(ctx, formatter)


class HelpfulGroup(click.Group):
    """Commands in groups, each with an example. A mistyped name gets a suggestion."""

    command_class = HelpfulCommand
    group_class = type

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            names = self.list_commands(ctx)
            ctx.fail(f"No such command {name!r}. {did_you_mean(name, names) or f'Commands: {", ".join(names)}.'}")
        return super().resolve_command(ctx, args)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.commands))
        for title, commands in self._groups(ctx):
            with formatter.section(title):
                for name, command in commands.items():
                    formatter.write_dl([(name.ljust(width), command.get_short_help_str(limit=100))])
                    if example := EXAMPLES.get(name):
                        formatter.write(f"{'':{formatter.current_indent + width + 2}}$ {example}\n")

    def _groups(self, ctx: click.Context) -> Iterator[tuple[str, dict[str, click.Command]]]:
        own = {name: self.commands[name] for name in self.list_commands(ctx)}
        for title, names in COMMANDS.items():
            if group := {name: own.pop(name) for name in names if name in own}:
                yield title, group
        if own:
            yield "Commands", own


def with_variable(text: str, name: str, default: object) -> str:
    """The help of a setting's option, with the name of its environment variable."""
    return f"{text} [{variable_of(name)}; default: {default}]"
