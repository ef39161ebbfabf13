"""The example of docs/testing.md that starts a browser, run by pytest as a reader would."""

import json
import subprocess
import sys
from pathlib import Path

from tests.browser.conftest import REPOSITORY
from tests.conftest import FLAGS, RequireProgram
from tests.docs_support.markdown import Document
from tests.docs_support.walk import file_name

DOCUMENT = REPOSITORY / "docs" / "testing.md"
TEXT = DOCUMENT.read_text()
BLOCKS = list(Document(DOCUMENT, TEXT[TEXT.index("\n## Two visitors") : TEXT.index("\n## Pages in parts")]).blocks())
LAUNCH = "chromium.launch()"


def test_a_message_reaches_another_browser(require_program: RequireProgram, tmp_path: Path) -> None:
    chromium = json.dumps(require_program("chromium"))
    assert sum(LAUNCH in block.text for block in BLOCKS) == 1
    for block in BLOCKS:
        if name := file_name(block):
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text.replace(LAUNCH, f"chromium.launch(executable_path={chromium}, args={FLAGS})"))
    options = 'asyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'
    (tmp_path / "pyproject.toml").write_text(f"[tool.pytest]\n{options}")
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_room.py", "tests/test_chat.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
