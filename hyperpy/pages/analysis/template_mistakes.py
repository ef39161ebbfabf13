"""Text in t-strings that looks like a value, a component or HTML, but isn't one."""

import ast
import re
from collections.abc import Collection, Iterator

from hyperpy.exceptions import Place
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.facts import LoadWarning, place_of
from hyperpy.templates.syntax.attribute_values import FALSE_WORDS, is_boolean

# With spaces, as other template languages write it. Without, it is how a t-string shows braces: `/users/{{id}}`.
_IN_BRACES = lazy_pattern(r"(?<!\{)\{\s+([^\W\d]\w*)[\w.]*\s+\}(?!\})")
_TAG = lazy_pattern(r"<([A-Z]\w*)(?=[\s/>])")
_ELEMENT = lazy_pattern(r"\s*(<([a-z][\w-]*)(\s[^<>]*)?>.*</\2>|<(br|hr|img|input)\b[^<>]*>)\s*", re.DOTALL)
_RAW = lazy_pattern(r"<(/?)(?:script|style)\b", re.IGNORECASE)
_HOLE = "x"
# Attributes of JSX and Astro. Browsers ignore them.
_FOREIGN = lazy_pattern(
    r"(?<=\s)(?:(className|htmlFor|class:list|set:html|set:text|define:vars|dangerouslySetInnerHTML)\s*="
    r"|(is:inline|is:global|is:raw|client:(?:idle|load|media|only|visible)|server:defer)(?=[\s=/>]))"
)
_INSTEAD = {
    "className": "Write `class`.",
    "htmlFor": "Write `for`.",
    "class:list": "Write `class`, which takes a list or a dict as well.",
    "set:text": "Write the value as the element's content.",
    "define:vars": "Write the values in the script, where they are JSON: <script>const name = {name}</script>.",
    "is:inline": "Remove it: scripts and styles are sent as they are.",
    "is:global": "Remove it: a style sheet is for the whole page.",
    "is:raw": "Remove it, and write braces twice: {{ and }}.",
    "server:defer": 'Write the component inside <{Suspense} fallback={t"…"}>.',
}
# A value that says no, in an attribute that any value sets.
_FALSE = lazy_pattern(
    rf"""(?<=\s)([a-z-]+)\s*=\s*(["']?)({"|".join(sorted(FALSE_WORDS))})\2(?=[\s/>])""", re.IGNORECASE
)
_OPEN_TAG = lazy_pattern(r"""<([A-Za-z][^\s/>]*)(?:\s+[^\s"'<>=/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?)*\s+""")
_CONTENT = "Write the value as the element's content; `{…:safe}` says that it is HTML."
_CLIENT = "Components run on the server. For code in the browser, write a custom element, or use htmx or Datastar."
# https://html.spec.whatwg.org/multipage/indices.html#elements-3, with obsolete ones and those of SVG that occur.
_NAMES = (
    "a abbr acronym address area article aside audio b base bdi bdo big blockquote body br button canvas caption center"
    " cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure"
    " font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label"
    " legend li link main map mark marquee math menu meta meter nav nobr noframes noscript object ol optgroup option"
    " output p param picture pre progress q rp rt ruby s samp script search section select slot small source span"
    " strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u"
    " ul var video wbr"
)
ELEMENTS = frozenset(_NAMES.split())


def template_mistakes(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about `{{ name }}`, `<Component>` and strings of HTML in the t-strings and components of a file."""
    templates = parsed.index.of(ast.TemplateStr)
    shown: set[str] = set()
    """The names of functions whose results are shown as text."""
    known = _known(parsed)
    is_xml = "<?xml" in parsed.source or "xmlns" in parsed.source
    lines = parsed.source.splitlines()
    for template in templates:
        before = ""
        for part in template.values:
            if isinstance(part, ast.Constant):
                yield from _in_text(str(part.value), before, template, known, parsed.file, lines)
                yield from _false_attributes(str(part.value), before, template, parsed.file, lines)
                if not is_xml:
                    yield from _foreign_attributes(str(part.value), before, template, parsed.file, lines)
                    yield from _unknown_elements(str(part.value), before, template, known, parsed.file, lines)
                before += str(part.value)
            elif isinstance(part, ast.Interpolation):
                if is_text(before) and part.conversion == -1 and part.format_spec is None:
                    yield from strings_of_html(part.value, parsed.file)
                    shown.update(_called(part.value))
                elif before.endswith("<") and isinstance(part.value, ast.Name):
                    shown.add(part.value.id)
                before += _HOLE
    yield from _returned_html(shown, parsed)
    yield from _lost_children(shown, parsed)


def _called(expression: ast.expr) -> Iterator[str]:
    match expression:
        case ast.Call(func=ast.Name(id=name)) | ast.ListComp(elt=ast.Call(func=ast.Name(id=name))):
            yield name


def _returned_html(shown: Collection[str], parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about strings of HTML that components return, and functions whose results are shown as text."""
    for function in parsed.index.owned(None, ast.FunctionDef, ast.AsyncFunctionDef):
        name = function.name
        if name in parsed.bound_once and not function.decorator_list and (name in shown or name[:1].isupper()):
            for answer in parsed.index.owned(function, ast.Return):
                if answer.value is not None:
                    yield from strings_of_html(answer.value, parsed.file)


def _lost_children(shown: Collection[str], parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about components that take `children`, and don't show them."""
    for function in parsed.index.owned(None, ast.FunctionDef, ast.AsyncFunctionDef):
        given = [each for each in (*function.args.args, *function.args.kwonlyargs) if each.arg == "children"]
        is_component = function.name in shown or function.name[:1].isupper()
        if not (given and is_component and parsed.index.of(ast.TemplateStr, inside=function)):
            continue
        read = {node.id for node in parsed.index.of(ast.Name, inside=function)}
        if not read & {"children", "locals", "vars"}:
            what = f"{function.name}() takes `children`, but shows them nowhere"
            hint = "Place {children} in its t-string where the content should appear."
            yield LoadWarning(what, place_of(given[0], parsed.file), hint)


def _known(parsed: ParsedFile) -> frozenset[str]:
    """Every name that the file or a function in it sets."""
    stored = {node.id for node in parsed.index.of(ast.Name) if isinstance(node.ctx, ast.Store)}
    arguments = {node.arg for node in parsed.index.of(ast.arg)}
    return parsed.bound.union(stored, arguments, *(names.declares for names in parsed.names.values()))


def is_text(before: str) -> bool:
    """Whether what follows this part of a template is text, and not in a tag, a comment, a script or the like."""
    raw = _RAW.findall(before)
    return before.rfind("<") <= before.rfind(">") and not (raw and raw[-1] == "")


def _in_text(
    text: str, before: str, template: ast.TemplateStr, known: frozenset[str], file: str, lines: list[str]
) -> Iterator[LoadWarning]:
    for match in _IN_BRACES.finditer(text):
        if match[1] in known and is_text(before + text[: match.start()]):
            inner = match[0][1:-1].strip()
            what = f"`{{{match[0]}}}` is shown as the text `{match[0]}`"
            place = find(r"\{\{\s*" + re.escape(inner) + r"\s*\}\}", template, file, lines)
            yield LoadWarning(what, place, f"Write `{{{inner}}}` for the value of `{inner}`.")
    for match in _TAG.finditer(text):
        if match[1] in known and is_text(before + text[: match.start()]):
            name = match[1]
            what = f"`<{name}>` is an HTML element here, not the component `{name}`"
            hint = f"The tag of a component has the name in braces: <{{{name}}}>…</{{{name}}}>, or <{{{name}}} />."
            yield LoadWarning(what, find(f"<{name}" + r"\b", template, file, lines), hint)


def _unknown_elements(
    text: str, before: str, template: ast.TemplateStr, known: frozenset[str], file: str, lines: list[str]
) -> Iterator[LoadWarning]:
    """Warnings about `<Card>` where no name `Card` is known. Elements of HTML may be written with capitals."""
    for match in _TAG.finditer(text):
        name = match[1]
        if name in known or name.lower() in ELEMENTS or not is_text(before + text[: match.start()]):
            continue
        what = f"`<{name}>` is not an element of HTML, and browsers show nothing for it"
        hint = f"For a component, import or define `{name}`, and write its name in braces: <{{{name}}} />."
        yield LoadWarning(what, find(f"<{name}" + r"\b", template, file, lines), hint)


def _foreign_attributes(
    text: str, before: str, template: ast.TemplateStr, file: str, lines: list[str]
) -> Iterator[LoadWarning]:
    for match in _FOREIGN.finditer(text):
        above = before + text[: match.start()]
        raw = _RAW.findall(above[: above.rfind("<")])
        if above.rfind("<") > above.rfind(">") and not (raw and raw[-1] == ""):
            name = match[1] or match[2]
            what = f"browsers know no attribute `{name}`"
            hint = _INSTEAD.get(name, _CLIENT if name.startswith("client:") else _CONTENT)
            yield LoadWarning(what, find(re.escape(name), template, file, lines), hint)


def _false_attributes(
    text: str, before: str, template: ast.TemplateStr, file: str, lines: list[str]
) -> Iterator[LoadWarning]:
    """Warnings about `disabled="false"`, which disables. A component gets the text as an argument."""
    for match in _FALSE.finditer(text):
        above = before + text[: match.start()]
        start = above.rfind("<")
        tag, name = _OPEN_TAG.fullmatch(above, max(start, 0)), match[1].lower()
        raw = _RAW.findall(above[:start])
        if tag is None or tag[1] == _HOLE or (raw and raw[-1] == "") or not is_boolean(tag[1].lower(), name):
            continue
        what = f"`{name}` is set by any text, and so by {match[3]!r}"
        hint = f"Remove the attribute, or write a condition: {name}={{is_{name}}}."
        yield LoadWarning(what, find(re.escape(match[0]), template, file, lines), hint)


def find(regex: str, template: ast.TemplateStr, file: str, lines: list[str]) -> Place:
    """The first place in a template's source that matches."""
    for number in range(template.lineno, (template.end_lineno or template.lineno) + 1):
        if match := re.search(regex, lines[number - 1]):
            return Place(file, number, match.start(), len(match[0]))
    return Place(file, template.lineno)


def strings_of_html(expression: ast.expr, file: str) -> Iterator[LoadWarning]:
    """Warnings about the strings with HTML in an expression whose text is escaped."""
    for node, joined in _shown(expression):
        if not _ELEMENT.fullmatch(_text(node)):
            continue
        hint = "Put a `t` in front of the quotes."
        if isinstance(node, ast.JoinedStr):
            hint = 'Write t"…" in place of f"…".'
        if joined:
            hint = 'Interpolate the items themselves, without `join`: {[t"<li>{item}</li>" for item in items]}.'
        what = "the tags in this string are shown as text: only a t-string is HTML"
        yield LoadWarning(what, place_of(node, file), f"{hint} To show the tags, set a variable to the string.")


def _shown(node: ast.expr, *, joined: bool = False) -> Iterator[tuple[ast.Constant | ast.JoinedStr, bool]]:
    """The strings that an interpolated expression may give, as far as it has them, and whether it joins them."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()):
            yield node, joined
            return
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            pass
        case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
            parts = [part]
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join"), args=parts):
            joined = True
        case _:
            return
    for part in parts:
        yield from _shown(part, joined=joined)


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else _HOLE for part in node.values)
