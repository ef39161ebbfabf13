"""The forms of a page, filled in and submitted as a visitor would.

What is sent is what browsers send (https://html.spec.whatwg.org/#constructing-the-form-data-set). Unlike a browser, a
form here doesn't refuse values that its `required`, `minlength` or `pattern` forbid: that is the server's part, and a
test is there to see it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from hyperpy.testing.failures import HIDDEN, PageFailure

__tracebackhide__ = HIDDEN

type Upload = Path | tuple[str, bytes] | tuple[str, bytes, str]
"""A file to submit: its path, or its name and content, and perhaps its type."""
type Submit[P] = Callable[[str, str, dict[str, Any]], Awaitable[P]]
"""Sends a request as a page of the site does: method, URL, and options of httpx."""

URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

_BUTTONS: Final = frozenset({"submit", "image", "button", "reset"})


@dataclass(slots=True)
class Control:
    """The controls of one name."""

    kind: str
    values: list[str] = field(default_factory=list)
    """The values to send: empty for an unticked checkbox."""
    options: list[str] | None = None
    """The values that a visitor can choose from; None for free text."""
    several: bool = False
    files: list[Upload] = field(default_factory=list)


class PageForm[P]:
    """A form of a page. `fill` it in, then `submit` it."""

    def __init__(self, node: LexborNode, nodes: Iterable[LexborNode], url: str, origin: str, submit: Submit[P]) -> None:
        """`nodes` are the controls that belong to it, in document order; `url` is that of the page."""
        self._node = node
        self._url = url
        self._origin = origin
        self._submit = submit
        self._buttons: list[LexborNode] = []
        self._controls: dict[str, Control] = {}
        for each in nodes:
            self._add(each)

    @property
    def values(self) -> dict[str, list[str]]:
        """The values that the form would send now, by name, without files."""
        return {name: list(control.values) for name, control in self._controls.items()}

    def fill(self, values: Mapping[str, object] | None = None, /, **named: object) -> PageForm[P]:
        """Enter values by the names of the controls; a mapping is for names such as `address.street`.

        A checkbox takes True or False, or a list of the values to tick; a list of several values fills as many
        controls of one name. A file is a path, or a pair of its name and its content. Raises PageFailure for a name
        that the form doesn't have, and for a choice that it doesn't offer. Returns the form.
        """
        if not isinstance(values, Mapping | None):
            hint = f"To press a button, write submit(button={values!r})." if isinstance(values, str) else ""
            raise TypeError(f"values are a mapping of names, not {type(values).__name__}. {hint}".rstrip())
        for name, value in {**(values or {}), **named}.items():
            control = self._controls.get(name)
            if control is None:
                known = ", ".join(self._controls) or "none"
                raise PageFailure(f"the form of {self._origin} has no enabled control {name!r}. It has: {known}")
            self._enter(name, control, value)
        return self

    async def submit(
        self, values: Mapping[str, object] | None = None, /, *, button: str | None = None, **named: object
    ) -> P:
        """Enter values as `fill` does, submit the form, follow redirects, and return the page that comes back.

        `button` is the text, the value or the name of the button to press; by default it is the first one, as when a
        visitor presses Enter. The answer may have any status.
        """
        self.fill(values, **named)
        pressed = self._button(button)
        own = pressed.attributes if pressed is not None else {}
        form = self._node.attributes
        method = (own.get("formmethod") or form.get("method") or "get").upper()
        encoding = (own.get("formenctype") or form.get("enctype") or URLENCODED).lower()
        url = urljoin(self._url, own.get("formaction") or form.get("action") or "")
        fields = [(name, value) for name, control in self._controls.items() for value in control.values]
        if name := own.get("name"):
            fields.append((name, own.get("value") or ""))
        uploads = [(name, each) for name, control in self._controls.items() for each in control.files]
        if method == "GET":
            url = url.partition("#")[0].partition("?")[0]
            return await self._submit("GET", url, {"params": fields + [(name, _name(each)) for name, each in uploads]})
        if encoding != MULTIPART:
            text = _mapping(fields + [(name, _name(each)) for name, each in uploads])
            return await self._submit(method, url, {"data": text, "headers": {"Content-Type": URLENCODED}})
        files: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields]
        files += [(name, _part(each)) for name, each in uploads]
        files += [(name, ("", b"")) for name, each in self._controls.items() if each.kind == "file" and not each.files]
        return await self._submit(method, url, {"files": files})

    # -- controls -----------------------------------------------------------------------------------------------------

    def _add(self, node: LexborNode) -> None:
        attributes = node.attributes
        kind = (attributes.get("type") or "text").lower() if node.tag == "input" else node.tag or ""
        if kind in _BUTTONS:
            if _submits(node, kind):
                self._buttons.append(node)
            return
        name = attributes.get("name")
        if not name:
            return
        control = self._controls.setdefault(name, Control(kind))
        if kind in ("checkbox", "radio"):
            value = attributes.get("value")
            text = "on" if value is None else value
            control.options = [*(control.options or ()), text]
            control.several = control.several or kind == "checkbox"
            if "checked" in attributes:
                control.values = [*control.values, text] if kind == "checkbox" else [text]
        elif kind == "select":
            _select(node, control)
        elif kind == "file":
            control.several = "multiple" in attributes
        elif kind == "textarea":
            control.values.append(node.text().removeprefix("\n"))
        else:
            control.values.append(attributes.get("value") or "")

    def _enter(self, name: str, control: Control, value: object) -> None:
        items: list[Any] = list(value) if isinstance(value, list | tuple) and not _is_upload(value) else [value]
        if control.kind == "file":
            control.files = items
            return
        if control.options is None:
            control.values = [str(item) for item in items]
            return
        if isinstance(value, bool):
            items = control.options[:1] if value else []
        texts = [str(item) for item in items]
        if missing := [text for text in texts if text not in control.options]:
            known = ", ".join(map(repr, control.options))
            raise PageFailure(f"{name!r} of {self._origin} has no choice {missing[0]!r}. It has: {known}")
        control.values = texts

    def _button(self, wanted: str | None) -> LexborNode | None:
        if wanted is None:
            return self._buttons[0] if self._buttons else None
        for node in self._buttons:
            attributes = node.attributes
            if wanted in (" ".join(node.text().split()), attributes.get("value"), attributes.get("name")):
                return node
        known = ", ".join(
            repr(" ".join(node.text().split()) or node.attributes.get("value") or "") for node in self._buttons
        )
        raise PageFailure(f"the form of {self._origin} has no button {wanted!r}. It has: {known or 'none'}")

    def __repr__(self) -> str:
        return f"<PageForm of {self._origin}: {', '.join(self._controls)}>"


def controls_of(scope: LexborNode, nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """The controls of a form element among all nodes of its document, in document order, without disabled ones."""
    identity = scope.attributes.get("id")
    found = []
    for node in nodes:
        if node.tag not in ("input", "select", "textarea", "button") or _is_disabled(node):
            continue
        owner = node.attributes.get("form")
        belongs = owner == identity if owner else _ancestor(node, "form") == scope.mem_id
        if belongs:
            found.append(node)
    return found


def _select(node: LexborNode, control: Control) -> None:
    options = [option for option in node.css("option") if "disabled" not in option.attributes]
    texts = [_option(option) for option in options]
    chosen = [text for text, option in zip(texts, options, strict=True) if "selected" in option.attributes]
    control.options = texts
    control.several = "multiple" in node.attributes
    control.values = chosen if control.several else chosen[-1:] or texts[:1]


def _option(node: LexborNode) -> str:
    value = node.attributes.get("value")
    return " ".join(node.text().split()) if value is None else value


def _submits(node: LexborNode, kind: str) -> bool:
    if node.tag == "button":
        return (node.attributes.get("type") or "submit").lower() == "submit"
    return kind in ("submit", "image")


def _is_disabled(node: LexborNode) -> bool:
    if "disabled" in node.attributes:
        return True
    parent = node.parent
    while parent is not None:
        if parent.tag == "fieldset" and "disabled" in parent.attributes:
            return True
        parent = parent.parent
    return False


def _ancestor(node: LexborNode, tag: str) -> int | None:
    parent = node.parent
    while parent is not None and parent.tag != tag:
        parent = parent.parent
    return None if parent is None else parent.mem_id


def _is_upload(value: object) -> bool:
    match value:
        case (str(), bytes()) | (str(), bytes(), str()):
            return True
    return False


def _name(upload: Upload) -> str:
    return upload.name if isinstance(upload, Path) else upload[0]


def _part(upload: Upload) -> tuple[Any, ...]:
    return (upload.name, upload.read_bytes()) if isinstance(upload, Path) else upload


def _mapping(fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """As httpx takes repeated names."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found
