"""`hyper check --types`: one run of a type checker over all route files, with findings in the user's files."""

import json
import sys
from pathlib import Path

import pytest

from hyperpy.check.types import type_checkers
from tests.check.conftest import Check, Findings
from tests.support.sites import write_files

REPOSITORY = Path(__file__).resolve().parents[2]

SITE = {
    "app.py": "from hyperpy import Hyper\n\napp = Hyper()\nx: int = ''\n",
    "parts.py": "def price(cents: int) -> str:\n    return cents\n",
    "routes/_base.py": "def Layout(children: object, title: str) -> object:\n    return t'<b>{title}</b>{children}'\n",
    "routes/{shop}/index.py": "shop: str\nt'{shop.upper()}'\n",
    "routes/{shop}/{user_id}.py": """\
        from hyperpy import Request, redirect
        from parts import price
        from routes._base import Layout
        from ._row import Row

        user_id: int
        shop: str  # in the URL
        request: Request

        t"<{Layout} title={shop}>{user_id.upper()} {price('1')} <{Row} />{request.url.pth}</{Layout}>"
        t"{'é'} {shop.uper()}"
    """,
    "routes/{shop}/_row.py": "def Row() -> int:\n    return 'x'\n",
    "routes/a-b/{user_id}.py": "user_id: int\nt'{user_id + shop}'\n",
    "routes/a_b/{user_id}.py": "user_id: int\nx: int = 'ü'\nt'{user_id}'\n",
    "routes/class.py": "x: int = ''\nt'{x}'\n",
    "routes/.well-known/x.py": "x: int = ''\nt'{x}'\n",
    "routes/broken.py": "t'{'\n",
}


def test_mypy_finds_errors_in_every_route_file(
    tmp_path: Path, found_by: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPY_CACHE_DIR", str(REPOSITORY / ".mypy_cache/tools"))
    write_files(tmp_path, SITE)
    (tmp_path / "routes/{shop}/again").symlink_to(tmp_path / "routes/{shop}")
    found = [each for each in found_by("--types") if each["rule"] == "type" and "again" not in each["file"]]
    assert {(each["file"], each["line"], each["column"], each["message"].split("[")[1]) for each in found} == {
        ("app.py", 4, 10, "assignment]"),
        ("parts.py", 2, 12, "return-value]"),
        ("routes/.well-known/x.py", 1, 10, "assignment]"),
        ("routes/a-b/{user_id}.py", 2, 14, "name-defined]"),
        ("routes/a_b/{user_id}.py", 2, None, "assignment]"),
        ("routes/class.py", 1, 10, "assignment]"),
        ("routes/{shop}/_row.py", 2, 12, "return-value]"),
        ("routes/{shop}/{user_id}.py", 10, 27, "attr-defined]"),
        ("routes/{shop}/{user_id}.py", 10, 51, "arg-type]"),
        ("routes/{shop}/{user_id}.py", 10, 67, "attr-defined]"),
        ("routes/{shop}/{user_id}.py", 11, None, "attr-defined]"),
    }
    assert {each["severity"] for each in found} == {"error"}


CARDS = {
    "routes/_card.py": """\
        from dataclasses import dataclass
        from typing import Any, Literal

        type Size = Literal["s", "l"]

        def Card(title: str, count: int = 0, size: Size = "s", children: object = "", **rest: Any) -> object:
            return t"<b>{title}{count}{size}</b>{children}{rest}"

        def Untyped(title):
            return t"{title}"

        @dataclass
        class Box:
            label: str
            open: bool = False
    """,
    "routes/{shop}.py": """\
        from routes._card import Box, Card, Untyped

        shop: int
        names = ["a", "b"]
        more: dict[str, str] = {}
        nothing: None = None

        t'''<{Card} title={shop} count="3" data-x=1 class="a" /> <{Card} size="m">{shop.uper()}</{Card}>
        {[t'<{Box} label={name} open="{name}" />' for name in names]}<{Box} label={name} /> <{Untyped} title={1} />
        <{Card} {more:**} count={len(shop)} title="{shop} x" /><{Box} label={1, 2} /><{Card} title={shop!r} />
        <{nothing} /><{Card} title={t"<b>"} /> <{Card}
          title={
            shop}
        /> <{Box} label={shop}>é</{Box}>'''
    """,
}


def test_arguments_of_components_are_checked(
    tmp_path: Path, found_by: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPY_CACHE_DIR", str(REPOSITORY / ".mypy_cache/tools"))
    write_files(tmp_path, CARDS | {"pyproject.toml": "[tool.mypy]\ndisallow_untyped_calls = true\n"})
    found = [each for each in found_by("--types") if each["rule"] == "type"]
    assert [(each["line"], each["column"], each["message"].partition(" has ")[0]) for each in found] == [
        (8, 13, 'Argument "title" to "Card"'),
        (8, 26, 'Argument "count" to "Card"'),
        (8, 66, 'Argument "size" to "Card"'),
        (8, 76, '"int"'),
        (9, 25, 'Argument "open" to "Box"'),
        (9, 76, 'Name "name" is not defined; did you mean "names"? [name-defined]'),
        (10, 30, 'Argument 1 to "len"'),
        (10, 63, 'Argument "label" to "Box"'),
        (12, 3, 'Argument "title" to "Card"'),
    ]


PYRIGHT = """\
#!{python}
import json, sys
project = sys.argv[sys.argv.index("--project") + 1]
config = json.load(open(project))
folder, module, app = config["include"]
assert app.endswith("app.py"), config
copy = folder + "/_shop_/_user_id_.py"
lines = open(copy).read().splitlines()
assert lines[6] == 'shop: str = __import__("hyperpy").value  # in the URL', lines
assert config["extends"].endswith("pyproject.toml"), config
at = lines[9].index("upper()}}")
def found(file, line, start, end, severity, message):
    ends = {{"start": {{"line": line, "character": start}}, "end": {{"line": line, "character": end}}}}
    return {{"file": file, "severity": severity, "message": message, "range": ends, "rule": "reportX"}}
print(json.dumps({{"generalDiagnostics": [
    found(copy, 9, at, at + 5, "error", "Cannot access it\\n\\u00a0\\u00a0It is unknown"),
    found(module, 0, 0, 1, "warning", "odd"),
    found(module, 0, 0, 1, "information", "dropped"),
]}}))
sys.exit(1)
"""


def test_pyright_is_used_if_it_is_configured(
    tmp_path: Path, found_by: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, SITE | {"pyproject.toml": "[tool.pyright]\nstrict = ['.']\n"})
    program = tmp_path / "bin/pyright"
    program.parent.mkdir()
    program.write_text(PYRIGHT.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    found = [each for each in found_by("--types") if each["rule"] == "type"]
    assert [tuple(each.values()) for each in found] == [
        ("warning", "type", "parts.py", 1, 1, "odd [reportX]", ""),
        ("error", "type", "routes/{shop}/{user_id}.py", 10, 35, "Cannot access it [reportX]", "It is unknown"),
    ]


def test_a_type_checker_that_is_missing_or_fails(tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"routes/index.py": "t'1'"})
    commands: dict[str, tuple[str, ...]] = {}
    monkeypatch.setattr(type_checkers, "_command", commands.get)
    wanted = [("no type checker is installed", "pip install mypy")]
    outputs = [check("--types")]
    fails = "import sys; sys.stderr.write('no such option'); sys.exit(2)"
    for name in ("mypy", "pyright"):
        commands.clear()
        commands[name] = (sys.executable, "-c", fails)
        outputs.append(check("--types"))
    wanted += [("mypy failed with status 2", "no such option"), ("Pyright failed with status 2", "no such option")]
    missing = [
        part
        for output, parts in zip(outputs, wanted, strict=True)
        for part in parts
        if part not in output.stdout or output.exit_code != 1
    ]
    assert missing == []


def test_notes_of_mypy_are_hints() -> None:
    common = {"file": "/x.py", "line": 1, "column": -1, "code": None, "hint": None}
    lines = [
        {**common, "severity": "error", "message": "wrong", "code": "misc"},
        {**common, "severity": "note", "message": "do this"},
        {**common, "severity": "note", "message": "or that"},
        {**common, "severity": "error", "message": "also wrong", "hint": "see there"},
    ]
    found = [(each.message, each.hint) for each in type_checkers.with_notes(map(json.loads, map(json.dumps, lines)))]
    assert found == [("wrong [misc]", "do this\nor that"), ("also wrong", "see there")]
