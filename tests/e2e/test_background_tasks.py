"""A background task that fails is logged once, under the name of its route file, and the server hears nothing of it."""

import logging
import re

import httpx
import pytest

from hyperpy.config import Settings

SETTINGS = Settings(secret_key="x" * 32)
WORK = """\
from starlette.background import BackgroundTask


async def fail():
    raise ValueError("no mail")


def fail_in_thread():
    raise ValueError("no mail")


TASK = BackgroundTask(fail)
"""
IMPORTS = "from hyperpy import *\nfrom starlette.responses import *\nfrom routes._work import *\n"
FILES = {
    "page.py": "response.background = TASK\nt'x'",
    "thread.py": "response.background = BackgroundTask(fail_in_thread)\nt'x'",
    "answer.py": "Response('x', background=TASK)",
    "redirect.py": "response.background = TASK\nredirect('/page')",
    "empty.py": "Response(status_code=204, background=TASK)",
    "streaming.py": "StreamingResponse(iter(['x']), background=TASK)",
    "streamed.py": "session.get('x')\nStreamingResponse(iter(['x']), background=TASK)",
    "file.py": "FileResponse(__file__, background=TASK)",
    "late.py": "async def late():\n    return 'x'\nresponse.background = TASK\nt'{late()}'",
    "stream.py": "response.background = TASK\nasync def stream():\n    yield 'x'",
    "closed/_guard.py": "response.background = TASK\nResponse('x', 403)",
    "closed/index.py": "t'x'",
    "broken/index.py": "x = 1 / 0\nt'{x}'",
    "broken/_error.py": "response.background = TASK\nt'x'",
}


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("/index.py")])
async def test_the_failure_of_a_background_task_is_logged_once(name, make, caplog, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    app = make({"_work.py": WORK} | {file: IMPORTS + source for file, source in FILES.items()}, settings=SETTINGS)
    path = name.rpartition("/")[0] or name.removesuffix(".py")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site.example") as client:
        assert (await client.get(f"/{path}")).status_code < 600  # the exception isn't raised here
    failures = [record for record in caplog.records if "background" in record.getMessage()]
    assert [record.getMessage() for record in failures] == [
        f"routes/{name}: the background task failed: ValueError: no mail"
    ]
    # As the formatter of any server shows it.
    shown = logging.Formatter().format(failures[0]).rpartition("During handling")[2]  # of the page's own error
    assert "routes/_work.py" in re.findall('  File "(.*)"', shown)[0]
    assert shown.count("  File ") == 1
