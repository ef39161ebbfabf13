"""A response names what it varies by once, whatever has added to its `Vary`."""

from pathlib import Path

from hyperpy import Hyper, Settings
from tests.support.clients import BROWSER, client_of
from tests.support.sites import write_files

READS = "from hyperpy import Header, htmx, session\nx: str = Header('', alias='X-A')\nhtmx.boosted, session.get('a')\n"
STREAM = "async def stream():\n    yield t'event'\n"
TEXT = "from hyperpy import PlainTextResponse\nPlainTextResponse('a', headers={'Vary': 'x-a, B'})"
FILES = {
    "in/_guard.py": f"{READS}from hyperpy import redirect, request\nif request.query_params:\n    redirect('/')",
    "in/_error.py": f"{READS}t'failed'",
    "in/index.py": f"{READS}t'page'",
    "in/again.py": f"{READS}from hyperpy import redirect\nredirect('/')",
    "in/text.py": READS + TEXT,
    "in/failing.py": f"{READS}1 / 0\nt'page'",
    "in/missing.py": f"{READS}from hyperpy import HTTPException\nraise HTTPException(404, headers={{'Vary': 'X-A'}})",
    "in/events.py": READS + STREAM,
    "in/both.py": f"{READS}{STREAM}t'page'",
    "in/text-or-events.py": READS + STREAM + TEXT,
    "any.py": "from hyperpy import htmx, response\nresponse.headers['Vary'] = '*'\nhtmx.boosted\nt'page'",
    "twice.py": "from hyperpy import Header\na: str = Header('', alias='X-A')\nb: str = Header('', alias='x-a')\nt''",
}
READ = {"x-a", "hx-request", "hx-boosted", "cookie"}
EXPECTED = {
    "/in?away=1": READ | {"datastar-request"},
    "/in": READ,
    "/in/again": READ | {"datastar-request"},
    "/in/text": READ | {"b"},
    "/in/failing": READ | {"accept"},
    "/in/missing": READ | {"accept"},
    "/in/nowhere": READ | {"accept"},
    "/in/events": READ | {"accept"},
    "/in/both": READ | {"accept", "datastar-request"},
    "/in/text-or-events": READ | {"accept", "b"},
    "/any": {"*"},
    "/twice": {"x-a"},
}


async def test_each_name_is_in_it_once(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    app = Hyper(tmp_path, static=None, settings=Settings(secret_key="a key for these tests"))
    found = {}
    async with client_of(app) as http:
        for path in EXPECTED:
            values = (await http.get(path, headers={"Accept": BROWSER, "Cookie": "session=x"})).headers.get_list("vary")
            found[path] = sorted(name.strip().lower() for value in values for name in value.split(","))
    assert found == {path: sorted(names) for path, names in EXPECTED.items()}
