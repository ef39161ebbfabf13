"""Expressions whose value can't change: literals, and calls of functions whose results can't, with such arguments."""

import ast
import builtins
import datetime
import decimal
import enum
import fractions
import ipaddress
import logging
import operator
import os
import pathlib
import re
import struct
import types
import typing
import uuid
import zoneinfo
from collections import namedtuple
from collections.abc import Callable
from dataclasses import field
from typing import Final

from markupsafe import Markup

from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.known_names import MISSING
from hyperpy.record_classes import record

# Published in docs/route-files.md.
_BUILTINS = """
    abs bool bytes chr complex divmod float format frozenset int len max min object ord pow range repr round slice str
    sum tuple
"""
CONSTANT_BUILTINS: Final = frozenset(_BUILTINS.split())
CONSTANT_CALLS: Final = {
    "datetime": (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    "collections": (namedtuple,),
    "decimal": (decimal.Decimal,),
    "fractions": (fractions.Fraction,),
    "ipaddress": (ipaddress.ip_address, ipaddress.ip_interface, ipaddress.ip_network),
    "logging": (logging.getLogger,),
    "markupsafe": (Markup,),
    "operator": (operator.attrgetter, operator.itemgetter, operator.methodcaller),
    "os": (os.getenv,),
    "os.path": (os.path.abspath, os.path.basename, os.path.dirname, os.path.join),
    "pathlib": (pathlib.Path, pathlib.PurePath, pathlib.PurePosixPath),
    "re": (re.compile, re.escape),
    "struct": (struct.Struct,),
    "types": (types.MappingProxyType,),
    "typing": (typing.NewType, typing.ParamSpec, typing.TypeVar),
    "uuid": (uuid.UUID,),
    "zoneinfo": (zoneinfo.ZoneInfo,),
}
_METHODS = """
    absolute as_posix capitalize casefold encode expanduser format join joinpath lower lstrip removeprefix removesuffix
    replace resolve rstrip strip title upper with_name with_suffix
"""
CONSTANT_METHODS: Final = frozenset(_METHODS.split())
_FUNCTIONS = (getattr(builtins, name) for name in CONSTANT_BUILTINS), *CONSTANT_CALLS.values()
_CALLS: Final = frozenset(id(function) for functions in _FUNCTIONS for function in functions)
# These copy a list, set or dict that is written as their argument.
_COPYING: Final = frozenset(map(id, (frozenset, len, sum, tuple, types.MappingProxyType, namedtuple)))
# A conversion that fails is left to the request: other files may import the constants beside it.
_CONVERSIONS: Final = (bytes, chr, complex, float, int, ord)
_IMMUTABLE: Final = (bool, bytes, complex, float, int, str, types.NoneType, decimal.Decimal)
_OF_THE_MODULE: Final = frozenset({"__debug__", "__file__", "__name__", "__package__"})


@record(frozen=True, slots=True)
class Constants:
    """Decides which expressions of a file are constant."""

    parsed: ParsedFile
    vocabulary: Vocabulary
    values: dict[str, ast.expr] = field(default_factory=dict, init=False)
    """The names that the file binds once, by an assignment, and their expressions."""

    def __post_init__(self) -> None:
        once = self.parsed.bound_once
        for statement in self.parsed.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in once:
                    self.values[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in once:
                    self.values[name] = value

    def __contains__(self, value: ast.expr) -> bool:
        match value:
            case ast.Constant():
                return True
            case ast.Tuple(elts=parts) | ast.BoolOp(values=parts):
                return all(part in self for part in parts)
            case ast.UnaryOp(operand=part):
                return part in self
            case ast.Attribute(value=part):
                return part in self or is_immutable(self.vocabulary.value(value))
            case ast.BinOp(left=left, op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=right) if self._is_zero(right):
                return False  # left to the request, as a conversion that fails
            case ast.BinOp(left=left, right=right):
                return left in self and right in self
            case ast.Compare(left=left, comparators=others):
                return left in self and all(other in self for other in others)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return test in self and body in self and orelse in self
            case ast.Subscript(value=owner, slice=key):
                return key in self and (owner in self or self.vocabulary.value(owner) is os.environ)
            case ast.Call():
                return self._is_call(value)
            case ast.Name(id=name):
                return self._is_name(value, name)
        return False

    def _is_zero(self, value: ast.expr) -> bool:
        value = self.values.get(value.id, value) if isinstance(value, ast.Name) else value
        return isinstance(value, ast.Constant) and not value.value

    def _is_name(self, node: ast.Name, name: str) -> bool:
        if expression := self.values.pop(name, None):  # taken out meanwhile: it may name itself
            found = expression in self
            self.values[name] = expression
            return found
        if name in self.parsed.bound:
            return is_immutable(self.vocabulary.value(node))
        return name in _OF_THE_MODULE

    def _is_call(self, call: ast.Call) -> bool:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(keyword.arg is None for keyword in call.keywords):
            return False
        match call.func:
            case ast.Attribute(value=owner, attr="get") if self.vocabulary.value(owner) is os.environ:
                return all(argument in self for argument in arguments)
            case ast.Attribute(value=owner, attr=method) if method in CONSTANT_METHODS and owner in self:
                return all(argument in self for argument in arguments)
        called = self.called(call.func)
        if id(called) not in _CALLS or (called in _CONVERSIONS and _fails(called, call)):
            return False
        copies = id(called) in _COPYING or (called in {max, min} and len(arguments) == 1)
        return all(argument in self or (copies and self._is_display(argument)) for argument in arguments)

    def called(self, function: ast.expr) -> object:
        """The object that a call calls, if that is known: one of an import, or a builtin."""
        if isinstance(function, ast.Name) and function.id not in self.parsed.bound:
            found = self.vocabulary.value(function)
            return getattr(builtins, function.id, MISSING) if found is MISSING else found
        return self.vocabulary.value(function)

    def _is_display(self, value: ast.expr) -> bool:
        match value:
            case ast.List(elts=items) | ast.Set(elts=items):
                return all(item in self for item in items)
            case ast.Dict(keys=keys, values=values):
                return all(key is not None and key in self for key in keys) and all(item in self for item in values)
        return False


def _fails(convert: Callable[..., object], call: ast.Call) -> bool:
    """Whether the conversion of literals raises an exception."""
    if call.keywords or not all(isinstance(argument, ast.Constant) for argument in call.args):
        return False
    try:
        convert(*(argument.value for argument in call.args if isinstance(argument, ast.Constant)))
    except ValueError, TypeError, OverflowError:
        return True
    return False


def is_immutable(value: object) -> bool:
    return isinstance(value, enum.Enum | pathlib.PurePath) or type(value) in _IMMUTABLE
