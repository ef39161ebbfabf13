"""The lines of `docs/how-to/from-php.md` without a browser: files and URLs, responses, and the blocks of the page."""

import ast
import asyncio
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from hyperpy.testing import client
from tests.coming_from.model_server import model
from tests.coming_from.rows import CURL, DOCUMENT, FILES, ROWS, SOURCES, URLS, Row, files, imports, of
from tests.docs_support.shell import REPOSITORY
from tests.docs_support.site import QUICK
from tests.docs_support.walk import Walk

TOOL = 4  # of sys.monitoring, which leaves it to anybody; coverage.py is 1


def test_every_library_has_its_rows() -> None:
    assert len({(row.there, row.here) for row in ROWS}) == len(ROWS)
    assert {source for row in ROWS for source in row.sources} == SOURCES


async def test_files_answer_their_urls(tmp_path: Path) -> None:
    """Each file declares the parameters of its path, and sends them."""
    for row in of(URLS):
        (name,) = row.line
        names = re.findall(r"\{(\w+)\}", name)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        declared = "".join(f"{name}: str\n" for name in names)
        path.write_text(f"{declared}\nasync def stream():\n    yield [{', '.join(names)}]\n")
    async with client(tmp_path / "routes") as site:
        for row in of(URLS):
            (url,) = row.outcome
            pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(row.line[0].removesuffix(".py")))
            async with site.stream(url) as events:
                values = (await events.next()).json()
            found = re.fullmatch(pattern, f"routes{url}") or re.fullmatch(pattern, f"routes{url}/index")
            assert found, row
            assert values == list(found.groups()), row


async def test_responses_are_as_curl_shows_them(tmp_path: Path) -> None:
    """The line is above a stream."""
    folder = tmp_path / "routes"
    folder.mkdir()
    for number, row in enumerate(of(CURL)):
        code = "\n".join(row.line)
        names = imports(code) + ("\nfrom hyperpy import response\n" if "response." in code else "\n")
        (folder / f"row{number}.py").write_text(f"{names}\n{code}\n\nasync def stream():\n    yield 'ready'\n")
    async with client(folder) as site:
        for number, row in enumerate(of(CURL)):
            response = await site.get(f"/row{number}", headers={"Accept": "text/event-stream"})
            head = [f"{name}: {value}" for name, value in response.headers.items()]
            lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}", *head, *response.text.splitlines()]
            assert [text for text in row.outcome if not any(map(re.compile(re.escape(text)).match, lines))] == [], row


class Visit(Walk):
    """The document, read from top to bottom, with two questions to the model at the end."""

    def visit_all(self) -> None:
        super().visit_all()
        if "routes/chat.py" not in files():
            return
        ask = "message=Hi+there&conversation=4a7c1f60-64a5-4e19-9c50-3c2a8f0c6d11"
        assert self.ask(f"{ask[:-4]}0000").status == 422  # a conversation that doesn't exist yet
        assert "full_response" in self.ask("message=Hi+there").body
        self.site.run(
            "import conversations\nconversations.store('4a7c1f60-64a5-4e19-9c50-3c2a8f0c6d11', 'Hi', 'Ho')", "store"
        )
        assert '{"full_response":"3 Hi there"}' in self.ask(ask).body
        assert '{"full_response":"5 Hi there"}' in self.ask(ask).body

    def ask(self, body: str) -> Any:
        return self.site.request("/chat", "POST", body=body)


@contextmanager
def executed(folder: Path) -> Iterator[dict[str, set[int]]]:
    """The numbers of the lines that run inside the block, by file."""
    lines: dict[str, set[int]] = defaultdict(set)

    def count(code: CodeType, line: int) -> object:
        if code.co_filename.startswith(str(folder)):
            lines[code.co_filename.removeprefix(f"{folder}/")].add(line)
        return sys.monitoring.DISABLE

    monitoring, event = sys.monitoring, sys.monitoring.events.LINE
    monitoring.use_tool_id(TOOL, "coming-from")
    monitoring.register_callback(TOOL, event, count)
    monitoring.set_events(TOOL, event)
    monitoring.restart_events()
    try:
        yield lines
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)


def test_the_lines_of_the_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of the page holds, and the lines that the tables name are among those that have run."""
    sleep = asyncio.sleep

    async def short(delay: float, result: Any = None) -> Any:
        return await sleep(min(delay, QUICK), result)

    monkeypatch.setattr(asyncio, "sleep", short)
    with model() as variables, executed(tmp_path) as lines:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        blocks = Visit(DOCUMENT, tmp_path).go()
    assert [str(block) for block in blocks if not block.used] == []
    assert [str(row) for row in of(FILES) if not has_run(row, lines)] == []


def has_run(row: Row, lines: dict[str, set[int]]) -> bool:
    """Whether the statement around the row's line has run. A real nginx runs nginx.conf, in tests/test_nginx.py."""
    (name,) = re.findall(r"In `(.+)`", row.head)
    wanted = re.findall(r"`(.+)`", row.here)[0].replace("\\|", "|")
    text = (REPOSITORY / name).read_text() if name.endswith(".conf") else files()[name]
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == wanted]
    if name.endswith(".conf") or not numbers:
        return bool(numbers)
    spans = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))  # `global` has no code of its own: its function has
        if isinstance(node, ast.stmt)
        and not isinstance(node, ast.Global)
        and node.lineno <= numbers[0] <= (node.end_lineno or node.lineno)
    ]
    start, end = max(spans, key=lambda span: (span[0], -span[1]))
    return any(start <= line <= end for line in lines[name])
