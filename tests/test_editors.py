"""Highlighting of t-strings in VS Code, with the grammars for Python and HTML that it uses."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import RequireProgram

EXTENSION = Path(__file__).resolve().parents[1] / "editors/vscode"


def test_t_strings_are_highlighted_as_html(require_program: RequireProgram) -> None:
    node, npm = require_program("node"), require_program("npm")
    if not (EXTENSION / "node_modules/tm-grammars").is_dir():
        install = [npm, "ci", "--silent", "--no-fund", "--no-audit"]
        if subprocess.run(install, cwd=EXTENSION, check=False, timeout=300).returncode and not os.environ.get("CI"):
            pytest.skip("npm can't fetch the grammars")
    command = json.loads((EXTENSION / "package.json").read_text())["scripts"]["test"].replace('"', "").split()
    program = EXTENSION / "node_modules/vscode-tmgrammar-test/dist/unit.js"
    done = subprocess.run([node, program, *command[1:]], cwd=EXTENSION, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests/t-strings.py run success" in done.stdout
