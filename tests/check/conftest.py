"""`hyper check` in a temporary folder, in this process."""

import json
import sys
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hyperpy.cli.commands import main
from hyperpy.pages import temporary_imports

type Check = Callable[..., Result]
type Findings = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Runs `hyper check` in the temporary folder, and returns its result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("HYPER_SECRET_KEY", "a key for this test")
    before = frozenset(sys.modules)

    def run(*arguments: str) -> Result:
        with temporary_imports(tmp_path / "routes"):
            result = copy_context().run(CliRunner().invoke, main, ["check", *arguments])
        for name in frozenset(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(str(tmp_path)):
                del sys.modules[name]
        return result

    return run


@pytest.fixture
def found_by(check: Check) -> Findings:
    """Runs it, and returns the findings."""

    def run(*arguments: str) -> list[dict[str, Any]]:
        result = check("--format", "json", *arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
        return findings

    return run
