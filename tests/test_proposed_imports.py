"""Hints show the import of the names that they propose."""

from pathlib import Path

import hyperpy
from hyperpy.exceptions import HyperError, Place, advice
from hyperpy.pages import LoadWarning
from hyperpy.proposed_imports import NAMES

QUERY = "Write `page: int = Query(1)`."
IT = "Import it: `from hyperpy import Query`."
BOTH = "Import them: `from typing import Annotated` and `from hyperpy import Query`."
# The content of a file, a hint, and what is added to it.
CASES = [
    ("", QUERY, IT),
    ("x = 1", QUERY, IT),
    ("from hyper.x import Query", QUERY, ""),
    ("from fastapi import Query as Q", QUERY, IT),
    ("from hyperpy import *", QUERY, ""),
    ("import hyperpy as h", QUERY, IT),
    ("import hyperpy", QUERY, ""),
    ("Query = 1", QUERY, ""),
    ("def f(", QUERY, IT),
    ("def Query(", QUERY, ""),
    ("", IT, ""),
    ("", "Import Query from hyperpy, and write `Query(1)`.", ""),
    ("", "raise `redirect(…)`, under `if POST:`", "Import them: `from hyperpy import POST, redirect`."),
    ("", "Write:\n\n    if POST:", "The import is `from hyperpy import POST`."),
    ("", 'As in: channel("room")', "Import it: `from hyperpy import channel`."),
    ("", 'Write `url("/a")`.', "Import it: `from hyperpy import url`."),
    ("", "Write `x: Annotated[int, Query()]`.", BOTH),
    ("", "`await request.form()` in the loader", "Import it: `from hyperpy import request`."),
    ("def f(request): pass", "`request.cookies`", ""),
    ("", "Write url('{x}').", ""),
    ("", "Write `pathlib.Path.cwd()`, `form.field(…)` or <{Form}>.", ""),
    ("", "A Form is not a Message.", ""),
    ("", 'Write `header("Cookie")`.', ""),
    ("", "Set `response = 1`, and read `session`.", ""),
]


def test_the_proposed_names_exist() -> None:
    assert {name for name, module in NAMES.items() if module == "hyperpy"} <= set(hyperpy.__all__)


def test_hints_show_what_to_import(tmp_path: Path) -> None:
    wrong = {}
    for number, (source, hint, added) in enumerate(CASES):
        file = tmp_path / f"case{number}.py"
        file.write_text(f"{source}\n")
        shown = advice(hint, Place(str(file), 1))
        if (shown.removeprefix(hint).strip(), shown[: len(hint)]) != (added, hint):
            wrong[source, hint] = shown
    assert wrong == {}


def test_errors_and_warnings_show_it(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    place = Place(str(file), 1)
    for found in (HyperError("no", place=place, hint=QUERY), LoadWarning("no", place, QUERY)):
        assert str(found).endswith(f"{QUERY} Import it: `from hyperpy import Query`.")
        assert found.hint == QUERY
    other = tmp_path / "pyproject.toml"
    other.write_text("x = 1\n")
    assert str(HyperError("no", place=Place(str(other)), hint=QUERY)).endswith(QUERY)
    assert str(HyperError("no", hint=QUERY)).endswith(QUERY)
