"""Which files a build writes, leaves alone and removes."""

import os
from pathlib import Path

import pytest

from hyperpy.build.output_folder import Written
from hyperpy.exceptions import ConfigError
from tests.build.conftest import Build, written
from tests.support.sites import write_files

SITE = {
    "_base.py": """
        from hyperpy import asset

        def Sheet():
            return t"<link rel=stylesheet href={asset('site.css')}>"
    """,
    "index.py": "from ._base import Sheet\nt'<{Sheet} /><a href=/p/a>A</a>'",
    "p/{slug}.py": "slug: str\nstatic_paths = [{'slug': 'a'}, {'slug': 'b'}]\nt'<p>{slug}</p>'",
}


async def test_only_what_differs_is_written(build: Build) -> None:
    write_files(
        Path("static"), {"site.css": "a {}", "site.css.br": "compressed", ".well-known/security.txt": "Contact:"}
    )
    report = await build(SITE, static="static")
    assert not report.fails, report.text(0)
    assert report.written == Written(changed=8, same=0, removed=0)
    hashed = next(
        name for name in written() if name.startswith("static/site.") and name.count(".") == 2 and "br" not in name
    )
    assert written()["index.html"].startswith(f'<link rel="stylesheet" href="/{hashed}">')
    assert {f"{hashed}.br", "static/site.css", "static/site.css.br", ".well-known/security.txt"} <= written().keys()
    mine = write_files(Path("dist"), {"CNAME": "example.org", "p/notes.txt": "mine"})
    for name in written():
        os.utime(mine / name, (1, 1))
    changed = SITE | {"p/{slug}.py": "slug: str\nstatic_paths = [{'slug': 'a'}]\nt'<p>{slug}!</p>'"}
    report = await build(changed, static="static")
    assert report.written == Written(changed=1, same=6, removed=1)
    assert written()["p/a/index.html"] == "<p>a!</p>"
    assert {name for name in written() if (mine / name).stat().st_mtime != 1} == {"p/a/index.html"}
    assert {"CNAME", "p/notes.txt"} <= written().keys()
    assert not (mine / "p/b").exists()


async def test_an_error_leaves_everything_as_it_was(build: Build) -> None:
    await build({"index.py": "t'<p>One</p>'", "about.py": "t'<p>About</p>'"})
    before = written()
    Path("routes/about.py").unlink()
    report = await build({"index.py": "t'<p>Two</p><a href=/nowhere>x</a>'"})
    assert report.fails
    assert written() == before


async def test_a_page_may_take_the_place_of_a_folder(build: Build) -> None:
    text = "from hyperpy import PlainTextResponse\nresponse = PlainTextResponse('x')"
    await build({"a/b.txt.py": text})
    Path("routes/a/b.txt.py").unlink()
    report = await build({"a.py": text})
    assert report.written == Written(changed=1, same=0, removed=1)
    assert written() == {"a": "x"}


async def test_foreign_files_are_never_replaced(build: Build) -> None:
    await build({"index.py": "t'<p>One</p>'"})
    write_files(Path("dist"), {"about/index.html": "mine", "file": "mine"})
    Path("dist/link").symlink_to(Path.cwd())
    files = dict.fromkeys(("about.py", "file/x.py", "link/x.py", "fine.py"), "t'<p></p>'")
    report = await build(files)
    assert sorted(str(finding.place) for finding in report.errors) == [
        "dist/about/index.html",
        "dist/file",
        "dist/link",
    ]
    assert written()["about/index.html"] == "mine"


@pytest.mark.parametrize("after", ["t'<p>Two</p>'", None], ids=["changed", "gone"])
async def test_files_behind_a_new_link_are_foreign(build: Build, after: str | None) -> None:
    await build({"about.py": "t'<p>One</p>'"})
    write_files(Path("mine"), {"index.html": "mine"})
    Path("dist/about/index.html").unlink()
    Path("dist/about").rmdir()
    Path("dist/about").symlink_to(Path("mine").absolute())
    if after is None:
        Path("routes/about.py").unlink()
    report = await build({"about.py": after} if after else {"index.py": "t'<p></p>'"})
    assert [str(finding.place) for finding in report.errors] == ["dist/about"]
    assert Path("mine/index.html").read_text() == "mine"


@pytest.mark.parametrize(
    ("folder", "problem"),
    [
        (".", "holds"),
        ("routes", "holds routes"),
        ("..", "holds"),
        ("routes/dist", "is inside routes"),
        ("full", "has files that `hyper build` hasn't written"),
        ("file", "is a file"),
        ("broken", "this can't be read"),
        ("evil", "it names '../index.html', outside the folder"),
    ],
)
async def test_other_folders_are_refused(build: Build, folder: str, problem: str) -> None:
    evil = '{"hyper-build": 1, "root": "", "files": ["../index.html"], "pages": {}, "sources": {}}'
    files = {"full/a.txt": "", "file": "", "broken/.hyper-build.json": "{", "evil/.hyper-build.json": evil}
    write_files(Path.cwd(), files)
    with pytest.raises(ConfigError) as error:
        await build({"index.py": "t'<p></p>'"}, out=Path(folder))
    assert problem in str(error.value)
