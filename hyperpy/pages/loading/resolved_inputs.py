"""The inputs of a route as requests use them, and the dependencies among them."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from hyperpy.exceptions import Place
from hyperpy.lazy import pydantic
from hyperpy.pages.facts import METHODS
from hyperpy.pages.input_markers import InputMarker, TextMarker, source_of
from hyperpy.pages.request_objects import RequestObject
from hyperpy.record_classes import record

type SessionModel = pydantic.TypeAdapter[Any]

_DEFAULTS: Final = {"bool": "False", "float": "0", "int": "0", "str": '""'}


class InputOrigin(Enum):
    """Where an input's value is taken from."""

    PATH = "path"
    MARKER = "marker"
    REQUEST = "request"
    RESPONSE = "response"
    ERROR = "error"
    SESSION = "session"
    DEPENDENCY = "dependency"
    OBJECT = "object"


@record(frozen=True, slots=True)
class Input:
    """One input of a route. `convert` takes the raw value and raises pydantic's ValidationError."""

    name: str
    origin: InputOrigin
    marker: InputMarker | None
    """Reads the value from the request, if the origin is MARKER."""
    key: str
    group: int
    many: bool
    """Whether all values of that name are taken instead of one."""
    optional: bool
    """A missing value becomes None."""
    has_default: bool
    takes_empty: bool
    """Whether an empty string is a value. If not, it counts as missing where a value may be missing."""
    convert: Callable[[Any], Any] | None
    kind: str
    """The type as the file writes it, without `Annotated`."""
    methods: frozenset[str] | None
    """The methods whose requests always reach its declaration; None if that depends on something else."""
    dependency: Dependency | None = None
    """Makes the value, if the origin is DEPENDENCY."""
    session_model: SessionModel | None = None
    """Of a session declared as `Session[Model]`."""
    request_object: type[RequestObject] | None = None
    """Its class, if the origin is OBJECT."""

    @property
    def awaited(self) -> bool:
        """Whether it is bound before the body runs, in an async stage of the request."""
        return self.dependency is not None and self.methods is not None

    @property
    def blocking(self) -> bool:
        """Whether binding it, where its declaration stands, may block."""
        return self.dependency is not None and not self.awaited and any(d.blocking for d in self.dependency.each())

    @property
    def source(self) -> str:
        """Where it comes from, in a word."""
        return source_of(self.marker) if self.marker is not None else self.origin.value

    @property
    def required(self) -> bool:
        return not (self.optional or self.has_default)

    @property
    def optional_form(self) -> str:
        """How its file may declare it so that a request can leave it out; empty for what isn't a text of its own."""
        if not isinstance(self.marker, TextMarker):
            return ""
        alias = f'alias="{self.marker.alias}"' if self.marker.alias else ""
        marker = type(self.marker).__name__.removesuffix("Marker")
        if (default := "[]" if self.many else _DEFAULTS.get(self.kind, "")) != "":
            return f"{self.name}: {self.kind} = {marker}({', '.join(filter(None, (default, alias)))})"
        return f"{self.name}: {self.kind} | None = {marker}({alias})"


class DependencyKind(Enum):
    """The result of calling a dependency."""

    VALUE = "the value"
    AWAITABLE = "an awaitable of the value"
    CONTEXT = "a context manager"
    ASYNC_CONTEXT = "an async context manager"


@record(frozen=True, slots=True, eq=False)
class Dependency:
    """A function that makes a value for each request, and the inputs that it is called with."""

    call: Callable[..., Any]
    """The function. A generator function is made a context manager."""
    original: Callable[..., Any]
    """The function as it was passed to `Depends`."""
    key: Hashable
    """Equal for all dependencies of a request that have the same value."""
    kind: DependencyKind
    inputs: tuple[Input, ...]
    positional: tuple[str, ...]
    """The parameters that can't be passed by name."""
    defaults: Mapping[str, Any]
    """The defaults that Python doesn't fill in: those of markers, and of positional parameters."""
    blocking: bool
    """Whether it may block, so that a worker thread calls it."""
    name: str
    place: Place

    def each(self) -> Iterator[Dependency]:
        """This dependency and all that it depends on."""
        yield self
        for given in self.inputs:
            if given.dependency is not None:
                yield from given.dependency.each()

    @property
    def holds(self) -> bool:
        """Whether its value is of use only until a generator is resumed."""
        return any(each.kind in {DependencyKind.CONTEXT, DependencyKind.ASYNC_CONTEXT} for each in self.each())

    @property
    def waits(self) -> bool:
        """Whether it has to be awaited, or one that it depends on."""
        return any(each.kind in {DependencyKind.AWAITABLE, DependencyKind.ASYNC_CONTEXT} for each in self.each())


def prepared_inputs(inputs: Iterable[Input]) -> Mapping[str, tuple[tuple[int, Input], ...]]:
    """By method, the inputs to bind before the body runs, each with its index; dependencies come last.

    A method that has nothing to await is left out: its inputs are bound where they stand.
    """
    reached = {
        method: [(index, given) for index, given in enumerate(inputs) if given.methods and method in given.methods]
        for method in METHODS
    }
    prepared = {
        method: tuple(sorted(found, key=lambda indexed: indexed[1].dependency is not None))
        for method, found in reached.items()
        if any(given.awaited for _, given in found)
    }
    return prepared | {"HEAD": prepared["GET"]} if "GET" in prepared else prepared
