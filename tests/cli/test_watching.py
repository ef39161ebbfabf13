import os
from pathlib import Path

from watchfiles import Change

from hyperpy.dev.watching import (
    Snapshot,
    differences,
    differences_of_modules,
    drop_bytecode,
    take_snapshot,
    watched_folders,
)
from tests.support.sites import write_files

LOADED = ["app.py", "pyproject.toml", "routes/users/{id}.py", "models/user.py", "routes/.well-known/x.py"]
STATIC = ["static/app.css", "static/vendor/tool.py", "static/.well-known/x"]
NOT_LOADED = [
    *("notes.txt", "routes/page.html", "routes/index.pyc", "routes/.hidden/x.py"),
    *(".venv/lib/python3.14/site.py", "env/lib/python3.14/site-packages/x.py"),
    *("virtual/pyvenv.cfg", "virtual/lib/x.py", ".git/hooks/x.py", "a/__pycache__/x.py", "node_modules/gyp/x.py"),
]


def snapshot(site: Path) -> Snapshot:
    return take_snapshot([site], site / "static")


def names(site: Path, paths: object) -> set[str]:
    return {os.path.relpath(path, site) for path in paths}  # type: ignore[attr-defined]


def test_which_files_cause_a_restart_and_which_folders_are_watched(tmp_path):
    write_files(tmp_path, dict.fromkeys([*LOADED, *NOT_LOADED], ""))
    write_files(tmp_path, dict.fromkeys(STATIC, ""))
    found = snapshot(tmp_path)
    assert names(tmp_path, found.files) == set(LOADED)
    assert names(tmp_path, found.assets) == set(STATIC)
    watched = {
        ".",
        "routes",
        "routes/users",
        "routes/.well-known",
        "models",
        "env",
        "env/lib",
        "env/lib/python3.14",
        "a",
        "static",
        "static/vendor",
        "static/.well-known",
    }
    assert names(tmp_path, found.folders) == watched


def test_differences(tmp_path):
    site = tmp_path / "site"
    write_files(site, dict.fromkeys(["blog/index.py", "blog/a/b.py", "kept.py", "same.py", "gone.py"], "1"))
    write_files(
        tmp_path, {"releases/1/r.py": "1", "releases/2/r.py": "2", "shared/page.txt": "1", "shared/other.txt": "2"}
    )
    os.symlink("releases/1", tmp_path / "current")
    os.symlink("../current", site / "linked")
    os.symlink(tmp_path / "shared/page.txt", site / "page.py")
    os.symlink("nowhere", site / "broken.py")
    os.symlink(".", site / "loop")
    write_files(site, dict.fromkeys(["versions/1/v.py", "versions/2/v.py", "a/b/c.py"], "1"))
    os.symlink("../../versions/1", site / "a/b/version")
    steps = [
        (
            "a folder is renamed",
            lambda: (site / "blog").rename(site / "posts"),
            ["deleted blog/a/b.py", "deleted blog/index.py", "added posts/a/b.py", "added posts/index.py"],
        ),
        ("a file is written", lambda: (site / "kept.py").write_text("22"), ["modified kept.py"]),
        ("a file is deleted", (site / "gone.py").unlink, ["deleted gone.py"]),
        ("a folder is made", (site / "empty").mkdir, []),
        ("another file is written", lambda: (site / "notes.txt").write_text("2"), []),
        (
            "a link on the way is re-pointed",
            lambda: replace_link(tmp_path / "current", "releases/2"),
            ["modified linked/r.py"],
        ),
        (
            "the target of a link is written",
            lambda: (tmp_path / "shared/page.txt").write_text("22"),
            ["modified page.py"],
        ),
        (
            "a link to a file is re-pointed",
            lambda: replace_link(site / "page.py", "../shared/other.txt"),
            ["modified page.py"],
        ),
        (
            "a link between folders of the site is re-pointed",
            lambda: replace_link(site / "a/b/version", "../../versions/2"),
            ["modified a/b/version"],
        ),
        ("such a link is removed", (site / "a/b/version").unlink, ["deleted a/b/version"]),
        ("a broken link is fixed", lambda: (site / "nowhere").write_text("1"), ["added broken.py"]),
        ("a file is replaced", lambda: (tmp_path / "shared/page.txt").replace(site / "same.py"), ["modified same.py"]),
    ]
    before = snapshot(site)
    for what, act, expected in steps:
        act()
        after = snapshot(site)
        changes = [
            f"{change.raw_str()} {os.path.relpath(path, site)}"
            for change, path in differences(before.files, after.files)
        ]
        assert changes == expected, what
        before = after


def replace_link(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


def test_the_links_to_a_site_are_watched(tmp_path):
    site = tmp_path / "site"
    write_files(tmp_path, {"site/index.py": "", "releases/1/routes/r.py": "", "shared/page.txt": ""})
    os.symlink("releases/1", tmp_path / "current")
    os.symlink(tmp_path / "current/routes", site / "linked")
    os.symlink("../shared/page.txt", site / "page.py")
    found = snapshot(site)
    assert names(tmp_path, found.folders) == {"site", "site/linked", ".", "releases/1", "shared"}
    linked = {"site/linked", "current", "releases/1/routes", "site/page.py", "shared/page.txt"}
    assert names(tmp_path, found.linked) == linked
    concerned = [
        tmp_path / "current",
        tmp_path / "shared/page.txt",
        site / "x.py",
        site / "linked",
        tmp_path / "shared",
    ]
    assert all(found.may_concern(Change.modified, str(path)) for path in concerned)
    assert not found.may_concern(Change.modified, str(site / "notes.txt"))
    assert names(tmp_path, take_snapshot([site / "linked"], site / "static").linked) == {
        "site/linked",
        "current",
        "releases/1/routes",
    }


def test_named_folders_and_files_and_modules_outside(tmp_path):
    site = tmp_path / "site"
    files = {"site/index.py": "", "site/texts/a/b.md": "", "site/texts/.git/x": "", "prices.csv": "", "lib/m.py": ""}
    write_files(tmp_path, files)
    data = [site / "texts", tmp_path / "prices.csv", tmp_path / "missing.csv"]
    modules = [str(tmp_path / "lib/m.py"), str(tmp_path / "lib/gone.py"), str(site / "index.py")]
    found = take_snapshot([site], site / "static", data, modules)
    assert names(tmp_path, found.files) == {"site/index.py", "site/texts/a/b.md", "prices.csv"}
    assert names(tmp_path, found.modules) == {"lib/m.py", "lib/gone.py"}
    assert names(tmp_path, found.folders) == {"site", "site/texts", "site/texts/a", ".", "lib"}
    concerned = (site / "texts/new.md", tmp_path / "prices.csv", tmp_path / "missing.csv", tmp_path / "lib/m.py")
    assert all(found.may_concern(Change.modified, str(path)) for path in concerned)
    assert not found.may_concern(Change.modified, str(tmp_path / "lib/notes.txt"))
    (tmp_path / "lib/m.py").unlink()
    later = take_snapshot([site], site / "static", data, [modules[0]])
    assert differences_of_modules(found.modules, later.modules) == [(Change.modified, tmp_path / "lib/m.py")]


def test_watched_folders(tmp_path):
    inside, outside = tmp_path / "site/routes", tmp_path / "routes"
    inside.mkdir(parents=True)
    outside.mkdir()
    site = tmp_path / "site"
    assert watched_folders(site, inside) == [site]
    assert watched_folders(site, outside) == [site, outside]
    assert watched_folders(site, tmp_path / "missing") == [site]


def test_stale_bytecode_is_removed(tmp_path):
    cached = tmp_path / "__pycache__"
    cached.mkdir()
    module = tmp_path / "module.py"
    drop_bytecode(module)
    drop_bytecode(tmp_path / "pyproject.toml")
    (cached / "other.cpython-314.pyc").touch()
    name = Path(__import__("importlib.util").util.cache_from_source(str(module))).name
    (cached / name).touch()
    drop_bytecode(module)
    assert [path.name for path in cached.iterdir()] == ["other.cpython-314.pyc"]
