"""Constants by call run once; objects that should be shared are reported; caches can't keep a request's names."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from hyperpy.app.loaded_routes import LoadedRoute, load_routes
from hyperpy.pages import Route
from hyperpy.pages.analysis.constants import CONSTANT_BUILTINS, CONSTANT_CALLS, CONSTANT_METHODS
from tests.pages.test_checked_names import PAGE, load_errors, unexpected
from tests.support.sites import Write

PRIVATE = {"_config.py": "LIMIT = 3\nITEMS = [3]\nSTRIKE = __import__('re').I\n"}

CONSTANT = (
    "X = int('20')",
    "X: int = int('20')",
    "import re\nX = re.compile('x', re.I | re.M)",
    "from re import compile as c\nX = c('x')",
    "from ._config import STRIKE, LIMIT\nimport re\nX = re.compile('x' * LIMIT, STRIKE)",
    "from pathlib import Path\nX = Path(__file__).resolve().parent / 'data'",
    "from decimal import Decimal\nX = Decimal('1.2') * 2",
    "import datetime as dt\nX = dt.timedelta(days=2)",
    "X = frozenset({'a', 'b'})",
    "from typing import Final\nX: 'Final' = [1]",
    "import typing\nX: 'typing.Final[list]' = [1]",
    "X = tuple(['a'])",
    "X = max([1, 2])",
    "import os\nX = os.environ['CONSTANT_OF_TESTS']",
    "import os\nX = int(os.environ.get('NOT_SET', '3'))",
    "from os import environ as e\nX = e['CONSTANT_OF_TESTS']",
    "import os\nX = os.getenv('NOT_SET') or 'b'",
    "import os\nif os.getenv('NOT_SET') == 'b':\n    X = 1\nelse:\n    X = 2",
    "A = 2\nX = A * 60",
    "A = int('2')\nB = A\nX = range(B)",
    "from ._config import LIMIT\nX = LIMIT + 1",
    "X = 'a b'.upper()",
    "import logging\nX = logging.getLogger(__name__)",
    "def X(x=int('3')): return x",
    "from types import MappingProxyType as M\nX = M({'a': 1})",
    "from collections import namedtuple\nX = namedtuple('X', ['a', 'b'])",
    "A = X = (int('1'), str(2))",
)
NOT_CONSTANT = (
    "X = [1]",
    "X = 'a b'.split()",
    "from datetime import datetime\nX = datetime.now()",
    "import random\nX = int(random.random())",
    "X = int('x') if len('') else 1 / 0",
    "ZERO = 0\nX = 1 / ZERO",
    "X = list((1,))",
    "X = dict(a=1)",
    "q: int\nX = int(q)",
    "A = [1]\nX = len(A)",
    "A = ['1']\nX = int(A[0])",
    "def int(x): return []\nX = int('3')",
    "A = 1\nA = 2\nX = A + 1",
    "A = 1\ndef f():\n    global A\n    A = 2\nX = A + 1",
    "import uuid\nX = uuid.uuid4()",
    "X = tuple([[1]])",
    "X = frozenset(x for x in [1])",
    "X = max([1], [2])",
    "from ._config import ITEMS\nX = tuple(ITEMS)",
    "X = tuple(*[[1]])",
    "from hyperpy import POST\nX = bool(POST)",
    "import os\nX = os.environ",
)


def loaded(write: Write, sources: tuple[str, ...]) -> Mapping[str, LoadedRoute]:
    """The routes of some files, by their sources."""
    folder = write(PRIVATE | {f"r{number}.py": source + PAGE for number, source in enumerate(sources)})
    entries = {Path(entry.file).stem: entry for entry in load_routes(folder).entries}
    return {source: entries[f"r{number}"] for number, source in enumerate(sources)}


def runs_for_each_request(route: LoadedRoute) -> bool:
    assert isinstance(route, Route), str(route.error)
    return route.before is not None and "X" in route.before.co_names


def test_constants_run_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSTANT_OF_TESTS", "3")
    routes = loaded(write, CONSTANT + NOT_CONSTANT)
    assert [source for source in CONSTANT if runs_for_each_request(routes[source])] == []
    assert [source for source in NOT_CONSTANT if not runs_for_each_request(routes[source])] == []


def test_the_docs_list_the_constants() -> None:
    text = Path("docs/route-files.md").read_text(encoding="utf-8")
    listed = text[text.index("### Constants") : text.index("### Shared objects")]
    words = set(re.findall(r"`([^`]+)`", listed))
    names = {
        f"{module}.{function.__name__}".replace("mappingproxy", "MappingProxyType")
        for module, functions in CONSTANT_CALLS.items()
        for function in functions
    }
    assert sorted((CONSTANT_BUILTINS | CONSTANT_METHODS | names) - words) == []


REMADE = {
    "import asyncio\nlock = asyncio.Lock()": "Write `lock: Final = asyncio.Lock()`",
    "from asyncio import Semaphore as S\nn = [1]\nlimit = S(n[0])": "It uses `n`, which belongs to a request",
    "import threading\nlock = threading.Lock()": "`lock` is made for each request",
    "import threading\nown = threading.local()": "`own` is made for each request",
    "import threading\nwith threading.RLock():\n    pass": "this threading.RLock is made for each request",
    "import queue\njobs = queue.Queue()": "`jobs` is made for each request",
    "import httpx\nclient = httpx.AsyncClient()": "Write `client: Final = httpx.AsyncClient()`",
    "from concurrent.futures import ThreadPoolExecutor as T\npool = T(3)": "Write `pool: Final = T(3)`",
    "import asyncio\nfrom hyperpy import POST\nif POST:\n    lock = asyncio.Lock()": "`lock` is made for each request",
    "import weakref\nseen = weakref.WeakKeyDictionary()": "`seen` is made for each request",
    "from typing import Final\nn = [1]\nx: Final = len(n)": "`x` is made for each request although it is `Final`",
    "_CACHE: dict = {}": "Write `_CACHE: Final = {}`",
    "page_cache = dict()": "`page_cache` is made for each request",
    "n = [1]\nclass A:\n    size = len(n)": "the class A is made for each request, because it uses `n`",
    "import random\nfrom pydantic import BaseModel as B\nLOW = random.random()\nclass A(B):\n    x: float = LOW": (
        "Write `LOW: Final = random.random()`"
    ),
    "from functools import cache\n@cache\ndef f(x=[]): return x": "the cache of f() is made for each request",
}
SHARED = (
    "import asyncio\nfrom typing import Final\nlock: Final = asyncio.Lock()",
    "xs = []\nd = {}\ncache_size = 3",
    "import httpx\ndef f():\n    with httpx.Client() as client: return client",
    "LIMIT = int('3')\nclass A:\n    x = LIMIT",
    "from functools import cache\n@cache\ndef f(x): return x",
)


def test_objects_that_should_be_shared(write: Write) -> None:
    routes = loaded(write, (*REMADE, *SHARED))
    found = {source: "".join(map(str, r.warnings)) for source, r in routes.items() if isinstance(r, Route)}
    assert {source: found[source] for source, expected in REMADE.items() if expected not in found[source]} == {}
    assert {source: found[source] for source in SHARED if found[source]} == {}


CACHED = {
    "a variable": "from functools import cache\nxs = [1]\n@cache\ndef f(): return xs",
    "an input": "from functools import lru_cache\nq: str\n@lru_cache(maxsize=3)\ndef f(): return q",
    "a function": "from functools import cache\nxs = [1]\ndef g(): return xs\n@cache\ndef f(): return g()",
    "a property": (
        "from functools import cached_property as kept\nxs = [1]\nclass A:\n    @kept\n    def f(self): return xs"
    ),
    "the request": "import functools\nfrom hyperpy import Request\nrequest: Request\n@functools.cache\n"
    "def f(): return request.url",
}


def test_caches_of_a_requests_names(write: Write) -> None:
    sources = {title: source + PAGE for title, source in CACHED.items()}
    sources["not a request's"] = (
        "from functools import cache\ndef g(x, a=[]): return x\n@cache\ndef f(x): return g(x)" + PAGE
    )
    found = load_errors(write, sources)
    assert unexpected(found, dict.fromkeys(CACHED, "of the request")) == {}
