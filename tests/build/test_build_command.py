"""The command, and its output in nginx and a browser."""

import re
import sys
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from hyperpy.cli.commands import main
from hyperpy.pages import temporary_imports
from tests.conftest import RequireProgram
from tests.docs_support.nginx import files_of
from tests.support.servers import Command
from tests.support.sites import write_files

SITE = {
    "static/site.css": "h1 { color: rgb(1, 2, 3) }",
    "routes/_base.py": """
        from hyperpy import asset, url

        def Layout(title, children):
            return t'''<!doctype html><html lang="en"><head><title>{title}</title><link rel="icon" href="data:,">
              <link rel="stylesheet" href={asset("site.css")}></head>
              <body><nav><a href={url("/")}>Home</a> <a href={url("/old")}>Old</a></nav>
              <h1>{title}</h1>{children}</body>
              </html>'''
    """,
    "routes/index.py": """
        from hyperpy import url
        from routes._base import Layout
        t"<{Layout} title=Home><a href={url('/posts/{slug}', slug='café au lait')}>Coffee</a></{Layout}>"
    """,
    "routes/posts/{slug}.py": """
        from routes._base import Layout
        slug: str
        static_paths = [{"slug": "café au lait"}]
        t"<{Layout} title={slug}><p id=end>Text</p><a href='#end'>End</a></{Layout}>"
    """,
    "routes/about.py": "from routes._base import Layout\nt'<{Layout} title=About>Us</{Layout}>'",
    "routes/old.py": "from hyperpy import redirect, url\nredirect(url('/about'), 308)",
    "routes/_404.py": "from routes._base import Layout\nt'<{Layout} title=Missing>Nothing here</{Layout}>'",
}


def run(*arguments: str) -> tuple[int, str]:
    """Runs `hyper build` in the working directory: its status and its output."""
    with temporary_imports(Path("routes")):
        result = copy_context().run(CliRunner().invoke, main, ["build", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield write_files(tmp_path, SITE)
    sys.modules.pop("app", None)


def test_the_command_reports_and_sets_the_status(site: Path) -> None:
    status, output = run()
    assert (status, re.sub(r"\d+\.\d\d s", "… s", output)) == (
        0,
        "Built 5 pages in dist/ in … s. Files: 8 written, 0 unchanged, 0 removed.\n",
    )
    assert run("--out", "routes") == (1, "Error: `routes` holds routes\n  Name a folder of its own, such as dist.\n")
    assert "--origin example.org: this is not the address" in run("--origin", "example.org")[1]
    write_files(site, {"routes/me.py": "from hyperpy import session\nt'<p>{session.get(\"name\")}</p>'"})
    status, output = run()
    assert status == 1
    assert "  /me  routes/me.py:2  reads the session\n" in output
    assert run("--allow-dynamic", "--root-path", "docs/")[0] == 0
    assert 'href="/docs/old"' in Path("dist/index.html").read_text()
    # A site with its own settings, which the build must not be kept from.
    Path("app.py").write_text(
        "from hyperpy import Hyper, Settings\n"
        "settings = Settings(built='dist', allowed_hosts='example.org', csp=\"script-src 'nonce-{nonce}'\")\n"
        "app = Hyper(settings=settings)\n"
    )
    write_files(site, {"routes/me.py": "t'<p>New</p>'"})
    assert run()[0] == 0
    assert Path("dist/me/index.html").read_text() == "<p>New</p>"


def test_nginx_serves_a_build_to_a_browser(
    site: Path, require_program: RequireProgram, page: Page, page_errors: list[str], tmp_path: Path
) -> None:
    with Command("build", folder=site) as command:  # Playwright runs an event loop in this process
        assert command.exit_status() == 0, command.transcript()
    folder = tmp_path / "nginx"
    folder.mkdir()
    with files_of(site / "dist", require_program("nginx"), folder) as port:
        here = f"http://127.0.0.1:{port}"
        page.goto(f"{here}/")
        expect(page.get_by_role("heading")).to_have_css("color", "rgb(1, 2, 3)")
        page.get_by_text("Coffee").click()
        expect(page.get_by_role("heading")).to_have_text("café au lait")
        page.get_by_text("End", exact=True).click()
        assert page.url == f"{here}/posts/caf%C3%A9%20au%20lait#end"
        page.get_by_text("Old").click()
        page.wait_for_url(f"{here}/about")
        assert page_errors == []
        sheet = re.search(r'href="(/static/.*?)"', page.content())[1]
        assert "immutable" in httpx.get(here + sheet).headers["cache-control"]
        assert httpx.get(here + "/about/").headers["location"] == "/about"
        for path in ("/nowhere", "/.hyper-build.json"):
            missing = httpx.get(here + path)
            assert (missing.status_code, "Nothing here" in missing.text) == (404, True)
