"""The prompt of `hyper shell`, and code that is passed to it. `await` works at the top level of both."""

import ast
import code
import platform
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, override

from starlette.types import ASGIApp

from hyperpy.app import Hyper
from hyperpy.cli.shell.shell_application import ShellSession

SOURCE: Final = "<hyper shell>"

_HELP: Final = {
    "app": "the application",
    "client": 'requests in this process: await client.get("/")',
    "url": 'the URL of a route: url("/users/{id}", id=7)',
    "channel": 'await channel("news").publish({"text": "hello"})',
    "queue": 'await queue("jobs").put({"id": 7})',
    "html": 'a template as HTML: html(t"<b>{name}</b>")',
    "asyncio": "the module",
}


def run_shell(load: Callable[[], ASGIApp], text: str | None) -> int:
    """Run `text`, or what is read at the prompt, in a loaded application. Returns the exit status.

    Without a terminal, all of standard input is the text. Raises what loading the application and its lifespan raise.
    """
    if text is None and not sys.stdin.isatty():
        text = sys.stdin.read()
    with ShellSession(load) as session:
        return run_prompt(session) if text is None else run_code(session, text)


def run_code(session: ShellSession, text: str) -> int:
    """Run statements. Returns the exit status: 1 after an exception, whose traceback is printed."""
    try:
        compiled = compile(text, SOURCE, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        session.run(_begin(compiled, session.namespace))
    except Exception as error:  # noqa: BLE001 (any code may raise any exception)
        print(_shown(error), file=sys.stderr, end="")
        return 1
    return 0


def run_prompt(session: ShellSession) -> int:
    """Read and run statements until the end of the input: in IPython if it is installed, else in a plain prompt."""
    if find_spec("IPython") is not None:
        _run_ipython(session)
        return 0
    _complete_names(session.namespace)
    _Console(session).interact(banner=banner(session), exitmsg="")
    return 0


def banner(session: ShellSession) -> str:
    """The names that are there, with what they are."""
    names = session.namespace
    lines = [f"hyper shell: Python {platform.python_version()}, hyperpy {version('hyperpy')}"]
    lines += [f"  {name:<8}  {text}" for name, text in _HELP.items() if name in names]
    if "client" not in names:
        lines.append('  There is no `client`: it needs pip install "./hyperpy[testing]", from your checkout.')
    if modules := [name for name, value in names.items() if isinstance(value, ModuleType) and name not in _HELP]:
        lines.append(f"  {'modules':<8}  {', '.join(modules)}")
    if isinstance(session.app, Hyper) and (errors := session.app.load_errors):
        lines.append(f"{len(errors)} of the route files can't be loaded; `hyper check` says why.")
    lines.append("`await` works at the prompt. Ctrl-D ends the shell.")
    return "\n".join(lines)


def _begin(compiled: CodeType, namespace: dict[str, Any]) -> Callable[[], object]:
    """Executes the code. The result is awaitable if there is an `await` at its top level."""
    return FunctionType(compiled, namespace)


class _Console(code.InteractiveConsole):
    """Python's console, whose statements run on the event loop of the session."""

    def __init__(self, session: ShellSession) -> None:
        super().__init__(session.namespace, SOURCE)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._session = session

    @override
    def runcode(self, code: CodeType) -> None:
        try:
            self._session.run(_begin(code, self._session.namespace))
        except SystemExit:
            raise
        except KeyboardInterrupt:
            self.write("\nKeyboardInterrupt\n")
        except BaseException as error:  # noqa: BLE001 (any code may raise any exception)
            self.write(_shown(error))


def _shown(error: BaseException) -> str:
    """The traceback from the first line that was typed."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename != SOURCE:
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error, step))


def _complete_names(namespace: dict[str, Any]) -> None:
    """Let the Tab key complete names, where readline is there."""
    if find_spec("readline") is not None:
        readline = import_module("readline")
        readline.set_completer(import_module("rlcompleter").Completer(namespace).complete)
        readline.parse_and_bind("tab: complete")


def _run_ipython(session: ShellSession) -> None:
    """IPython awaits on the event loop of the session, and runs other statements in this thread."""

    def start() -> None:
        app = import_module("IPython.terminal.ipapp").TerminalIPythonApp.instance(user_ns=session.namespace)
        app.initialize(argv=["--no-banner"])
        app.shell.loop_runner = lambda awaited: session.run(lambda: awaited)
        app.shell.autoawait = True
        app.start()

    print(banner(session))
    session.context.copy().run(start)
