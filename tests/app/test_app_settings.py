"""Which settings an application gets: from code, from the command it runs under, or from variables and a file."""

import asyncio
import os
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from hyperpy import Hyper, Settings
from hyperpy.cli.loading import load_app
from hyperpy.config import load_settings, running_command
from hyperpy.exceptions import ConfigError, UnknownSettingWarning
from hyperpy.testing import client
from tests.support.raw_client import RawClient
from tests.support.servers import Command

ROUTES = {
    "silent.py": "import asyncio\nasync def stream():\n    await asyncio.sleep(60)\n    yield 'never'\n",
    "news.py": """
from hyperpy import START, channel

async def stream():
    async for message in channel("news").subscribe(after=START):
        yield message.event(message.data)
""",
    "publish.py": """
from hyperpy import channel

text: str

async def load():
    await channel("news").publish(text)

t"published"
""",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a folder of routes in it."""
    for name, text in ROUTES.items():
        (tmp_path / "routes").mkdir(exist_ok=True)
        (tmp_path / "routes" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HYPER_")]:
        monkeypatch.delenv(name)
    yield tmp_path
    running_command.set(None)


async def test_two_applications_in_one_process_differ(folder):
    quick = Hyper(settings=Settings(ping=0.1, channel_max_messages=1))
    calm = Hyper(settings=Settings(ping=60, channel_max_messages=10))
    async with client(quick) as one, client(calm) as two:
        for site in (one, two):
            for word in ("first", "second"):
                await site.get("/publish", params={"text": word})
        async with one.stream("/news") as short, two.stream("/news") as long:
            assert [event.data for event in await long.take(2)] == ["first", "second"]
            assert "second" in (await short.until(lambda event: event.data == "second")).data
        async with one.stream("/silent", timeout=0.5) as pinged, two.stream("/silent", timeout=0.5) as silent:
            await asyncio.gather(*(until_timeout(events) for events in (pinged, silent)))
            assert pinged.comments
            assert not silent.comments


async def until_timeout(events):
    with pytest.raises(AssertionError, match="still open"):
        await events.next()


async def test_channels_of_two_applications_are_apart(folder):
    async with client(Hyper()) as one, client(Hyper()) as two:
        await one.get("/publish?text=of+one")
        await two.get("/publish?text=of+two")
        async with two.stream("/news") as events:
            assert (await events.next()).data == "of two"


FILE = "[tool.hyper]\nping = 2\ntimeout-send = 3\nchannel-max-age = 4\n"


def test_variables_and_the_file_are_read_if_nothing_is_passed(folder, monkeypatch):
    Path("pyproject.toml").write_text(FILE)
    monkeypatch.setenv("HYPER_PING", "5")
    settings = Hyper().settings
    assert (settings.ping, settings.timeout_send, settings.channel_max_age) == (5, 3, 4)


def test_settings_in_code_replace_variables_and_the_file(folder, monkeypatch):
    Path("pyproject.toml").write_text(FILE)
    monkeypatch.setenv("HYPER_PING", "5")
    assert Hyper(settings=Settings(timeout_send=6)).settings == Settings(timeout_send=6)
    monkeypatch.setenv("HYPER_PING", "invalid")
    assert Hyper(settings=Settings(ping=7)).limits.ping == 7


APP = "from hyperpy import Hyper, Settings\napp = Hyper({})\nother = Hyper()\n"


def test_flags_override_settings_in_code(folder):
    Path("pyproject.toml").write_text(FILE)
    Path("main.py").write_text(APP.format("settings=Settings(ping=10, timeout_send=11)"))
    before = dict(os.environ)
    load_app(load_settings({"target": "main:app", "ping": "1"}, {"HYPER_TIMEOUT_SEND": "12"}, folder))
    import main

    assert (main.app.settings.ping, main.app.settings.timeout_send, main.app.settings.channel_max_age) == (1, 11, 3600)
    other = main.other.settings
    assert (other.ping, other.timeout_send, other.channel_max_age) == (1, 12, 4)
    assert main.app.settings.error("ping", "is odd", "").what == "--ping: is odd"
    assert dict(os.environ) == before


@pytest.mark.parametrize("debug", [True, False])
def test_a_command_turns_debug_on(folder, debug):
    app = load_app(Settings(), debug=debug)
    assert app.debug is debug
    assert Hyper(debug=True).debug is True


def test_an_unknown_variable_is_a_warning(folder, monkeypatch):
    monkeypatch.setenv("HYPER_PIGN", "5")
    monkeypatch.setenv("HYPER_CLI", "x")
    with warnings.catch_warnings(record=True, action="always") as caught:
        assert Hyper().settings == Settings()
        assert Hyper(settings=Settings(ping=3)).settings.ping == 3
    assert [each.category for each in caught] == [UnknownSettingWarning] * 2
    assert {each.filename for each in caught} == {__file__}
    texts = sorted(str(each.message) for each in caught)
    assert texts[0].startswith("unknown setting HYPER_CLI")
    assert texts[1] == "unknown setting HYPER_PIGN\n  Did you mean `HYPER_PING`? Or unset HYPER_PIGN."


INVALID = [
    ({"ping": 0}, "Settings(ping=…): 0.0 is out of range", "Write a number of 0.1 or more, without quotes."),
    ({"ping": "5"}, "'5' is not a number", "without quotes"),
    ({"port": 1.5}, "1.5 is not a whole number", "from 0 to 65535"),
    ({"access_log": "1"}, "'1' is neither true nor false", "Write True or False."),
    ({"channels": ""}, "Settings(channels=…): is empty", 'Write channels="memory://".'),
    ({"uds": 5}, "5 is not a string", 'Write uds="hyper.sock".'),
    ({"log_format": "jsn"}, "unknown value 'jsn'", "Did you mean `json`?"),
]


def test_invalid_settings_are_errors_in_code_too():
    wrong = []
    for values, *parts in INVALID:
        with pytest.raises(ConfigError) as caught:
            Settings(**values)
        wrong += [(values, part, str(caught.value)) for part in parts if part not in str(caught.value)]
    assert wrong == []


@pytest.mark.parametrize("given", [{"ping": 5}, Settings])
def test_settings_are_settings(folder, given):
    with pytest.raises(ConfigError, match="settings must be Settings, not "):
        Hyper(settings=given)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("trusted_origins", "or HYPER_TRUSTED_ORIGINS, or pass settings=Settings(trusted_origins=…)."),
        ("port", "Set port below [tool.hyper] in pyproject.toml, or HYPER_PORT."),
        ("route", "Did you mean `routes`?"),
        ("middleware", "It has routes, static, debug, lifespan, settings."),
    ],
)
def test_unknown_arguments_are_refused(folder, name, hint):
    with pytest.raises(ConfigError, match=f"Hyper has no argument '{name}'") as caught:
        Hyper(**{name: "x"})
    assert hint in caught.value.hint
    assert caught.value.place.file == __file__


def test_a_copy_with_other_values_is_checked(folder, monkeypatch):
    monkeypatch.setenv("HYPER_PING", "7")
    assert replace(Hyper().settings, ping=8).ping == 8
    with pytest.raises(ConfigError, match="out of range"):
        replace(Hyper().settings, ping=-5)


def test_an_application_has_no_settings_of_the_server(folder):
    with pytest.raises(ConfigError, match=r"Settings\(port=…\): this is a setting of the server") as caught:
        Hyper(settings=Settings(port=9000, ping=1))
    assert (
        "An application can set built, elsewhere, limit_request_body, ping, timeout_send, channels" in caught.value.hint
    )


def test_an_invalid_channels_url_is_an_error_at_once(folder):
    with pytest.raises(ConfigError, match="carrier-pigeon"):
        Hyper(settings=Settings(channels="carrier-pigeon://"))


@pytest.mark.parametrize("command", [("serve", "--workers", "2"), ("serve",), ("dev",)], ids=" ".join)
def test_flags_reach_an_application_of_the_user_in_every_process(folder, command):
    (folder / "app.py").write_text(APP.format("settings=Settings(ping=60)"))
    with Command(*command, "--port", "0", "--ping", "0.2", folder=folder) as server, RawClient(server.port()) as peer:
        peer.get("/silent")
        peer.read_until(b": ping")
    assert "Error" not in server.errors


def test_an_unknown_variable_is_an_error_of_the_command(folder):
    for command in ("serve", "dev", "routes"):
        with Command(command, folder=folder, HYPER_PIGN="1") as process:
            assert process.exit_status() == 1
            assert "Error: unknown setting HYPER_PIGN\n  Did you mean `HYPER_PING`?" in process.errors
