"""`htmx`: properties of a request that htmx sends, and response headers that it obeys."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, Never, Self
from urllib.parse import unquote

from starlette.datastructures import Headers

from hyperpy.exceptions import AnswerError, caller_place
from hyperpy.lazy import lazy_pattern, pydantic_core
from hyperpy.pages import RequestObject, Run, request_proxy
from hyperpy.pages import htmx_headers as names
from hyperpy.web.redirect import check_url
from hyperpy.web.site_urls import under_root_path

type When = Literal["swap", "settle"]

_TRIGGERS: Final[Mapping[When | None, str]] = {
    None: "HX-Trigger",
    "swap": "HX-Trigger-After-Swap",
    "settle": "HX-Trigger-After-Settle",
}
_PLAIN_NAME: Final = lazy_pattern(r"[\w:.-]+", re.ASCII)
_CONTROL: Final = lazy_pattern(r"[\x00-\x1f\x7f\ud800-\udfff]")


class HTMX(RequestObject):
    """A request of htmx 2 or 4, and headers for its answer. Import `htmx`, or declare `htmx: HTMX`.

    It is true if htmx asks for a part of a page. Reading an attribute adds the headers that it depends on to `Vary`.
    The methods add headers to the answer; they raise HeadersSentError once the headers have been sent, and AnswerError
    for a value that htmx can't take.
    """

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    @classmethod
    def of(cls, run: Any) -> Self:
        return cls(run)

    def __bool__(self) -> bool:
        return self.request

    def __repr__(self) -> str:
        return f"<HTMX request={names.wants_part(Headers(scope=self._run.scope))}>"

    # -- the request --------------------------------------------------------------------------------------------------

    @property
    def request(self) -> bool:
        """Whether htmx asks for a part of a page. Not if it restores a whole page from its history."""
        return names.wants_part(self._read(names.HISTORY_RESTORE))

    @property
    def target(self) -> str:
        """The id of the element to swap, without `#`; empty if it has none."""
        return self._id("HX-Target")

    @property
    def trigger(self) -> str:
        """The id of the element that sends the request; empty if it has none."""
        return self._id("HX-Source") or self._id("HX-Trigger")

    @property
    def trigger_name(self) -> str:
        """The `name` of the element that sends the request. htmx 4 doesn't send it: then it is empty."""
        return self._text("HX-Trigger-Name")

    @property
    def boosted(self) -> bool:
        """Whether a link or a form of the page was boosted, and wants a whole page."""
        return names.is_true(self._read(names.BOOSTED), names.BOOSTED)

    @property
    def history_restore(self) -> bool:
        """Whether htmx goes back to a page that it doesn't have any more, and wants all of it."""
        return names.is_true(self._read(names.HISTORY_RESTORE), names.HISTORY_RESTORE)

    @property
    def current_url(self) -> str:
        """The URL that the browser shows, as it says; empty if it doesn't."""
        return self._text(names.CURRENT_URL)

    @property
    def prompt(self) -> str:
        """The visitor's answer to `hx-prompt`."""
        text = self._text("HX-Prompt")
        return unquote(text) if self._version() == 4 else text

    @property
    def version(self) -> int:
        """2 or 4, by the headers of the request; 0 if it isn't htmx's."""
        self._read("HX-Source")
        return self._version()

    @property
    def fragment(self) -> str:
        """The target, if it is a fragment of this file's templates and htmx asks for a part of the page; else empty.

        Boosted links and forms ask for whole pages.

        Known are the fragments whose names the file's templates have as literals.
        """
        target, is_boosted = self.target, self.boosted
        if is_boosted or not self.request:
            return ""
        reached = self._run.reached()
        templates = [reached] if reached else self._run.route.templates
        return target if any(target in template.fragments for template in templates) else ""

    def _read(self, name: str) -> Headers:
        """The headers of the request. That they were read is noted in `Vary`, unless the headers have been sent."""
        run = self._run
        response = run.injected_response()
        if not response.sent:
            response.headers["Vary"] = names.vary(response.raw_headers, names.REQUEST, name)
        return Headers(scope=run.scope)

    def _version(self) -> int:
        headers = Headers(scope=self._run.scope)
        if not names.is_true(headers, names.REQUEST):
            return 0
        return 4 if "HX-Source" in headers or "HX-Request-Type" in headers else 2

    def _text(self, name: str) -> str:
        """The value of a header. htmx 2 encodes what a header can't hold, and says so."""
        headers = self._read(name)
        text = headers.get(name, "")
        return unquote(text) if names.is_true(headers, f"{name}-URI-AutoEncoded") else text

    def _id(self, name: str) -> str:
        """An id: the whole header of htmx 2, and behind the name of the element in that of htmx 4, `div#id`."""
        text = self._text(name)
        _, mark, identifier = text.partition("#")
        if mark:
            return unquote(identifier)
        return "" if self._version() == 4 else text

    # -- the answer ---------------------------------------------------------------------------------------------------

    def trigger_event(self, name: str, detail: object = None, *, after: When | None = None) -> None:
        """Fire an event on the element that has sent the request, with `detail` as JSON. Several add up.

        htmx 2 fires it as soon as the answer is there or, with `after`, after it has swapped or settled the content;
        htmx 4 always after it has swapped.
        """
        if not isinstance(name, str):
            _fail("trigger_event", f"the name of an event must be a str, not {type(name).__name__}", 'Write "saved".')
        if not name or _CONTROL.search(name) or name != name.strip():
            _fail("trigger_event", f"invalid name of an event: {name!a:.80}", "Write a word, such as `saved`.")
        if after not in _TRIGGERS:
            _fail("trigger_event", f"`after` can't be {after!a:.80}", 'Write "swap" or "settle", or leave it out.')
        header = _TRIGGERS[after]
        if after is not None and self.version == 4:
            header = _TRIGGERS[None]
        events = _events(self._run.injected_response().headers.get(header, ""))
        events[name] = _jsonable("trigger_event", "detail", detail) if detail is not None else {}
        plain = all(detail == {} and _PLAIN_NAME.fullmatch(each) for each, detail in events.items())
        self._set(header, ", ".join(events) if plain else _json(events))

    def location(
        self,
        url: str,
        *,
        target: str = "",
        swap: str = "",
        select: str = "",
        values: Mapping[str, object] | None = None,
        push: bool = True,
    ) -> None:
        """Have htmx get another page of this site and swap it in, as for a boosted link; `redirect` leaves the page.

        The other arguments are those of `hx-target`, `hx-swap`, `hx-select`, `hx-vals` and `hx-push-url`.
        """
        spec: dict[str, object] = {"path": self._url("location", url)}
        for name, value in (("target", target), ("swap", swap), ("select", select)):
            if value:
                spec[name] = _checked("location", value, f"`{name}`")
        if values:
            spec["values"] = _jsonable("location", "values", values)
        if not push:
            spec["push"] = "false"
        self._set("HX-Location", _json(spec))

    def push_url(self, url: str | Literal[False]) -> None:
        """Show a URL of this site in the browser, as a new entry of its history. False leaves the URL as it is."""
        self._set_url("push_url", "HX-Push-Url", url, instead_of="HX-Replace-Url")

    def replace_url(self, url: str | Literal[False]) -> None:
        """Show a URL of this site in the browser, in place of the present entry of its history."""
        self._set_url("replace_url", "HX-Replace-Url", url, instead_of="HX-Push-Url")

    def reswap(self, how: str) -> None:
        """Swap the answer in another way than `hx-swap` says: `reswap("beforeend show:bottom")`."""
        text = _checked("reswap", how, "the way to swap")
        if not text.isascii():
            _fail("reswap", f"invalid way to swap: {text!a:.80}", 'Write one of `hx-swap`, such as "outerHTML".')
        self._set("HX-Reswap", text)

    def retarget(self, selector: str) -> None:
        """Swap the answer into another element than `hx-target` says, given its CSS selector."""
        self._set("HX-Retarget", _selector("retarget", selector))

    def reselect(self, selector: str) -> None:
        """Swap only the part of the answer that a CSS selector names, whatever `hx-select` says."""
        self._set("HX-Reselect", _selector("reselect", selector))

    def refresh(self) -> None:
        """Reload the page in the browser."""
        self._set("HX-Refresh", "true")

    def _set_url(self, call: str, header: str, url: str | Literal[False], *, instead_of: str) -> None:
        value = "false" if url is False else self._url(call, url)
        self._set(header, value)
        headers = self._run.injected_response().headers
        if instead_of in headers:
            del headers[instead_of]

    def _url(self, call: str, url: str) -> str:
        if not isinstance(url, str):
            _fail(call, f"a URL must be a str, not {type(url).__name__}", 'Write a path, such as "/contacts".')
        check_url(f"htmx.{call}", url, external=None)
        return names.absolute_path(self._run.scope, under_root_path(url))

    def _set(self, name: str, value: str) -> None:
        self._run.injected_response().headers[name] = value


def _events(header: str) -> dict[str, Any]:
    """The events in a header: a JSON object, or names with commas between them."""
    if header.startswith("{"):
        found: dict[str, Any] = json.loads(header)
        return found
    return {name.strip(): {} for name in header.split(",") if name.strip()}


def _jsonable(call: str, name: str, value: object) -> Any:
    try:
        return pydantic_core.to_jsonable_python(value, inf_nan_mode="null")
    except (pydantic_core.PydanticSerializationError, ValueError, RecursionError) as error:
        _fail(
            call, f"`{name}` can't be written as JSON: {error!s:.200}", "Pass dicts, lists, strings, numbers, models …"
        )


def _json(value: object) -> str:
    """JSON in ASCII, as a header needs it."""
    return json.dumps(value, separators=(",", ":")).replace("\x7f", "\\u007f")


def _selector(call: str, selector: str) -> str:
    """A selector in ASCII: other characters as CSS escapes."""
    text = _checked(call, selector, "the selector")
    return "".join(char if char.isascii() else f"\\{ord(char):x} " for char in text).strip()


def _checked(call: str, text: str, what: str) -> str:
    if not isinstance(text, str):
        _fail(call, f"{what} must be a str, not {type(text).__name__}", "Write what the attribute of htmx would have.")
    if not text.strip() or _CONTROL.search(text):
        _fail(call, f"{what} can't be {text!a:.80}", "Write what the attribute of htmx would have, on one line.")
    return text.strip()


def _fail(call: str, what: str, hint: str) -> Never:
    raise AnswerError(f"htmx.{call}(): {what}", hint=hint, place=caller_place())


htmx: Final = request_proxy("htmx", HTMX)
"""htmx's side of the request being answered."""
