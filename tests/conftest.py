"""For every test: which are run, the programs of the machine, and a real browser."""

import fcntl
import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from coverage.exceptions import CoverageWarning
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.fork_server import MEASURES
from tests.support.programs import find_program, how_to_get
from tests.support.running_loop import RunningLoop

PATIENCE = 30_000  # milliseconds until a test fails because a page still does not show what it should

# The tests whose subject is processes.
PROCESSES = frozenset({"test_dev.py", "test_module_commands.py", "test_supervisor.py", "test_workers.py"})

type RequireProgram = Callable[[str], str]

# A browser that may run as root in a container, and sends no requests but those of its pages.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

DESELECTED = pytest.StashKey[int]()  # how many slow tests were left out


def pytest_configure(config: pytest.Config) -> None:
    config.stash[DESELECTED] = 0
    # A process that a test kills while it writes its coverage leaves half a file.
    message = r"Couldn't use data file|Data file .* isn't a coverage data file"
    warnings.filterwarnings("ignore", message, CoverageWarning)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are processors, since some tests wait. Each worker costs a collection and a browser, though."""
    return (os.process_cpu_count() or 1) + 4


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect without garbage collection, which would search thousands of imported objects again and again."""
    gc.disable()
    with Path(__file__).open() as lock:
        if os.environ.get("CI") == "true" and hasattr(session.config, "workerinput"):
            wait_for_bytecode(lock.fileno())
        yield
    if "hypothesis" in sys.modules:
        register_randomness()
    sys.dont_write_bytecode = True  # this process loads the files of a test once; those that it starts are not affected
    gc.collect()
    gc.freeze()  # each collection that a test asks for looks at the test's own objects alone
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def no_garbage_of_other_modules() -> Iterator[None]:
    """Keep a collection that a test asks for as short as in a run of this module alone."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def measured_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Measure the coverage of other processes only where these are the subject: each takes time to start and to end."""
    with pytest.MonkeyPatch.context() as patch:
        if request.path.name not in PROCESSES:
            patch.delenv(MEASURES, raising=False)
        yield


def register_randomness() -> None:
    """Run a first test of Hypothesis, which must find the owner of its random numbers among unfrozen objects."""
    from hypothesis import given, strategies

    given(strategies.none())(lambda _: None)()


def wait_for_bytecode(lock: int) -> None:
    """Let the first process of pytest-xdist compile all modules of a new clone, before the others read them."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_SH)


@pytest.hookimpl(trylast=True)  # after -k has made its choice
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the slow tests first, so that no process is left alone with them. Leave them out if they are not wanted."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    items[:] = slow + others
    wanted = "true" in (os.environ.get("CI"), os.environ.get("SLOW")) or os.environ.get("SLOW") == "1"
    if wanted or config.option.markexpr or any("::" in argument for argument in config.args):
        return
    if slow:
        config.stash[DESELECTED] = len(slow)
        config.hook.pytest_deselected(items=slow)
        items[:] = others


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Each process of pytest-xdist collects the same tests; the one that reports collects none."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["deselected"] = session.config.stash[DESELECTED]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[DESELECTED] = getattr(node, "workeroutput", {}).get("deselected", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash[DESELECTED]:
        terminalreporter.write_line(f"Left out {count} slow test{'s' * (count > 1)}. Add SLOW=1 to run them as well.")


@pytest.fixture(scope="session")
def require_program() -> RequireProgram:
    """Returns the path of a program. Without it, the test is skipped on a laptop, and fails if CI=true."""

    def find(program: str) -> str:
        if path := find_program(program):
            return path
        message = how_to_get(program)
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    return find


@pytest.fixture(scope="session")
def chromium(require_program: RequireProgram) -> Iterator[tuple[Browser, RunningLoop]]:
    """One browser for each process of a run: Playwright and Chromium take more than a second of CPU time to start."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        launched = playwright.chromium.launch(executable_path=require_program("chromium"), args=FLAGS)
        loop = RunningLoop()
        loop.set_aside()
        yield launched, loop
        loop.resume()
        launched.close()


@pytest.fixture(scope="module")
def browser(chromium: tuple[Browser, RunningLoop]) -> Iterator[Browser]:
    launched, loop = chromium
    loop.resume()
    yield launched
    for context in launched.contexts:
        context.close()
    loop.set_aside()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without cookies, cache or open pages."""
    opened = browser.new_context(viewport={"width": 1200, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def page_errors(page: Page) -> list[str]:
    """Errors and warnings so far: in the page's console, of its scripts, and of its requests."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(f"{request.url}: {request.failure}"))
    return errors
