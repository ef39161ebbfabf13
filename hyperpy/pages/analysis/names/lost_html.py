"""HTML that is lost: a statement like `Page()` or `html(t"…")`, whose value nothing shows, or a t-string made text."""

import ast
from collections.abc import Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.objects.answering_functions import is_users_function, returns_html
from hyperpy.pages.analysis.objects.returned_values import returned_values
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of
from hyperpy.record_classes import record

_CALLS = frozenset({"Markup", "html"})


@record(frozen=True)
class LostHTML:
    parsed: ParsedFile
    vocabulary: Vocabulary

    def error(self) -> RouteError | None:
        """The error for a file without an answer that has such a statement at its top level."""
        for statement in self.parsed.tree.body:
            if isinstance(statement, ast.Expr) and self.is_html(statement.value):
                what, hint = self._words(statement.value)
                return RouteError(what, place=place_of(statement, self.parsed.file), hint=hint)
        return None

    def warnings(self) -> Iterator[LoadWarning]:
        """For all of them, in a file that has another answer, and for t-strings that become text."""
        for statement in self.parsed.index.of(ast.Expr):
            if self.is_html(statement.value):
                what, hint = self._words(statement.value)
                yield LoadWarning(what, place_of(statement, self.parsed.file), hint)
        yield from self.texts()

    def texts(self) -> Iterator[LoadWarning]:
        """Warnings about t-strings in f-strings and `str()`, which show them as Python's `Template(…)`."""
        for node in self.parsed.index.of(ast.FormattedValue, ast.Call):
            match node:
                case ast.FormattedValue(value=value, conversion=-1 | 115):
                    name, hint = "an f-string", 'Write t"…" in place of f"…".'
                case ast.Call(func=ast.Name(id="str") as called, args=[value]) if self._is_builtin(called):
                    name, hint = (
                        "str()",
                        "Interpolate the t-string without it. To get its HTML as a `str`, write `html(…)`.",
                    )
                case _:
                    continue
            if isinstance(value, ast.TemplateStr) or self._is_template(value):
                what = f"{name} shows the parts of a t-string, `Template(strings=…)`, and not its HTML"
                yield LoadWarning(what, place_of(value, self.parsed.file), hint)

    def _is_template(self, value: ast.expr) -> bool:
        """Whether an expression is HTML that isn't a `str` yet."""
        return self.is_html(value) and not self._is_made(value)

    def _is_builtin(self, name: ast.Name) -> bool:
        return name not in self.vocabulary.local and name.id not in self.parsed.bound

    def is_html(self, value: ast.expr) -> bool:
        """Whether an expression is certainly HTML, and not awaited: a loader is awaited for what it sets."""
        match value:
            case ast.Name(id=name):
                return self._is_bound_to_html(value, name)
            case ast.Call(func=called):
                return self.vocabulary.public_name(called) in _CALLS or self._returns_html(called)
        return False

    def _is_bound_to_html(self, name: ast.Name, target: str) -> bool:
        if name in self.vocabulary.local or target not in self.parsed.bound_once:
            return False
        assigned = [s for s in self.parsed.tree.body if isinstance(s, ast.Assign) and _binds(s, target)]
        return any(isinstance(s.value, ast.TemplateStr) for s in assigned)

    def _is_made(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and self.vocabulary.public_name(value.func) in _CALLS

    def _returns_html(self, called: ast.expr) -> bool:
        if isinstance(called, ast.Name) and called not in self.vocabulary.local:
            for function in self.parsed.tree.body:
                if isinstance(function, ast.FunctionDef) and function.name == called.id:
                    is_plain = called.id in self.parsed.bound_once and not function.decorator_list
                    values = returned_values(function) if is_plain else []
                    return bool(values) and all(isinstance(value, ast.TemplateStr) for value in values)
        return is_users_function(self.vocabulary.value(called)) and self.vocabulary.answer(returns_html, called)

    def _words(self, value: ast.expr) -> tuple[str, str]:
        written = ast.unparse(value)
        match value:
            case ast.Call(func=called, args=[ast.TemplateStr()]) if self.vocabulary.public_name(called) in _CALLS:
                name = ast.unparse(called)
                return f"nothing shows the HTML of `{name}(…)`", f"Write the t-string alone, without `{name}(…)`."
            case ast.Call(func=called):
                written = f"{ast.unparse(called)}({'…' if value.args or value.keywords else ''})"
        hint = f'Interpolate it in a t-string: t"{{{written}}}".'
        return f"nothing shows the HTML of `{written}`", hint


def _binds(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
