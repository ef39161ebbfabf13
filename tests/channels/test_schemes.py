"""How the scheme of a channels URL selects a backend, of this package or another one."""

import pytest

from hyperpy import channel
from hyperpy.channels import MemoryBackend, connect, make_hub
from hyperpy.channels.backends.schemes import redacted
from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError

MODULE = """
from hyperpy.channels import Backend, MemoryBackend

class LoggedBackend(MemoryBackend):
    def __init__(self, url, retention):
        super().__init__(url, retention)
        if "wrong" in url:
            raise ValueError("the port is missing")

class Unfinished(Backend):
    def __init__(self, url, retention):
        pass

class Revealing:
    def __init__(self, url, retention):
        self.url = url
        if "wrong" in url:
            raise ValueError(f"no port in {url}")
    def __repr__(self):
        return f"<{self.url}>"

def forgetful(url, retention):
    LoggedBackend(url, retention)

def lonely():
    pass

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
        (
            "loft",
            "invalid channels URL: 'loft'",
            "half://, lonely://, lost://, memory://, module://, pigeon://, postgres://",
        ),
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
        (
            "lonely://",
            "carriers:lonely, the channels backend for lonely://, can't be made",
            "It takes a URL and a Retention, but raises TypeError: lonely() takes 0 positional arguments",
        ),
        (
            "unfinished://",
            "carriers:Unfinished, the channels backend for unfinished://, can't be made",
            "TypeError: Can't instantiate abstract class Unfinished",
        ),
        ("module://", "carriers, the channels backend for module://, can't be made", "'module' object is not callable"),
        (
            "show://me:secret@loft",
            "carriers:Revealing, the channels backend for show://, made <show://me:***@loft>",
            "",
        ),
        (
            "show://me:secret@wrong",
            "invalid channels URL 'show://me:***@wrong': no port in show://me:***@wrong",
            "",
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
        lonely="carriers:lonely",
        unfinished="carriers:Unfinished",
        module="carriers",
        show="carriers:Revealing",
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


def test_a_backend_that_notifies_defines_how():
    with pytest.raises(TypeError, match=r"Silent.notifies is true, so it has to define listen\(\)"):
        type("Silent", (MemoryBackend,), {"notifies": True})
    with pytest.raises(TypeError, match=r"has to define unlisten\(\)"):
        type("Half", (MemoryBackend,), {"notifies": True, "listen": lambda self, name: None})
