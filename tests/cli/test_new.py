"""`hyper new`: what it writes is a site that works, and a project whose own tools agree with it."""

import subprocess
import sys

import pytest

from hyperpy.cli.new_project import PROJECT, NewProjectError, create_project
from tests.cli.test_dev import save, until_shown
from tests.support.servers import Command


@pytest.mark.slow
def test_a_new_project_is_served_edited_tested_and_checked(tmp_path):
    with Command("new", "tea-board", folder=tmp_path) as command:
        assert command.exit_status() == 0
    folder = tmp_path / "tea-board"
    listed = {line.removeprefix("tea-board/") for line in command.output.splitlines() if line.startswith("tea-board/")}
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert listed == written >= {".gitignore", ".vscode/settings.json", "deploy/tea-board.service", "routes/_base.py"}
    assert not [name for name in written if "the-project" in (folder / name).read_text()]
    index = folder / "routes/index.py"
    with Command("dev", "--port", "0", folder=folder) as dev:
        until_shown(dev, "<h1>Board</h1>")
        save(index, index.read_text().replace("<h1>Board", "<h1>Tea board"))
        until_shown(dev, "<h1>Tea board</h1>")
        dev.interrupt_group()
        assert dev.exit_status() == 0, dev.transcript()
    with Command("check", "--strict", folder=folder) as check:
        assert check.exit_status() == 0, check.transcript()
    assert check.output == "No problems in 11 files.\n"
    tools = (("pytest", "-q", "-p", "no:cacheprovider"), ("ruff", "check", "."), ("ruff", "format", "--check", "."))
    failed = []
    for tool in tools:
        done = subprocess.run([sys.executable, "-m", *tool], cwd=folder, capture_output=True, text=True, check=False)
        failed += [f"{' '.join(tool)}: {done.stdout}{done.stderr}"] * bool(done.returncode)
    assert failed == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    wrong = []
    for name, what in {
        "taken": "is not empty",
        "file": "is a file",
        "Tea": "can't be the name",
        "1st": "can't be the name",
        "a--b": "can't be the name",
        "tea board": "can't be the name",
        "tée": "can't be the name",
    }.items():
        with pytest.raises(NewProjectError) as failure:
            create_project(tmp_path / name)
        wrong += [name] if what not in str(failure.value) else []
    assert wrong == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "file", "notes.txt", "taken"]
    assert len(create_project(tmp_path / "empty")) == sum(path.is_file() for path in PROJECT.rglob("*")) - sum(
        path.is_file() for path in PROJECT.rglob("__pycache__/*")
    )
