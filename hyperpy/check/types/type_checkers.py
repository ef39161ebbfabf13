"""mypy and Pyright: which one is installed, how it is run, and what it says."""

import importlib.util
import json
import linecache
import os
import shutil
import subprocess
import sys
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, override

from hyperpy.exceptions import HyperError
from hyperpy.record_classes import record

COPIES: Final = "hyper-types-"
"""How the names of the folders with copies begin."""
_INSTALL: Final = "Install one beside hyperpy: `pip install mypy` or `pip install pyright`."


class TypeCheckerError(HyperError):
    """No type checker is installed, or it doesn't work."""


class Diagnostic(NamedTuple):
    """One error or warning of a type checker. The line counts from 1, the column from 0; `width` is 0 if unknown."""

    file: str
    line: int
    column: int
    width: int
    severity: str
    message: str
    hint: str


@record(frozen=True)
class TypeChecker(ABC):
    command: tuple[str, ...]
    name: ClassVar[str]
    needs_values: ClassVar[bool]
    """Whether a name without a value is taken for unbound, although it has an annotation."""

    @abstractmethod
    def check(self, target: Path, folder: Path, others: Sequence[Path]) -> list[Diagnostic]:
        """Check the copies in `folder`, below `target`, and other modules. Raises TypeCheckerError."""

    def _run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *arguments]
        return subprocess.run(
            command, check=False, capture_output=True, encoding="utf-8", errors="replace", env=os.environ | variables
        )

    def _failure(self, done: subprocess.CompletedProcess[str]) -> TypeCheckerError:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        return TypeCheckerError(f"{self.name} failed with status {done.returncode}", hint=said)


class Mypy(TypeChecker):
    name = "mypy"
    needs_values = False

    @override
    def check(self, target: Path, folder: Path, others: Sequence[Path]) -> list[Diagnostic]:
        done = self._run(
            *("--output=json", "--explicit-package-bases", "--no-error-summary"),
            *map(str, (folder, *others)),
            MYPYPATH=os.pathsep.join(filter(None, (str(target), os.getcwd(), os.environ.get("MYPYPATH")))),
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode > 1 and not lines:
            raise self._failure(done)
        return list(with_notes({**each, "file": _present(each["file"], target)} for each in map(json.loads, lines)))


def _present(file: str, target: Path) -> str:
    """The path of a file. For one that hasn't changed, mypy repeats what it has said of an earlier copy."""
    parts = Path(os.path.abspath(file)).parts
    earlier = next((at for at, part in enumerate(parts) if part.startswith(COPIES)), None)
    return str(target.joinpath(*parts[earlier + 1 :]) if earlier is not None else Path(*parts))


def with_notes(found: Iterator[Mapping[str, Any]]) -> Iterator[Diagnostic]:
    """Each error of mypy, with the notes that follow it as its hint."""
    waiting: Diagnostic | None = None
    for each in found:
        if each["severity"] == "note" and waiting is not None:
            waiting = waiting._replace(hint=f"{waiting.hint}\n{each['message']}".strip())
            continue
        if waiting is not None:
            yield waiting
        code = f" [{each['code']}]" if each.get("code") else ""
        start, end = each["column"], each.get("end_column")
        width = end - start if end is not None and each.get("end_line") == each["line"] else 1
        if start < 0 or not linecache.getline(each["file"], each["line"]).isascii():
            start = width = 0  # after a character that isn't ASCII, mypy's columns are wrong
        waiting = Diagnostic(
            each["file"],
            max(each["line"], 0),
            start,
            width,
            each["severity"],
            f"{each['message']}{code}",
            each.get("hint") or "",
        )
    if waiting is not None:
        yield waiting


class Pyright(TypeChecker):
    name = "Pyright"
    needs_values = True

    @override
    def check(self, target: Path, folder: Path, others: Sequence[Path]) -> list[Diagnostic]:
        config: dict[str, object] = {
            "include": [*map(str, (folder, *others))],
            "exclude": ["**/__pycache__", "**/node_modules"],  # and not folders with a leading dot
            "extraPaths": [str(target), os.getcwd()],
        }
        if (users := _configuration("pyright")) is not None:
            config["extends"] = str(users)
        file = target / "pyrightconfig.json"
        file.write_text(json.dumps(config), "utf-8")
        done = self._run("--outputjson", "--project", str(file), "--pythonpath", sys.executable)
        try:
            found = json.loads(done.stdout)["generalDiagnostics"]
        except ValueError, KeyError:
            raise self._failure(done) from None
        return [_of_pyright(each) for each in found if each["severity"] in ("error", "warning")]


def _of_pyright(each: Mapping[str, Any]) -> Diagnostic:
    start, end = each["range"]["start"], each["range"]["end"]
    width = end["character"] - start["character"] if end["line"] == start["line"] else 1
    what, _, more = each["message"].partition("\n")
    rule = f" [{each['rule']}]" if each.get("rule") else ""
    hint = "\n".join(line.strip() for line in more.splitlines())
    line, column = start["line"] + 1, start["character"]
    return Diagnostic(os.path.abspath(each["file"]), line, column, max(width, 1), each["severity"], what + rule, hint)


def find_type_checker() -> TypeChecker:
    """mypy, or Pyright if only that is installed or configured. Raises TypeCheckerError if neither is installed."""
    checkers: list[type[TypeChecker]] = [Mypy, Pyright]
    if _configuration("pyright") is not None and _configuration("mypy") is None:
        checkers.reverse()
    for checker in checkers:
        if (command := _command(checker.name.lower())) is not None:
            return checker(command)
    raise TypeCheckerError("no type checker is installed", hint=_INSTALL)


def _command(name: str) -> tuple[str, ...] | None:
    """The command of a tool: that of this environment, or one on PATH."""
    if importlib.util.find_spec(name) is not None:
        return (sys.executable, "-m", name)
    found = shutil.which(name)
    return (found,) if found else None


def _configuration(tool: str) -> Path | None:
    """The file in the working directory that configures a tool."""
    for name in ("mypy.ini", ".mypy.ini") if tool == "mypy" else ("pyrightconfig.json",):
        if (file := Path(name)).is_file():
            return file.absolute()
    file = Path("pyproject.toml")
    try:
        tools = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except OSError, ValueError:
        return None
    return file.absolute() if tool in tools else None
