"""What a route file writes into `Annotated[…]` to say where an input comes from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter; `name` if it is called otherwise in the URL. A list takes all values of that name."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """A request header. Without a `name`, the variable's: `user_agent` is `user-agent`. Values are decoded as UTF-8."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of the request; `name` if it is called otherwise there."""

    name: str = ""


type Marker = Query | Header | Cookie

MARKERS = (Query, Header, Cookie)
