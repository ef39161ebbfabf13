from pathlib import Path

from watchfiles import Change

from hyperpy.dev.watching import LoadedFiles, drop_bytecode, watched_folders

SITE = Path("/site")
ELSEWHERE = Path("/srv/.hidden/routes")


FILES = [
    (SITE / "app.py", True),
    (SITE / "pyproject.toml", True),
    (SITE / "routes/users/{id}.py", True),
    (SITE / "models/user.py", True),
    (ELSEWHERE / "index.py", True),
    (ELSEWHERE / ".git/x.py", False),
    (SITE / "notes.txt", False),
    (SITE / "routes/page.html", False),
    (SITE / "routes/index.pyc", False),
    (SITE / "static/vendor/tool.py", False),
    (SITE / ".venv/lib/python3.14/site.py", False),
    (SITE / "env/lib/python3.14/site-packages/x.py", False),
    (SITE / ".git/hooks/x.py", False),
    (SITE / "a/__pycache__/x.py", False),
    (SITE / "node_modules/gyp/x.py", False),
    (SITE / "routes/.#index.py", False),
    (Path("/other/app.py"), False),
]


def test_which_files_cause_a_restart():
    counts = LoadedFiles([SITE, ELSEWHERE], SITE / "static")
    assert [(file, counts(Change.modified, str(file))) for file, _ in FILES] == FILES


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
