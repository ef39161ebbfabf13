"""`flash()` and `flashes()`: messages that outlive the redirect after a form."""

from hyperpy.exceptions import SessionError, caller_place
from hyperpy.sessions import Flash, SessionContent
from hyperpy.templates import current_host


def flash(text: object, kind: str = "info") -> None:
    """Keep a message for the next page of this visitor that shows `flashes()`, after a redirect or right now.

    `text` is a str, a t-string or Markup; `kind` is a word of yours, such as a class in the style sheet. Raises
    HeadersSentError once the headers of the answer have been sent.
    """
    _content("flash").flash(text, kind)


def flashes() -> list[Flash]:
    """The messages that no page has shown yet, oldest first. From now on they count as shown.

    Call it where the page is rendered, in a layout for instance. Raises HeadersSentError if there are some and the
    headers of the page have been sent already, since they would be shown again.
    """
    return _content("flashes").flashes()


def _content(name: str) -> SessionContent:
    run = current_host.get(None)
    if run is None:
        hint = "Call it in a route file, or in a function that a route file calls."
        raise SessionError(f"{name}() can't be used outside a request", hint=hint, place=caller_place())
    content: SessionContent = run.session_content()
    return content
