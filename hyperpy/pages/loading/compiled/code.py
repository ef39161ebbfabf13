"""The code objects of a route file, and what they need beside the namespace of its module."""

from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any

from hyperpy.exceptions import Place
from hyperpy.record_classes import record
from hyperpy.templates import InlineCode, SourceText, remember


@record(frozen=True, slots=True)
class CompiledTemplate:
    """A page, as an expression to evaluate in a request's namespace, and the fragments that could be extracted."""

    code: CodeType
    place: Place
    fragments: Mapping[str, CodeType]


@record(frozen=True, slots=True)
class CompiledBody:
    """The statements of a request before and after the loader."""

    before: CodeType | None
    after: CodeType | None


@record(frozen=True, slots=True)
class TemplateFunctions:
    """The functions that render t-strings of a file, by the names under which its code calls them.

    `lines` has the line of each t-string by its first words, for warnings about values.
    """

    functions: Mapping[str, InlineCode]
    lines: Mapping[str, int]

    def made(self, file: str, source: str) -> dict[str, object]:
        """The functions, to put into the namespace of the file's module."""
        text = SourceText(file, source)
        return {name: code.function(text) for name, code in self.functions.items()}

    def remember(self, file: str) -> None:
        """Record the places of t-strings that have been compiled in another process."""
        for words, line in self.lines.items():
            remember(words, Place(file, line))

    def data(self) -> tuple[object, ...]:
        return {name: code.data() for name, code in self.functions.items()}, self.lines

    @classmethod
    def of(cls, data: tuple[Any, ...]) -> TemplateFunctions:
        functions, lines = data
        return cls({name: InlineCode.of(each) for name, each in functions.items()}, lines)


@record(frozen=True, slots=True)
class CompiledRoute:
    once: CodeType
    body: CompiledBody
    by_method: Mapping[str, CompiledBody]
    """The bodies of methods that have a loader or stream of their own."""
    templates: tuple[CompiledTemplate, ...]
    functions: TemplateFunctions
    page: int | None
    """The index of the only template, if every request reaches it: then the body does not set it."""

    def names(self) -> set[str]:
        """The names that this code and the functions in it may look up in the namespace."""
        bodies = (self.body, *self.by_method.values())
        codes = [self.once, *(code for body in bodies for code in (body.before, body.after) if code is not None)]
        for template in self.templates:
            codes += [template.code, *template.fragments.values()]
        return set[str]().union(*map(names_in, codes))

    def data(self) -> tuple[object, ...]:
        """The same as plain data, for `marshal`."""
        return (
            self.once,
            _body_data(self.body),
            {method: _body_data(body) for method, body in self.by_method.items()},
            tuple((each.code, each.place.line, dict(each.fragments)) for each in self.templates),
            self.functions.data(),
            self.page,
        )

    @classmethod
    def of(cls, data: Iterable[Any], file: str) -> CompiledRoute:
        once, body, by_method, templates, functions, page = data
        return cls(
            once,
            CompiledBody(*body),
            {method: CompiledBody(*each) for method, each in by_method.items()},
            tuple(CompiledTemplate(code, Place(file, line), fragments) for code, line, fragments in templates),
            TemplateFunctions.of(functions),
            page,
        )


def _body_data(body: CompiledBody) -> tuple[CodeType | None, CodeType | None]:
    return body.before, body.after


def names_in(code: CodeType) -> set[str]:
    """The names that code and the functions in it look up outside of them."""
    return set(code.co_names).union(*(names_in(each) for each in code.co_consts if isinstance(each, CodeType)))
