"""Calls that make JSON of a value, such as `json.dumps(x)`."""

import ast
from typing import Final

from hyperpy.pages.analysis.objects.descriptions import origin_of
from hyperpy.pages.analysis.vocabulary import Vocabulary

_MODULES: Final = frozenset({"json", "orjson", "simplejson", "ujson"})


def json_of(value: ast.expr, vocabulary: Vocabulary) -> ast.expr | None:
    """`x` of `json.dumps(x)` or `x.model_dump_json()`, with or without a line end."""
    match value:
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant()):
            return json_of(left, vocabulary)
        case ast.Call(func=ast.Attribute(value=text, attr="decode" | "encode")):
            return json_of(text, vocabulary)
        case ast.Call(func=ast.Attribute(value=model, attr="model_dump_json"), args=[]):
            return model
        case ast.Call(func=called, args=[made, *_]):
            module, name, _ = origin_of(vocabulary.value(called))
            is_json = module.partition(".")[0] in _MODULES and name == "dumps"
            return made if is_json and not isinstance(made, ast.Starred) else None
    return None
