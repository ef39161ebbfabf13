"""README.md and docs/: all code and commands in them run, and their lists are complete."""

import asyncio
import re
import secrets
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

import hyperpy
import hyperpy.testing
from bench import chart
from bench.results import Run
from hyperpy.config import flag_of, key_of, setting_fields, variable_of
from hyperpy.pages.analysis.inputs.quick_calls import QUICK_BUILTINS
from hyperpy.pages.analysis.vocabulary import QUICK_CALLS
from hyperpy.streams import GeneratorShape, StreamMode, accepts, choose
from tests.docs_support import load_errors, reference
from tests.docs_support.documents import BY_NAME, DOCS, IN_DOCS
from tests.docs_support.markdown import Document, anchor, code_in
from tests.docs_support.shell import REPOSITORY, agrees, check
from tests.docs_support.site import QUICK
from tests.docs_support.walk import Walk
from tests.support.sites import write_files

# These are run with what they need, below and in tests/coming_from/.
ELSEWHERE = {"load-errors.md", "how-to/from-php.md", *(f"reference/{name}" for name in ("http.md", *reference.pages()))}


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses of examples, and make random ids predictable."""
    monkeypatch.setattr(secrets, "randbits", lambda bits: 0x6BA1F0 - 1)
    sleep = asyncio.sleep

    async def short(delay: float, result: Any = None) -> Any:
        return await sleep(min(delay, QUICK), result)

    monkeypatch.setattr(asyncio, "sleep", short)


def check_every_block(name: str, folder: Path) -> None:
    blocks = Walk(BY_NAME[name], folder).go()
    assert [str(block) for block in blocks if not block.used] == []
    assert len(blocks) == BY_NAME[name].text.count("\n```") / 2


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in ELSEWHERE])
def test_every_block_holds(name: str, tmp_path: Path) -> None:
    check_every_block(name, tmp_path)


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    "text",
    [
        "```python\nprint(1)\n```\n```text\n2\n```",
        "```python\n1 / 0\n```",
        "```text\noutput of nothing\n```",
        "```ruby\nputs 1\n```",
        "```python\n# routes/index.py\nt'<p>{1 / 0}'\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```text\nroutes/index.py:1  some error\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```console\n$ curl http://127.0.0.1:8000/\n<b>\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```html\n<a href='/' hx-get=\"/nowhere\">\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```html\n<p data-init=\"@get('/nowhere')\">\n```",
        "```python\n# tests/test_it.py\ndef test_it():\n    assert 1 == 2\n```",
        "```sh\nhyper serve --speed 9\n```",
        "```sh\nhyper serve --port eighty\n```",
        "```sh\nhyper serve --port\n```",
        "```sh\nHYPER_PORT=80 hyper sevre | tee log\n```",
        "```sh\nHYPER_PORT=eighty hyper serve\n```",
        "```sh\nuvicorn app:app --worker 4\n```",
        "```sh\nmake coffee\n```",
        "```sh\nno-such-tool\n```",
        "```console\n$ hyper routes\nnothing of the kind\n```",
        "```toml\n# pyproject.toml\n[tool.hyper]\nprot = 80\n```",
        "```nginx\nlisten 81;\n```",
        '```dockerfile\nCMD ["hyper", "serve", "--speed", "9"]\n```',
        "```yaml\nsite:\n  command: no-such-tool\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```yaml\ntest: urlopen('http://127.0.0.1:8000/nowhere')\n```",
        "```ini\nExecStart=/srv/site/.venv/bin/hyper serve\n```",
        "```xml\n<!-- static/icon.svg -->\n<svg>\n```",
        "```sql\nSELECT 1\n```",
        "```nginx\nupstream hyper { server 10.0.0.1; }\n```",
        "```python\n# routes/index.py\nt'<p>'\n```\n```caddyfile\nhealth_uri /nowhere\n```",
        "| You write | hyperpy says |\n|---|---|\n| `t'<p>'` | some error |\n",
    ],
)
def test_a_wrong_document_fails(text: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.md"
    file.write_text(f"# Wrong\n\n{text}\n")
    site = tmp_path / "site"
    site.mkdir()
    with pytest.raises((AssertionError, ZeroDivisionError)):
        Walk(Document.read(file), site).go()


@pytest.mark.parametrize(
    ("documented", "actual", "same"),
    [
        ("a\n  b", "a b\n", True),
        ("a b", "ab", False),
        ("a … c", "a b c", True),
        ("a …", "a b c", True),
        ("a …", "b", False),
        ("a", "a b", False),
    ],
)
def test_output_is_compared_without_white_space(documented: str, actual: str, same: bool) -> None:
    assert agrees(documented, actual) is same


@pytest.mark.parametrize("name", BY_NAME)
def test_links_have_targets(name: str) -> None:
    document = BY_NAME[name]
    for link in document.links():
        if re.match(r"https?://", link):
            continue
        path, _, fragment = link.partition("#")
        target = (document.file.parent / path).resolve() if path else document.file
        assert target.exists(), f"{name} links to {link}"
        if fragment:
            assert fragment in Document.read(target).anchors(), f"{name} links to {link}"


def test_every_page_can_be_reached_from_the_index() -> None:
    linked = {link.partition("#")[0] for link in BY_NAME["index.md"].links()}
    for document in BY_NAME.values():  # drawings
        linked |= {
            str((document.file.parent / link).resolve().relative_to(DOCS))
            for link in document.links()
            if link.endswith((".svg", ".json")) and "://" not in link
        }
    assert {str(file.relative_to(DOCS)) for file in IN_DOCS} - {"index.md"} <= linked


def test_anchors_are_made_as_code_hosts_make_them() -> None:
    assert anchor("What `hyper serve` does, and when") == "what-hyper-serve-does-and-when"


def test_every_setting_is_in_the_table() -> None:
    (table,) = [table for table in BY_NAME["deploying.md"].tables() if table.head[0] == "Flag"]
    rows = {code_in(row[2]): row for row in table.rows}
    assert set(rows) == {key_of(name) for name in setting_fields()}
    for name, field in setting_fields().items():
        flag, variable, _, default, _ = rows[key_of(name)]
        assert code_in(flag) == flag_of(name)
        assert code_in(variable) == variable_of(name)
        assert code_in(default) == (str(field.default) if field.default is not None else "none")


def test_every_variable_is_a_setting() -> None:
    known = {variable_of(name) for name in setting_fields()}
    named = {(name, found) for name, document in BY_NAME.items() for found in re.findall(r"\bHYPER_\w+", document.text)}
    assert {(name, found) for name, found in named if found not in known} == set()


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "tests/README.md"])
def test_commands_for_contributors_exist(name: str) -> None:
    blocks = [block for block in Document.read(REPOSITORY / name).blocks() if block.language == "sh"]
    assert blocks
    for block in blocks:
        for line in block.text.splitlines():
            check(line)


@pytest.mark.parametrize("name", BY_NAME)
def test_commands_within_sentences_exist(name: str) -> None:
    for _, code in re.findall(r"(`+)((?:[A-Z_]+=\S+ )*hyper [a-z].+?)\1", BY_NAME[name].prose):
        try:
            check(code)
        except AssertionError:
            check(f"{code} 1")  # a sentence may leave out the folder or the value


def test_the_reference_is_up_to_date() -> None:
    written = {name: BY_NAME[f"reference/{name}"].text for name in reference.pages()}
    expected = {name: f"{text.rstrip()}\n" for name, text in reference.pages().items()}
    assert written == expected, "run python -m tests.docs_support.reference"
    assert sorted(" ".join(reference.SUBJECTS.values()).split()) == sorted(hyperpy.__all__)


def test_every_public_name_is_explained() -> None:
    text = "\n".join(document.text for document in BY_NAME.values() if DOCS in document.file.parents)
    missing = [name for name in hyperpy.__all__ if not re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", text)]
    assert missing == []


def test_every_name_for_tests_is_in_their_table() -> None:
    (table,) = [table for table in BY_NAME["testing.md"].tables() if table.head[0] == "From `hyperpy.testing`"]
    named = [name for row in table.rows for name in re.findall(r"\w+", row[0])]
    assert sorted(named) == sorted(hyperpy.testing.__all__)


def test_the_list_of_quick_calls_is_complete() -> None:
    text = BY_NAME["route-files.md"].text
    section = text[text.index("## Calls that may block") :].split("\n## ")[0]
    lists = [set(paragraph.replace("`", "").replace(",", " ").split()) for paragraph in section.split("\n\n")]
    assert set(QUICK_BUILTINS) in lists
    assert set(QUICK_CALLS) in lists


def test_the_table_of_content_types_is_right() -> None:
    (table,) = [table for table in BY_NAME["streaming.md"].tables() if table.head[0] == "The file has"]
    columns = ["text/event-stream", "text/html", "text/event-stream, text/html", "*/*"]
    shapes = [
        GeneratorShape(template=True, begins_document=False, first_is_html=True, yields_event=False),
        GeneratorShape(template=False, begins_document=True, first_is_html=True, yields_event=False),
        GeneratorShape(template=False, begins_document=False, first_is_html=True, yields_event=False),
        GeneratorShape(template=False, begins_document=False, first_is_html=True, yields_event=True),
    ]
    words = {StreamMode.SSE: "events", StreamMode.HTML: "a page in parts", StreamMode.PAGE: "the page"}
    real = [[words[choose(shape, accepts(accept), forced=False)] for accept in columns] for shape in shapes]
    assert [list(row[1:]) for row in table.rows] == real


def test_the_table_and_the_chart_show_what_was_measured() -> None:
    run = Run.read(chart.FIGURES)
    assert chart.table(run) in BY_NAME["performance.md"].text, "run make bench ARGS=--save"
    assert chart.CHART.read_text() == chart.chart(run), "run make bench ARGS=--save"
    ElementTree.fromstring(chart.chart(run))  # it is well-formed XML


async def test_a_stream_reads_its_state_again_without_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = [block for block in BY_NAME["channels.md"].blocks() if block.text.startswith("# routes/count.py\n")]
    store = SimpleNamespace(titles=["Sow"])
    monkeypatch.setitem(sys.modules, "store", store)
    assert "timeout(30)" in block.text
    write_files(tmp_path, {"count.py": block.text.replace("timeout(30)", "timeout(0.05)")})
    async with hyperpy.testing.client(tmp_path) as site, site.stream("/count") as events:
        assert "Tasks: 1" in (await events.next()).data
        store.titles.append("Water")
        assert "Tasks: 2" in (await events.next()).data


@pytest.mark.parametrize("drawing", [file for file in IN_DOCS if file.suffix == ".svg"], ids=lambda file: file.stem)
def test_a_drawing_tells_screen_readers_what_it_shows(drawing: Path) -> None:
    root = ElementTree.parse(drawing).getroot()
    named = [root.find(f"*[@id='{name}']") for name in root.get("aria-labelledby", "").split()]
    assert root.get("role") == "img"
    assert [part.tag.rpartition("}")[2] for part in named if part is not None and part.text] == ["title", "desc"]


@pytest.mark.usefixtures("quickly")
def test_every_load_error_has_its_example_and_every_example_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with load_errors.recorded(monkeypatch) as reached:
        check_every_block("load-errors.md", tmp_path)
    missing = sorted(filter(load_errors.is_writable, load_errors.known() - reached))
    assert reached
    assert [f"{Path(file).name}:{line}" for file, line in missing] == []
