"""Who may see the inspector, and which processes have one."""

import subprocess
import sys

from hyperpy.app.guards import Guards
from hyperpy.channels import Channel, Hub
from hyperpy.inspector import Inspector
from hyperpy.inspector.local_access import may_inspect
from hyperpy.pages import Run
from hyperpy.routing import Router
from hyperpy.streams import Streams

LOCAL = ("127.0.0.1", 50_000)
VISIT = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def scope(client=LOCAL, host="localhost:8000", path="/_hyper/", **headers):
    raw = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "client": client,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in raw.items()],
    }


def test_only_this_machine_may_see_it():
    allowed = [
        scope(),
        scope(host="127.0.0.1:8000"),
        scope(host="[::1]:8000", client=("::1", 1)),
        scope(host="app.localhost"),
        scope(client=("127.8.8.8", 1)),
        scope(sec_fetch_site="none"),
        scope(sec_fetch_site="same-origin", sec_fetch_mode="cors", sec_fetch_dest="empty"),
        scope(sec_fetch_site="cross-site", **VISIT),  # a link
    ]
    refused = [
        scope(host="rebound.example"),
        scope(host="localhost.rebound.example"),
        scope(host=""),
        scope(host="192.168.0.7"),
        scope(client=("192.168.0.7", 1)),
        scope(client=("192.168.0.7", 1), host="127.0.0.1"),
        scope(client=None),
        scope(x_forwarded_for="203.0.113.9"),
        scope(forwarded="for=203.0.113.9"),
        scope(sec_fetch_site="cross-site", sec_fetch_mode="no-cors", sec_fetch_dest="script"),
        scope(sec_fetch_site="same-site", sec_fetch_mode="cors", sec_fetch_dest="empty"),  # another port
        scope(sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="iframe"),
    ]
    assert [each for each in allowed if not may_inspect(each)] == []
    assert [each for each in refused if may_inspect(each)] == []


async def test_responses_can_not_be_read_by_other_sites(inspect):
    async with inspect({"index.py": "t'<p>x</p>'"}) as (_, site):
        for path in ("/_hyper/", "/_hyper/nowhere", "/_hyper/static/live.js"):
            headers = (await site.get(path)).headers
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "access-control-allow-origin" not in headers
        refused = await site.get("/_hyper/", headers={"sec-fetch-site": "cross-site"})
        assert (refused.status_code, "Routes" in refused.text) == (403, False)


async def test_it_only_answers_get(inspect):
    async with inspect({"index.py": "t'<p>x</p>'"}) as (_, site):
        statuses = {method: (await site.request(method, "/_hyper/requests")).status_code for method in ("HEAD", "POST")}
        assert statuses == {"HEAD": 200, "POST": 405}


async def test_the_module_for_browsers_is_still_the_application_s(inspect):
    async with inspect({"index.py": "t'<p>x</p>'"}) as (_, site):
        assert "createStream" in (await site.get("/_hyper/stream.js")).text
        assert (await site.get("/_hyper")).headers["location"] == "/_hyper/"


def test_only_hyper_dev_imports_it():
    code = "import sys, hyperpy.cli, hyperpy.testing; print([name for name in sys.modules if 'inspector' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_nothing_is_measured_without_it():
    measured = (
        *((Router, name) for name in ("match",)),
        *((Run, name) for name in ("prepare", "bind", "_execute", "_load", "_page_to_send")),
        *((Guards, "answer"), (Streams, "add"), (Hub, "publish"), (Channel, "subscribe")),
    )
    before = [getattr(owner, name) for owner, name in measured]
    inspector = Inspector(object())
    during = [getattr(owner, name) for owner, name in measured]
    inspector.close()
    assert [getattr(owner, name) for owner, name in measured] == before
    assert not set(before) & set(during)
