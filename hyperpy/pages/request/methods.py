"""`if POST:` in a route file: flags for the method of the current request."""

from hyperpy.exceptions import AnswerError
from hyperpy.pages.request.run import current
from hyperpy.record_classes import record


@record(frozen=True, slots=True, eq=False)
class Method:
    """True if the current request has this method; GET also for HEAD. A route answers the methods that it names."""

    name: str

    def __bool__(self) -> bool:
        run = current.get(None)
        if run is None:
            hint = "Use it in a route file, or in a function that a route file calls."
            raise AnswerError(f"`{self.name}` can't be tested outside a request", hint=hint)
        method: str = run.scope["method"]
        return method == self.name or (method == "HEAD" and self.name == "GET")

    def __eq__(self, other: object) -> bool:
        """`POST == True`, and `request.method == POST`, mean what they say."""
        if isinstance(other, bool):
            return bool(self) is other
        return self.name == other if isinstance(other, str) else self is other

    def __hash__(self) -> int:
        return hash(self.name)


GET = Method("GET")
POST = Method("POST")
PUT = Method("PUT")
PATCH = Method("PATCH")
DELETE = Method("DELETE")
