"""The constraints that input markers take as keywords."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from hyperpy.exceptions import did_you_mean

if TYPE_CHECKING:
    from annotated_types import SupportsGe, SupportsGt, SupportsLe, SupportsLt


class Constraints(TypedDict, total=False):
    """Constraints on a value, as in pydantic's `Field`."""

    gt: SupportsGt
    ge: SupportsGe
    lt: SupportsLt
    le: SupportsLe
    multiple_of: float
    max_digits: int
    decimal_places: int
    allow_inf_nan: bool
    min_length: int
    max_length: int
    pattern: str


def known_constraints(function: Callable[..., Any], constraints: Constraints) -> Mapping[str, Any]:
    """The constraints. Raises TypeError for an unknown one, as Python does for keyword arguments."""
    for name in constraints:
        if name not in Constraints.__optional_keys__:
            suggestion = did_you_mean(name, ["alias", *Constraints.__optional_keys__])
            raise TypeError(f"{function.__name__}() got an unexpected keyword argument {name!r}. {suggestion}".strip())
    return constraints
