"""The browser module under Node: its own tests, tests against hyperpy, and its types."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import hyperpy
from tests.conftest import RequireProgram
from tests.support.servers import hyper_serve
from tests.support.sites import write_files

HERE = Path(__file__).parent
MODULE = Path(hyperpy.__file__).parent / "web" / "client" / "stream.js"
TYPES = MODULE.with_name("stream.d.ts")

PATIENCE = 120  # seconds

SITE = {
    "routes/values.py": """
        from hyperpy import JSON

        async def stream():
            yield "Starting & <b>"
            for value in (42, 0.5, True, None, [1, "a"], {"status": "ok", "items": ["alpha"]}):
                yield "value", value
            yield JSON("42")
            yield t"<b>7</b>\\n<i>8</i>"
            yield "done", {"success": True, "processed": 100}
        """,
    "routes/both.py": """
        t"<h1>Page</h1>"

        async def stream():
            yield t"<p>live</p>"
        """,
    "routes/echo.py": """
        from hyperpy import POST, Request

        request: Request

        async def stream():
            body = (await request.body()).decode()
            if POST:
                yield "done", {"method": request.method, "type": request.headers["content-type"], "body": body}
        """,
    "routes/number.py": """
        from typing import Annotated

        from hyperpy import Query

        n: Annotated[int, Query()]

        async def stream():
            yield "done", n
        """,
    "routes/page.py": "t'<p>No stream</p>'",
    "routes/fragile.py": """
        async def stream():
            yield "progress", 10
            raise ValueError("secret")
        """,
    "routes/late.py": """
        from hyperpy import HTTPException

        async def stream():
            yield "progress", 10
            raise HTTPException(403, "Not yours")
        """,
    "routes/count.py": """
        from typing import Annotated

        from hyperpy import Header

        last: Annotated[int, Header(alias="Last-Event-ID")] = 0

        async def stream():
            for number in range(last + 1, 5):
                yield {"data": number, "id": number}
        """,
    "routes/_watching.py": """
        came, left = [], []
        """,
    "routes/watch.py": """
        import asyncio

        from routes._watching import came, left

        async def stream():
            came.append(1)
            try:
                yield "hello", 1
                await asyncio.Event().wait()
            finally:
                left.append(1)
        """,
    "routes/watchers.py": """
        from routes._watching import came, left

        t"<p>{len(came)} came, {len(left)} left</p>"
        """,
}


@pytest.fixture
def node(require_program: RequireProgram) -> str:
    return require_program("node")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tests, and next to them the module, under a name that Node takes for a module."""
    for path in HERE.glob("*.mjs"):
        shutil.copy(path, tmp_path)
    shutil.copy(MODULE, tmp_path / "stream.mjs")
    return tmp_path


def run_tests(node: str, file: Path, **variables: str) -> None:
    command = [node, "--test", "--test-reporter=spec", str(file)]
    environment = os.environ | variables
    done = subprocess.run(command, capture_output=True, check=False, env=environment, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]", done.stdout), done.stdout


@pytest.mark.parametrize("name", sorted({path.name for path in HERE.glob("*.test.mjs")} - {"site.test.mjs"}))
def test_the_module(node: str, folder: Path, name: str) -> None:
    run_tests(node, folder / name)


def test_with_a_site_of_hyperpy(node: str, folder: Path) -> None:
    write_files(folder / "site", SITE)
    with hyper_serve(folder / "site") as command:
        run_tests(node, folder / "site.test.mjs", SITE=f"http://127.0.0.1:{command.port()}")


LOOK = """
import * as module from "./stream.mjs";
const members = (object, Class) => [...Object.keys(object), ...Object.getOwnPropertyNames(Class.prototype)];
const { createStream, EventParser, StreamError } = module;
const stream = createStream("http://localhost/"), parser = new EventParser();
globalThis.fetch = async () => new Response("", { headers: { "content-type": "text/event-stream" } });
const response = await new Promise((resolve) => stream.open(resolve).error(() => {}).start());
console.log(JSON.stringify({
    exports: Object.keys(module),
    Stream: members(stream, stream.constructor),
    EventParser: members(parser, EventParser),
    StreamError: Object.getOwnPropertyNames(new StreamError("http", "m", { cause: 1 })),
    StreamEvent: Object.keys(parser.push("data: 1\\n\\n")[0]),
    StreamResponse: Object.keys(response),
}));
"""


def declared(kind: str, name: str) -> set[str]:
    """The members of a class or interface in the types."""
    found = re.search(rf"^export {kind} {name}\b[^{{\n]*{{\n(.*?)^}}", TYPES.read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return set(re.findall(r"^    (?:readonly )?(\w+)\??[(:]", found[1], re.MULTILINE))


def test_the_types_have_the_names_of_the_module(node: str, folder: Path) -> None:
    (folder / "look.mjs").write_text(LOOK)
    done = subprocess.run([node, "look.mjs"], cwd=folder, capture_output=True, check=True, text=True, timeout=PATIENCE)
    seen = {name: set(members) for name, members in json.loads(done.stdout).items()}
    values = re.findall(r"^export (?:class|function) (\w+)", TYPES.read_text(), re.MULTILINE)
    assert seen["exports"] == set(values)
    assert seen["Stream"] - {"constructor"} == declared("interface", "Stream")
    assert seen["EventParser"] == declared("class", "EventParser")
    assert seen["StreamError"] - {"stack", "message"} == declared("class", "StreamError") - {"constructor"}
    assert seen["StreamEvent"] == declared("interface", "StreamEvent")
    assert seen["StreamResponse"] == declared("interface", "StreamResponse")


def test_the_types_have_the_options_of_the_module() -> None:
    source = MODULE.read_text()
    taken = [re.search(pattern, source) for pattern in (r"constructor\(url, {(.*)}", r"requestInit\({(.*)}\)")]
    # As in `reconnect = false, signal, ...request`.
    parts = [part.strip() for found in taken if found for part in found[1].split("}")[0].split(",")]
    assert {part.split(" =")[0] for part in parts if not part.startswith("...")} == declared(
        "interface", "StreamOptions"
    )
    delays = re.search(r"^const DELAYS = {(.*)}", source, re.MULTILINE)
    assert delays
    assert set(re.findall(r"(\w+):", delays[1])) == declared("interface", "ReconnectOptions")
