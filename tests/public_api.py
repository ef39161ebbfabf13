"""Every public name of hyperpy with its signature, as text.

`python -m tests.public_api > tests/public_api.txt` records a change of the API that is meant.
"""

import importlib
import inspect
import re
import typing
from annotationlib import Format
from collections.abc import Callable, Iterator

MODULES = (
    *("hyperpy", "hyperpy.channels", "hyperpy.components", "hyperpy.datastar", "hyperpy.exceptions"),
    "hyperpy.testing",
)


def describe_modules() -> str:
    return "\n\n".join("\n".join([f"# {name}", "", *describe_module(name)]) for name in MODULES) + "\n"


def describe_module(name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    for each in sorted(module.__all__):
        value = getattr(module, each)
        if inspect.isclass(value):
            yield from describe_class(each, value)
        elif inspect.isfunction(value):
            yield from describe_function(each, value)
        else:
            yield f"{each}: {type(value).__qualname__}"


def describe_class(name: str, cls: type) -> Iterator[str]:
    """A class of another package is described by where it comes from alone."""
    if not is_ours(cls):
        yield f"class {name} from {cls.__module__.partition('.')[0]}"
        return
    yield f"class {name}({', '.join(base.__name__ for base in cls.__bases__ if base is not object)}):"
    if has_own_constructor(cls):
        yield from (f"    {line}" for line in describe_function("__init__", cls))
    for attribute, member in sorted(members(cls)):
        if isinstance(member, property):
            signature = inspect.signature(member.fget, annotation_format=Format.STRING)
            yield f"    {attribute}: {signature.return_annotation}"
        elif inspect.isfunction(member) or isinstance(member, classmethod | staticmethod):
            yield from (f"    {line}" for line in describe_function(attribute, getattr(cls, attribute)))
        else:
            yield f"    {attribute}"


def members(cls: type) -> list[tuple[str, object]]:
    """Public attributes and methods, and those inherited from classes of hyperpy."""
    found: dict[str, object] = {}
    for each in reversed(cls.__mro__):
        if is_ours(each):
            found |= {name: member for name, member in vars(each).items() if not name.startswith("_")}
    return list(found.items())


def has_own_constructor(cls: type) -> bool:
    """False where the constructor is that of a builtin, such as str."""
    return any(is_ours(each) and {"__init__", "__new__"} & vars(each).keys() for each in cls.__mro__)


def is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "hyperpy"


def describe_function(name: str, function: Callable[..., object]) -> Iterator[str]:
    for each in typing.get_overloads(function) or [function]:
        signature = inspect.signature(each, annotation_format=Format.STRING).format(quote_annotation_strings=False)
        keyword = "async def" if inspect.iscoroutinefunction(each) else "def"
        yield f"{keyword} {name}{re.sub(r' at 0x[0-9a-f]+', '', signature)}"


if __name__ == "__main__":
    print(describe_modules(), end="")
