"""Elements that begin inside the content of a component and end outside, or the other way round."""

from collections.abc import Iterable, Iterator

from hyperpy.templates.syntax.contexts import VOID
from hyperpy.templates.syntax.nodes import Component, EndTag, Fragment, Node, Tag
from hyperpy.templates.syntax.problems import SyntaxProblem


def check_crossing(nodes: Iterable[Node]) -> None:
    """Raises SyntaxProblem for `<{Card}><b></{Card}></b>` and `<b><{Card}></b></{Card}>`.

    Other elements need no end tag here, since a page may be sent in chunks.
    """
    _Level(nodes)


class _Level:
    """The content of a component, or the whole literal."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.open: list[str] = []
        """The elements that have begun here and not ended."""
        self.left_open: dict[str, Component] = {}
        """Those that have begun inside a component here and not ended there."""
        self.ends: list[EndTag] = []
        """The end tags of elements that have not begun here."""
        for node in _outside_fragments(nodes):
            match node:
                case Tag() if not node.closes_itself and node.name.lower() not in VOID:
                    self.open.append(node.name.lower())
                case EndTag():
                    self._end(node)
                case Component(children=tuple(children)):
                    self._content(node, _Level(children))

    def _end(self, tag: EndTag) -> None:
        if tag.name in self.open:
            while self.open.pop() != tag.name:
                pass
        elif component := self.left_open.get(tag.name):
            name = f"{{{component.expression}}}"
            what = f"</{tag.name}> ends an element that begins inside <{name}>"
            raise _problem(tag, what, f"Write </{tag.name}> before </{name}>, or begin the element before <{name}>.")
        else:
            self.ends.append(tag)

    def _content(self, component: Component, content: _Level) -> None:
        for tag in content.ends:
            if tag.name in self.open:
                name = f"{{{component.expression}}}"
                what = f"</{tag.name}> stands inside <{name}>, and ends an element that begins outside"
                raise _problem(tag, what, f"Write </{tag.name}> before <{name}> or after </{name}>.")
        self.ends += content.ends
        self.left_open |= content.left_open | dict.fromkeys(content.open, component)


def _outside_fragments(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, Fragment):
            yield from _outside_fragments(node.body)
        else:
            yield node


def _problem(tag: EndTag, what: str, hint: str) -> SyntaxProblem:
    return SyntaxProblem(what, tag.end - len(tag.text), len(tag.text), hint)
