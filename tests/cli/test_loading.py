import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette

from hyperpy.app import Hyper
from hyperpy.cli.loading import load_app
from hyperpy.config import Settings, load_settings
from hyperpy.exceptions import ConfigError, RouteError
from hyperpy.server import describe_failure

APP = """
from functools import partial
from starlette.applications import Starlette

app = Starlette()
number = 1

class Site:
    async def __call__(self, scope, receive, send): ...
    async def method(self, scope, receive, send): ...

site = Site()

class Old:
    def __init__(self, scope): ...

async def function(scope, receive, send): ...

bound = partial(function)
anything = dict

def create(debug=False):
    return app

def wsgi(environ, start_response): ...

def odd(one): ...
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory. Modules imported from it are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def load(target: str | None = None, **flags: str):
    return load_app(load_settings({"target": target, **flags}, {}, Path.cwd()))


def test_a_folder_of_routes_on_its_own(folder):
    (folder / "pages").mkdir()
    (folder / "pages/index.py").write_text('t"<h1>Start</h1>"\n')
    app = load(routes="pages")
    assert isinstance(app, Hyper)
    assert [row[1] for row in app.routes_table()] == ["/"]


def test_app_py_is_found(folder):
    (folder / "app.py").write_text(APP)
    assert isinstance(load(), Starlette)


@pytest.mark.parametrize("attribute", ["app", "site", "site.method", "function", "bound"])
def test_targets(folder, attribute):
    (folder / "web").mkdir()
    (folder / "web/main.py").write_text(APP)
    assert callable(load(f"web.main:{attribute}"))
    assert sys.path[0] == str(folder)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("wide.py", "TARGET: 'wide.py' is not of the form module:attribute|Write module:attribute, such as wide:app."),
        ("wide", "such as wide:app"),
        ("wide:", "such as wide:app"),
        (":site", "such as app:site"),
        ("web/main.py:site", "such as web.main:site"),
        ("./wide.py:app", "such as wide:app"),
        ("wied:app", "TARGET: no module named 'wied'|Did you mean `wide`?"),
        ("wide.deep:app", "no module named 'wide.deep'"),
        ("wide:ap", "wide.py has no `ap`|Did you mean `app`?|Write ap = Hyper() in wide.py"),
        ("wide:site.metod", "wide.py has no `site.metod`"),
        ("wide:number", "wide:number has the type int, and is not an ASGI application"),
        (
            "wide:Site",
            "wide:Site is a class, not an application|Write application = Site(), and serve wide:application.",
        ),
        ("wide:create", "is a function that makes an application, not an application|Write application = create()"),
        ("wide:wsgi", "takes two arguments, like a WSGI application"),
        ("wide:odd", "does not take scope, receive and send"),
    ],
)
def test_invalid_targets(folder, target, message):
    (folder / "wide.py").write_text(APP)
    with pytest.raises(ConfigError) as caught:
        load(target)
    for part in message.split("|"):
        assert part in str(caught.value)


@pytest.mark.parametrize("name", ["routes", "static"])
def test_an_application_chooses_its_own_folders(folder, name):
    (folder / "app.py").write_text(APP)
    with pytest.raises(ConfigError, match=f'--{name}: app:app chooses its own {name} folder\n.*Hyper\\({name}="x"\\)'):
        load(**{name: "x"})


@pytest.mark.parametrize(
    ("source", "last"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
        ("import helper", "ImportError: helper"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def broken(:", "SyntaxError: invalid syntax"),
    ],
)
def test_the_user_s_own_errors_keep_their_traceback(folder, source, last):
    (folder / "helper.py").write_text("raise ImportError('helper')")
    (folder / "app.py").write_text(f"{source}\n")
    with pytest.raises((ImportError, ArithmeticError, SyntaxError)) as caught:
        load_app(Settings())
    # Without the frame of this test, which a command does not have.
    frames = caught.value.__traceback__.tb_next
    text = describe_failure(caught.value.with_traceback(frames))
    assert text.endswith(last)
    assert f'File "{folder}/app.py", line 1' in text
    assert source in text
    assert "hyperpy" not in text
    assert "importlib" not in text


def test_an_application_has_no_decorators_for_routes(folder):
    (folder / "app.py").write_text("from hyperpy import Hyper\nmain = Hyper\n\n\n@main.get('/users')\ndef f(): ...\n")
    with pytest.raises(AttributeError, match="type object"):
        load()
    (folder / "routes").mkdir()
    (folder / "routes/index.py").write_text("t''")
    (folder / "app.py").write_text("from hyperpy import Hyper\napp = Hyper()\n\n\n@app.get('/users')\ndef f(): ...\n")
    with pytest.raises(RouteError, match="a Hyper application has no `get`") as caught:
        load()
    assert (str(caught.value.place), caught.value.hint[:34]) == ("app.py:5", "A file is a route: its name is the")


def test_an_error_in_hyperpy_keeps_its_whole_traceback():
    with pytest.raises(AttributeError) as caught:
        load_app(None)
    frames = caught.value.__traceback__.tb_next
    assert "in load_app" in describe_failure(caught.value.with_traceback(frames))
