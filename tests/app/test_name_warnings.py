"""Files whose names look like guards, error pages or parameters, but aren't."""

from pathlib import Path

from hyperpy.app.loaded_routes import load_routes
from tests.support.sites import write_files

PAGE = "t'<p>'"
SUSPICIOUS = {
    "members/_gaurd.py": "Did you mean `_guard.py`? Under this name, it guards nothing.",
    "members/deep/_guards.py": "hyperpy ignores `_guards.py`, and no file here imports it",
    "_eror.py": "Did you mean `_error.py`?",
    "_4O4.py": "",
    "closed/guard.py": "this is a route, /closed/guard, and guards nothing",
    "tasks/[id].py": "Name it `{id}`.",
    "tasks/<task>.py": "`<task>` is a literal part of the URL, not a parameter",
    "posts/<int:post_id>/index.py": "Name it `{post_id}`, and write its type in the file: `post_id: int`.",
    "files/[...rest].py": "Name it `{...rest}`.",
    "pages/<path:rest>.py": "Name it `{...rest}`.",
    "users/:name.py": "Name it `{name}`.",
    "items/$name.py": "Name it `{name}`.",
    "items/[[...name]]/a.py": "Name it `{...name}`.",
    "items/[name=int]/b.py": "Name it `{name}`.",
    "items/<uuid:key>/c.py": "write its type in the file: `key: UUID`, with `from uuid import UUID`.",
    "(public)/a.py": "`(public)` is a literal part of the URL, not a group",
    "items/+page.py": "The page of a folder is `index.py`.",
    "posts/hello.md": "Markdown isn't a route",
}
FINE = {
    "closed/_guard.py": "",
    "(public)/b.py": PAGE,
    "items/$5/(a) b.py": PAGE,
    "alone/guard.py": PAGE,
    "_error.py": PAGE,
    "_404.py": PAGE,
    "_base.py": "",
    "posts/README.md": "",
    "_texts/draft.md": "",
    "_guarding.py": "",
    "_errors.py": "class Lost(Exception): pass",
    "index.py": f"from routes._errors import Lost\n{PAGE}",
    "closed/index.py": PAGE,
    "closed/{id}.py": PAGE,
    "closed/a-b.py": PAGE,
    "members/deep/index.py": PAGE,
}


def test_markdown_that_code_reads(tmp_path: Path) -> None:
    files = {"index.py": f"from pathlib import Path\nx = Path('a.md')\n{PAGE}", "a.md": "# A"}
    assert load_routes(write_files(tmp_path / "routes", files)).warnings == ()


def test_misleading_names(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "routes", dict.fromkeys(SUSPICIOUS, PAGE) | FINE)
    found = {str(Path(w.place.file).relative_to(folder)): f"{w.what}\n{w.hint}" for w in load_routes(folder).warnings}
    expected = {file: text for file, text in SUSPICIOUS.items() if text}
    assert sorted(found) == sorted(expected)
    assert {file: found[file] for file, text in expected.items() if text not in found[file]} == {}
