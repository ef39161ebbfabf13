"""`client(app, overrides={…})`: other functions in the place of dependencies."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hyperpy import Depends, Hyper, HyperError, Query
from hyperpy.exceptions import RouteError
from hyperpy.testing import client, serve
from tests.support.sites import write_files

FILES = {
    "_auth.py": (
        "from hyperpy import Depends\ndef session(): return 'session'\n"
        "async def current_user(s: str = Depends(session)): return f'user of {s}'\n"
        "def name(user: str = Depends(current_user)): return f'name of {user}'\n"
    ),
    "index.py": "from ._auth import *\nn: str = Depends(name)\nu: str = Depends(current_user)\nt'{n}, {u}'",
    "closed/_guard.py": "from .._auth import *\nu: str = Depends(current_user)\nif u != 'fake': redirect('/')\n",
    "closed/index.py": "t'open'",
}
FILES["closed/_guard.py"] = f"from hyperpy import redirect\n{FILES['closed/_guard.py']}"


@pytest.fixture
def app(tmp_path: Path) -> Hyper:
    return Hyper(routes=write_files(tmp_path / "routes", FILES), static=None)


def function(app: Hyper, name: str) -> Any:
    return next(
        each.original for route in app.loaded_routes.working() for each in route.dependencies if each.name == name
    )


def fake() -> str:
    return "fake"


async def async_fake() -> str:
    return "fake"


def generator() -> Iterator[str]:
    yield "fake"


async def async_generator() -> AsyncIterator[str]:
    yield "fake"


@pytest.mark.parametrize("other", [fake, async_fake, generator, async_generator, lambda: "fake"])
async def test_an_override_counts_wherever_the_dependency_is_used(app: Hyper, other: Any) -> None:
    user = function(app, "current_user")
    async with client(app, overrides={user: other}) as site:
        assert (await site.get("/")).text == "name of fake, fake"
        assert (await site.get("/closed")).text == "open"
    async with client(app) as site:
        assert (await site.get("/")).text == "name of user of session, user of session"
        assert (await site.get("/closed")).status_code == 303


async def test_an_override_may_have_inputs_and_use_what_it_replaces(app: Hyper) -> None:
    user, session = function(app, "current_user"), function(app, "session")

    def other(who: str = Query("nobody"), original: str = Depends(user)) -> str:
        return f"{who}, not {original}"

    async with client(app, overrides={user: other, session: fake}) as site:
        assert (await site.get("/?who=Ada")).text == "name of Ada, not user of fake, Ada, not user of fake"


async def test_overrides_reach_servers_folders_and_mounted_applications(app: Hyper, tmp_path: Path) -> None:
    user = function(app, "current_user")
    async with serve(app, overrides={user: fake}) as site:
        assert (await site.get("/")).text == "name of fake, fake"
    async with client(tmp_path / "routes", overrides={user: fake}) as site:  # loaded afresh: another function
        assert (await site.get("/")).text == "name of fake, fake"
    async with client(Starlette(routes=[Mount("/in", app)]), overrides={user: fake}) as site:
        assert (await site.get("/in/")).text == "name of fake, fake"


async def test_an_override_without_effect_is_an_error(app: Hyper) -> None:
    def current_usr() -> None: ...

    def bad(x: dict[str, str]) -> None: ...

    cases: list[tuple[Any, dict[Any, Any], type[Exception], str]] = [
        (app, {current_usr: fake}, HyperError, "no route depends on"),
        (Starlette(), {fake: fake}, HyperError, "only a Hyper application"),
        (app, {function(app, "session"): "fake"}, TypeError, "by a function"),
        (app, {function(app, "session"): bad}, RouteError, "can't be taken from the request"),
    ]
    for served, overrides, kind, expected in cases:
        with pytest.raises(kind, match=expected):
            async with client(served, overrides=overrides):
                pass
        assert app.overrides == {}
