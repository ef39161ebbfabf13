from pathlib import Path

import pytest

from hyperpy.config import Settings, load_settings, setting_fields
from hyperpy.exceptions import ConfigError


def load(folder: Path, toml: str = "", environ: dict[str, str] | None = None, **flags: object) -> Settings:
    if toml:
        (folder / "pyproject.toml").write_text(toml)
    return load_settings(flags, environ or {}, folder)


def test_defaults(tmp_path):
    settings = load(tmp_path, port=None)
    assert settings == Settings()
    assert not settings.sources
    assert (settings.routes, settings.static, settings.host, settings.port) == ("routes", "static", "127.0.0.1", 8000)
    assert (settings.workers, settings.target) == (1, None)


FILE = '[tool.hyper]\nport = 1\nhost = "file"\nroutes = "file"\nworkers = 2\n'


def test_precedence(tmp_path):
    settings = load(tmp_path, FILE, {"HYPER_PORT": "2", "HYPER_HOST": "variable", "OTHER": "x"}, port="3", host=None)
    assert (settings.port, settings.host, settings.routes, settings.workers) == (3, "variable", "file", 2)
    names = {name: source.name for name, source in settings.sources.items()}
    assert names == {
        "port": "--port",
        "host": "HYPER_HOST",
        "routes": "`routes` in [tool.hyper]",
        "workers": "`workers` in [tool.hyper]",
    }


@pytest.mark.parametrize(
    "toml",
    ["", "[project]\nname = 'x'\n", "[tool.other]\nport = 'x'\n", "[tool.hyper]\n", "x = 1\n"],
)
def test_a_pyproject_without_settings(tmp_path, toml):
    assert load(tmp_path, toml) == Settings()


@pytest.mark.parametrize(
    ("toml", "value"),
    [
        ("[tool.hyper]\nport = 8001", 8001),
        ("[tool]\nhyper = { port = 8001 }", 8001),
        ("tool.hyper.port = 8001", 8001),
        ("[tool.hyper]\nport = 0", 0),
        ("[tool.hyper]\nport = 65_535", 65535),
    ],
)
def test_forms_of_toml(tmp_path, toml, value):
    assert load(tmp_path, toml).port == value


def test_numbers_may_have_a_fraction(tmp_path):
    settings = load(tmp_path, "[tool.hyper]\nping = 2\ntimeout-send = 0.5\n", {"HYPER_PING": "1.5"})
    assert (settings.ping, settings.timeout_send) == (1.5, 0.5)
    assert load(tmp_path, ping="7").ping == 7.0


@pytest.mark.parametrize(
    ("toml", "environ", "flags", "expected"),
    [
        ("access-log = true", {}, {}, True),
        ("access-log = false", {}, {}, False),
        ("access-log = true", {"HYPER_ACCESS_LOG": "0"}, {}, False),
        ("", {"HYPER_ACCESS_LOG": "False"}, {}, False),
        ("access-log = false", {"HYPER_ACCESS_LOG": "true"}, {}, True),
        ("", {"HYPER_ACCESS_LOG": "1"}, {"access_log": False}, False),
        ("access-log = false", {}, {"access_log": True}, True),
    ],
)
def test_booleans(tmp_path, toml, environ, flags, expected):
    assert load(tmp_path, f"[tool.hyper]\n{toml}\n", environ, **flags).access_log is expected


PYPROJECT_ERRORS = [
    ("[tool.hyper]\n\nprot = 1\n", "pyproject.toml:3  unknown setting `prot` in [tool.hyper]|Did you mean `port`?"),
    (
        "[tool.hyper]\nzebra = 1\n",
        "pyproject.toml:2  |Valid names: routes, static, built, elsewhere, host, port, uds, |, target. Or remove",
    ),
    (
        '[tool.hyper]\nport = "80"\n',
        "pyproject.toml:2  `port` in [tool.hyper]: '80' is not a whole number|without quotes",
    ),
    ("[tool.hyper]\nport = true\n", "True is not a whole number"),
    ("[tool.hyper]\nport = 1.5\n", "1.5 is not a whole number"),
    (
        "[tool.hyper]\ntimeout_send = 1\n",
        "unknown setting `timeout_send` in [tool.hyper]|Did you mean `timeout-send`?",
    ),
    ("[tool.hyper]\ntimeout-send = inf\n", "`timeout-send` in [tool.hyper]: inf is not a number"),
    ("[tool.hyper]\nping = '1'\n", "'1' is not a number|Write a number of 0.1 or more, without quotes."),
    ("[tool.hyper]\nping = true\n", "True is not a number"),
    ("[tool.hyper]\nport = 65536\n", "65536 is out of range|from 0 to 65535"),
    ("[tool.hyper]\nworkers = 0\n", "`workers` in [tool.hyper]: 0 is out of range|of 1 or more"),
    ("[tool.hyper]\nhost = 1\n", '1 is not a string|Write host = "127.0.0.1".'),
    ('[tool.hyper]\nroutes = ""\n', "`routes` in [tool.hyper]: is empty"),
    ("[tool]\nhyper = 1\n", "[tool.hyper] must be a table"),
    (
        "[tool.hyper]\naccess-log = 'no'\n",
        "pyproject.toml:2  `access-log` in [tool.hyper]: 'no' is neither|true or false, without quotes",
    ),
    ("[tool.hyper]\naccess-log = 1\n", "1 is neither true nor false"),
    ("[tool.hyper]\nuds = ''\n", 'is empty|Write uds = "hyper.sock".'),
    ("[tool.hyper]\nlog-format = 'jsn'\n", "unknown value 'jsn'|Did you mean `json`? Valid values: common, json."),
    ("[tool.hyper]\nport = \n", "pyproject.toml:2  |TOML"),
    ('[x]\nport = 1\n[tool.hyper]\nhost = "h"\n[y]\nhost = 1\n[ tool . hyper . z ]\n', "unknown setting `z`"),
    ('[x]\nport = "a"\n\n[ tool . hyper ]  # settings\n  "port" = "b"\n', "pyproject.toml:5  "),
]


def test_errors_in_pyproject(tmp_path):
    assert [
        problem
        for number, (toml, message) in enumerate(PYPROJECT_ERRORS)
        for problem in problems(tmp_path / str(number), message, toml=toml)
    ] == []


VARIABLE_ERRORS = [
    ({"HYPER_PROT": "1"}, "unknown setting HYPER_PROT|Did you mean `HYPER_PORT`? Or unset HYPER_PROT."),
    ({"HYPER_SOURCES": "x"}, "unknown setting HYPER_SOURCES"),
    ({"HYPER_PORT": "eighty"}, "HYPER_PORT: 'eighty' is not a whole number|from 0 to 65535."),
    ({"HYPER_PORT": ""}, "HYPER_PORT: '' is not a whole number"),
    ({"HYPER_PING": "0"}, "HYPER_PING: 0.0 is out of range"),
    ({"HYPER_TIMEOUT_SEND": "1e3"}, "HYPER_TIMEOUT_SEND: '1e3' is not a number"),
    ({"HYPER_PORT": "1_0"}, "HYPER_PORT: '1_0' is not a whole number"),
    ({"HYPER_PORT": "-1"}, "HYPER_PORT: -1 is out of range"),
    (
        {"HYPER_PROXY_HEADERS": "no"},
        "HYPER_PROXY_HEADERS: 'no' is neither true nor false|Write HYPER_PROXY_HEADERS=1 or ",
    ),
    ({"HYPER_LOG_LEVEL": "loud"}, "HYPER_LOG_LEVEL: unknown value 'loud'|Valid values: debug, info"),
    ({"HYPER_HOST": ""}, "HYPER_HOST: is empty|Write HYPER_HOST=127.0.0.1, or unset it."),
]


def test_errors_in_variables(tmp_path):
    assert [
        problem
        for number, (environ, message) in enumerate(VARIABLE_ERRORS)
        for problem in problems(tmp_path / str(number), message, environ=environ)
    ] == []


FLAG_ERRORS = [
    ({"port": "http"}, "--port: 'http' is not a whole number"),
    ({"workers": "0"}, "--workers: 0 is out of range"),
    ({"routes": ""}, "--routes: is empty|Write --routes routes."),
    ({"target": ""}, "TARGET: is empty|Write app:app."),
]


def test_errors_in_flags(tmp_path):
    assert [
        problem
        for number, (flags, message) in enumerate(FLAG_ERRORS)
        for problem in problems(tmp_path / str(number), message, **flags)
    ] == []


def test_overridden_values_must_be_valid_too(tmp_path):
    assert problems(tmp_path, "HYPER_PORT: 'x' is not a whole number", environ={"HYPER_PORT": "x"}, port="80") == []


def problems(folder: Path, parts: str, **given) -> list[str]:
    """The parts that the error for these settings should have but doesn't."""
    folder.mkdir(exist_ok=True)
    with pytest.raises(ConfigError) as caught:
        load(folder, **given)
    return [f"{part!r} is missing in: {caught.value}" for part in parts.split("|") if part not in str(caught.value)]


def test_an_error_about_a_setting_names_its_source(tmp_path):
    settings = load(tmp_path, FILE)
    assert str(settings.error("port", "is taken", "Choose another.")).startswith(
        f"{tmp_path}/pyproject.toml:2  `port` in [tool.hyper]: is taken"
    )
    assert str(Settings().error("port", "is taken", "Choose another.")) == "is taken\n  Choose another."


def test_every_setting_has_a_description_in_one_line():
    for name, field in setting_fields().items():
        assert name == name.lower()
        assert field.metadata["help"].endswith((".", "…"))
        assert "\n" not in field.metadata["help"]
