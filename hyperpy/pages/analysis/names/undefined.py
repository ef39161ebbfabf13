"""Names that nothing in a file sets: an error at load, not when the code that uses them runs."""

import ast
import difflib
import sys
from collections.abc import Iterator
from functools import partial
from types import MappingProxyType
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex, Use, When
from hyperpy.pages.analysis.names.builtin_names import builtins_now
from hyperpy.pages.analysis.names.forgotten_global import local_names
from hyperpy.pages.analysis.names.other_frameworks import AMBIGUOUS, INSTEAD
from hyperpy.pages.analysis.names.template_filters import applied, filter_advice
from hyperpy.pages.analysis.objects.descriptions import makes_namespace
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of
from hyperpy.record_classes import record
from hyperpy.templates import SourceText
from hyperpy.templates.at_load.literals import Literals


def check_names(
    parsed: ParsedFile, known: frozenset[str], vocabulary: Vocabulary, parameters: frozenset[str] = frozenset()
) -> None:
    """Raises RouteError for code that reads a name which no statement, function, import or declaration sets.

    `known` are the names that imports have set and those that code sets or looks up as strings.
    `parameters` are those of the file's URL.
    """
    known = known.union(parsed.bound, *(names.declares for names in parsed.names.values()))
    everywhere = known | builtins_now().everywhere | parsed.expected_to_fail
    unknown = list(_unknown_uses(parsed, everywhere, vocabulary))
    if not unknown:
        return
    check_templates(parsed, vocabulary)
    statement, use = unknown[0]
    name = use.node.id
    what = f"{_user(statement, use, parsed.index)} uses `{name}`, which nothing in this file sets"
    hint = _Advice(parsed, known, vocabulary, parameters).on(use.node)
    others = {each.node.id: f"`{each.node.id}` (line {each.node.lineno})" for _, each in reversed(unknown)}
    del others[name]
    if others:
        hint += f"\nAlso unknown here: {', '.join(reversed(others.values()))}."
    raise RouteError(what, place=place_of(use.node, parsed.file), hint=hint)


def _unknown_uses(
    parsed: ParsedFile, everywhere: frozenset[str], vocabulary: Vocabulary
) -> Iterator[tuple[ast.stmt, Use]]:
    for statement, names in parsed.names.items():
        for use in names.uses:
            name = use.node.id
            if name in everywhere or use.when is When.PERHAPS_NEVER or _is_conventional(name):
                continue
            if use.owner is not None and _makes_namespace(use.owner, vocabulary):
                continue
            yield statement, use


def _is_conventional(name: str) -> bool:
    """`__path__` and others that a module may have, and `_`, which `gettext.install` puts into `builtins`."""
    return name == "_" or (name.startswith("__") and name.endswith("__"))


def _makes_namespace(owner: ast.ClassDef, vocabulary: Vocabulary) -> bool:
    """Whether the body of a class may have names from a metaclass's `__prepare__`."""
    if owner.keywords:
        return True
    kinds = (type(base) for node in owner.bases if isinstance(base := vocabulary.value(node), type))
    return any(map(makes_namespace, kinds))


def _user(statement: ast.stmt, use: Use, index: FileIndex) -> str:
    """The subject of the message: the template, or the innermost function or class that has the name."""
    templates = filter(is_template, index.level(statement, ast.Expr))
    if any(index.contains(template, use.node) for template in templates):
        return "the template"
    user = "this line"
    for node in index.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, inside=statement):
        if any(index.contains(part, use.node) for part in node.body):
            user = node.name if isinstance(node, ast.ClassDef) else f"{node.name}()"
    return user


def check_templates(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises TemplateError for an invalid template: braces of CSS or JavaScript look like names to Python."""
    literals = Literals(SourceText(parsed.file, parsed.source), vocabulary.spellings(parsed.index, "fragment"))
    vocabulary.certain_templates(parsed.index, literals)


def _element_around(node: ast.Name, literal: ast.TemplateStr) -> str:
    """`script` or `style`, if a name is in a hole directly inside such an element."""
    text = ""
    for value in literal.values:
        if isinstance(value, ast.Interpolation) and any(inner is node for inner in ast.walk(value.value)):
            opened = {text.rfind(f"<{element}"): element for element in ("script", "style")}
            start = max(opened)
            return opened[start] if start >= 0 and f"</{opened[start]}" not in text[start:] else ""
        text += str(value.value).lower() if isinstance(value, ast.Constant) else ""
    return ""


_OF_OTHER_LANGUAGES: Final = MappingProxyType(
    {"true": "True", "false": "False", "null": "None", "nil": "None", "none": "None", "undefined": "None"}
)
_OF_BROWSERS: Final = frozenset(
    {"alert", "console", "document", "fetch", "localStorage", "location", "navigator", "setTimeout", "window"}
)


@record(frozen=True, slots=True)
class _Advice:
    """The hint for an unknown name."""

    parsed: ParsedFile
    known: frozenset[str]
    vocabulary: Vocabulary
    parameters: frozenset[str]

    def on(self, node: ast.Name) -> str:
        """The hint for a name, and that braces in scripts and styles are doubled."""
        around = map(partial(_element_around, node), self.parsed.index.of(ast.TemplateStr))
        element = next(filter(None, around), "")
        if not element:
            return self.to_set(node)
        braces = f"In <{element}>, write braces twice if they are not a value: `{{{{ … }}}}`."
        if element == "script" and node.id in _OF_BROWSERS:
            return braces
        return f"{braces} If `{node.id}` is meant: {self.to_set(node)}"

    def to_set(self, node: ast.Name) -> str:
        name = node.id
        if name in self.parameters:
            return f"It is a parameter of the URL. Declare it: `{name}: str`, or with another type, such as `int`."
        if (chain := self.filters(node)) is not None:
            return filter_advice(chain, name)
        if name in self.vocabulary.public:
            return f"Import it: `from hyperpy import {name}`."
        return (
            self.returned(name)
            or self.of_function(name)
            or self.of_framework(node)
            or self.similar(name)
            or self.imported(name)
            or self.declared(node)
        )

    def of_function(self, name: str) -> str:
        """A function may set a variable of that name, but a local one."""
        for function, local, _ in local_names(self.parsed.index):
            if local == name and not isinstance(function, ast.Lambda):
                keyword = "async def" if isinstance(function, ast.AsyncFunctionDef) else "def"
                head = f"{keyword} {function.name}({ast.unparse(function.args)}):"
                where = f"{function.name}() sets a local variable of that name"
                return f"{where}. To set it for the whole file, write\n\n    {head}\n        global {name}"
        return ""

    def filters(self, node: ast.Name) -> ast.expr | None:
        """The whole chain of filters, if a name is one of them: `{names|sort|join(", ")}`."""
        index, found = self.parsed.index, None
        above = index.parent(node)
        while isinstance(above, ast.expr) and not isinstance(above, ast.Interpolation | ast.TemplateStr):
            if (last := applied(above)) is not None and (found is not None or last[1] == node.id):
                found = above
            elif found is not None or not isinstance(above, ast.Call):
                break
            above = index.parent(above)
        return found

    def of_framework(self, node: ast.Name) -> str:
        """What hyperpy has for a name of another framework, unless the file may mean one of its own."""
        is_object = isinstance(self.parsed.index.parent(node), ast.Attribute)
        if node.id not in INSTEAD or (node.id in AMBIGUOUS and not (node.id == "g" and is_object)):
            return ""
        if difflib.get_close_matches(node.id, self.known, n=1, cutoff=0.85):
            return ""
        return f"hyperpy has no `{node.id}`. {INSTEAD[node.id]}"

    def returned(self, name: str) -> str:
        """A loader may return it in a dict, as views of other frameworks do."""
        for statement in self.parsed.tree.body:
            if isinstance(statement, ast.AsyncFunctionDef):
                for answer in self.parsed.index.owned(statement, ast.Return):
                    keys = answer.value.keys if isinstance(answer.value, ast.Dict) else ()
                    if any(isinstance(key, ast.Constant) and key.value == name for key in keys):
                        head = f"async def {statement.name}():\n        global {name}\n        {name} = …"
                        return f"A loader sets the variables of the page, in place of returning them:\n\n    {head}"
        return ""

    def similar(self, name: str) -> str:
        if name in _OF_OTHER_LANGUAGES:
            return f"In Python, it is `{_OF_OTHER_LANGUAGES[name]}`."
        known = [known for known in sorted(self.known) if not known.startswith((".", "_.", "__"))]
        if near := difflib.get_close_matches(name, known, n=1, cutoff=0.7):
            return f"Did you mean `{near[0]}`?{self.place(near[0])}"
        if name in sys.stdlib_module_names:
            inner = f" or `from {name} import {name}`" if hasattr(sys.modules.get(name), name) else ""
            return f"Import it: `import {name}`{inner}."
        # Words like `user` resemble many builtins, so only a slip of the fingers counts: `pirnt`, `lenn`.
        near = difflib.get_close_matches(name, sorted(builtins_now().everywhere), n=1, cutoff=0.8)
        return f"Did you mean `{near[0]}`?" if near else ""

    def place(self, name: str) -> str:
        for statement, names in self.parsed.names.items():
            if name in names.rebinds and isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                return f" It is set by {statement.name}(), line {statement.lineno}."
            if name in names.binds:
                return f" It is set at line {statement.lineno}."
        return ""

    def imported(self, name: str) -> str:
        if near := difflib.get_close_matches(name, sorted(sys.stdlib_module_names), n=1, cutoff=0.85):
            return f"Did you mean the module `{near[0]}`? Import it: `import {near[0]}`."
        return ""

    def declared(self, node: ast.Name) -> str:
        """An input can be declared for a value, but not for a class or a function that is called."""
        calls = (call.func for call in self.parsed.index.of(ast.Call))
        if node.id[:1].isupper() or node in calls:
            return "Import it, or define it in this file."
        return f"Import it, set it in the body or the loader, or declare it as an input: `{node.id}: str`."
