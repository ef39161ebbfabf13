"""The pages of the inspector: routes, warnings, load errors, and what happens when routes are loaded again."""

import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hyperpy import Hyper, inspector
from hyperpy.app.reloading import reload_routes
from hyperpy.config import Command, Settings, running_command
from hyperpy.dev.startup_error import StartupErrorApp
from hyperpy.exceptions import ConfigError
from hyperpy.inspector.stage_clock import RequestStage
from tests.support.sites import write_files

SITE = {
    "index.py": "t'<p>x</p>'",
    "team/_guard.py": "import time\ntime.sleep(0)\n",
    "team/{name}.py": """
        from hyperpy import POST, Header

        name: str
        page: int
        agent: str = Header("")
        static_paths = [{"name": "ada"}]

        t"<p>{{ name }}{page}{agent}</p>"
    """,
    "broken.py": 't"<p>{unknown}</p>"',
}


def rows(page):
    return [[cell.text for cell in row.select("td, th")] for row in page.select("tbody tr")]


async def test_routes(inspect):
    async with inspect(SITE) as (_, site):
        page = await site.page("/_hyper/")
        shown = rows(page)
        assert [row[1] for row in shown] == ["/broken", "/", "/team/{name}"]
        assert "can't be loaded: the template uses `unknown`" in shown[0][3]
        assert shown[1][0] == "GET, HEAD"
        assert "name: str (path) page: int (query, required) agent: str (header)" in shown[2][4]
        assert shown[2][3] == "page, static_paths"
        assert "team/_guard.py" in shown[2][5]
        assert shown[2][6] == "1"
        assert page.select_one('a[href="/"] code').text == "/"
        links = [link["href"] for link in page.select("a.file")]
        assert len(links) == 4
        assert all(re.fullmatch(r"[a-z]+://.+\.py:\d+(:\d+)?", link) for link in links)


async def test_warnings_and_load_errors(inspect):
    async with inspect(SITE) as (_, site):
        page = await site.page("/_hyper/warnings")
        assert [item["class"] for item in page.select(".findings li")] == ["error", "warning"]
        assert "routes/broken.py:1" in page.text
        assert '> 1 | t"<p>{unknown}</p>"' in page.text
        assert page.select_one('nav a[href="/_hyper/warnings"]').text == "Warnings 2 found"


async def test_the_records_outlive_a_reload(inspect, tmp_path):
    async with inspect(SITE) as (inspector, site):
        await site.get("/")
        async with site.stream("/_hyper/") as live:
            await live.next()
            write_files(tmp_path / "routes", {"new.py": "t'<p>new</p>'"})
            assert await reload_routes(inspector.app, [tmp_path / "routes/new.py"])
            assert "routes/new.py" in (await live.next()).data
        assert [entry.path for entry in inspector.records.requests] == ["/"]


async def test_mounted_sites(inspect, tmp_path):
    inner = Hyper(write_files(tmp_path / "inner", {"deep.py": "t'<p>x</p>'"}), static=None)
    app = Starlette(routes=[Mount("/api", app=inner)])
    async with inspect(app) as (inspector, site):
        page = await site.page("/_hyper/")
        assert [row[1] for row in rows(page)] == ["/api/deep"]
        await site.get("/api/deep")
        assert inspector.records.requests[0].route == "/deep"


async def test_an_application_that_can_not_be_loaded(inspect):
    async with inspect(StartupErrorApp(ConfigError("no such thing", hint="Write another."))) as (_, site):
        for path in ("/_hyper/", "/_hyper/warnings"):
            assert "no such thing" in (await site.page(path)).text


@contextmanager
def running(command: Command | None):
    token = running_command.set(command)
    try:
        yield
    finally:
        running_command.reset(token)


@pytest.mark.parametrize("path", ["/broken", "/nowhere", "/fails"])
async def test_error_pages_of_dev_link_to_it(inspect, path):
    link = 'href="/_hyper/"'
    files = SITE | {"fails.py": "1 / 0\nt'never'"}
    async with inspect(files) as (_, site):
        assert link not in (await site.get(path, headers={"accept": "text/html"})).text
        with running(Command(Settings(), debug=True, development_key="k" * 32)):
            assert link in (await site.get(path, headers={"accept": "text/html"})).text


async def test_the_settings_of_the_application_do_not_apply_to_it(inspect):
    with running(Command(Settings(csp="default-src https:", allowed_hosts="example.org"), debug=True)):
        async with inspect({"index.py": "t'<p>x</p>'"}) as (_, site):
            response = await site.get("/_hyper/")
            assert response.status_code == 200
            assert "https:" not in response.headers["content-security-policy"]


async def test_what_is_not_kept_is_a_404(inspect):
    async with inspect(SITE) as (_, site):
        for path in ("/_hyper/requests/77", "/_hyper/streams/77", "/_hyper/nowhere"):
            page = await site.page(path, status=404)
            assert page.select("script") == []


def test_the_colours_of_stages_are_for_stages():
    """The classes of cells may have the same names."""
    style = (Path(inspector.__file__).parent / "static/inspector.css").read_text()
    stages = "|".join(stage.value for stage in RequestStage)
    assert re.findall(rf"^:is\(rect, \.key\)\.({stages}) \{{ fill", style, re.MULTILINE) == [
        stage.value for stage in RequestStage
    ]
    assert not re.findall(rf"^\.({stages}) \{{", style, re.MULTILINE)


async def test_a_form_is_not_required(inspect):
    page = """
        from pydantic import BaseModel
        from hyperpy import POST, Form


        class Person(BaseModel):
            name: str


        form: Form[Person]
        if POST:
            word: str = Form()
        t"<p>"
        """
    async with inspect({"index.py": page}) as (_, site):
        cells = (await site.page("/_hyper/")).select_one("td.inputs")
        assert [item.text for item in cells.select("li")] == ["form: Form[Person] (form)", "word: str (form, required)"]
