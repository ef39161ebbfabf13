"""How the scheme of a channels URL selects a backend, of this package or another one."""

import pytest

from hyperpy import channel
from hyperpy.channels import connect, make_hub
from hyperpy.channels.backends.schemes import redacted
from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError

MODULE = """
from hyperpy.channels import MemoryBackend

class LoggedBackend(MemoryBackend):
    def __init__(self, url, retention):
        super().__init__(url, retention)
        if "wrong" in url:
            raise ValueError("the port is missing")

def forgetful(url, retention):
    LoggedBackend(url, retention)

def broken(url, retention):
    return url.port
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a distribution with entry points, and the module `carriers`."""
    (tmp_path / "carriers.py").write_text(MODULE)
    (tmp_path / "half_done.py").write_text("import no_such_client")
    monkeypatch.syspath_prepend(tmp_path)

    def install(name, **entries):
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
        lines = [f"{scheme} = {value}\n" for scheme, value in entries.items()]
        (info / "entry_points.txt").write_text("[hyperpy.channels]\n" + "".join(lines))

    return install


async def test_another_distribution_provides_a_backend(install):
    install("hyperpy-carriers", pigeon="carriers:LoggedBackend")
    async with connect(Settings(channels="pigeon://loft")) as hub, channel("a").subscribe() as messages:
        await channel("a").publish(1)
        assert (await anext(messages)).data == 1
    assert type(hub.backend).__module__ == "carriers"


@pytest.mark.parametrize(
    ("url", "what", "hint"),
    [
        (
            "pigeo://loft",
            "invalid channels URL: 'pigeo://loft'",
            "Did you mean `pigeon`? Installed backends: absent",
        ),
        ("loft", "invalid channels URL: 'loft'", "half://, lost://, memory://, pigeon://, postgres://"),
        ("pigeon://wrong", "invalid channels URL 'pigeon://wrong': the port is missing", ""),
        (
            "lost://",
            "carriers:forgetful, the channels backend for lost://, made None",
            "Return an instance of a subclass",
        ),
        (
            "absent://",
            "carriers:Absent, the channels backend for absent:// from hyperpy-carriers, can't be",
            "It raises AttributeError: ",
        ),
        (
            "half://",
            "half_done, the channels backend for half:// from hyperpy-carriers, can't be",
            "It raises ModuleNotFoundError: No module named 'no_such_client'",
        ),
    ],
)
def test_backends_that_cannot_be_made(install, url, what, hint):
    install(
        "hyperpy-carriers",
        pigeon="carriers:LoggedBackend",
        lost="carriers:forgetful",
        absent="carriers:Absent",
        half="half_done",
    )
    with pytest.raises(ConfigError) as raised:
        make_hub(Settings(channels=url))
    assert raised.value.what.startswith(what)
    assert hint in raised.value.hint


def test_an_error_in_a_backend_is_its_own(install):
    install("hyperpy-carriers", pigeon="carriers:broken")
    with pytest.raises(AttributeError, match="port"):
        make_hub(Settings(channels="pigeon://"))


def test_two_distributions_with_the_same_scheme(install):
    install("hyperpy-carriers", pigeon="carriers:LoggedBackend")
    install("hyperpy-birds", pigeon="carriers:LoggedBackend")
    with pytest.raises(
        ConfigError, match="hyperpy-birds and hyperpy-carriers all provide a channels backend for pigeon"
    ):
        make_hub(Settings(channels="pigeon://"))


def test_the_backends_of_hyperpy_come_first(install):
    install("hyperpy-carriers", memory="carriers:broken")
    assert make_hub(Settings()).address == "memory://"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://me:secret@host:6379/0", "redis://me:***@host:6379/0"),
        ("redis://:sec:ret@x@host/0", "redis://:***@host/0"),
        ("postgres://me:secret@one,two/name", "postgres://me:***@one,two/name"),
        ("postgresql:///name?user=me&password=secret&sslpassword=secret&x=1", None),
        ("unix:///tmp/socket?db=1&password=secret", "unix:///tmp/socket?db=1&password=***"),
        ("redis://[::1:secret@/0", "redis://[:***@/0"),
        ("redis://host:6379/name@x", "redis://host:6379/name@x"),
        ("memory://", "memory://"),
    ],
)
def test_passwords_are_redacted(url, shown):
    assert "secret" not in redacted(url)
    assert redacted(url) == (shown or "postgresql:///name?user=me&password=***&sslpassword=***&x=1")
