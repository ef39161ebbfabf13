"""Rendering of t-strings as HTML."""

from markupsafe import Markup

from hyperpy.templates.at_load.inline_code import InlineCode
from hyperpy.templates.at_load.locate import SourceText
from hyperpy.templates.deferred import (
    DeferredValue,
    Pending,
    Piece,
    SuspendedContent,
    TemplateHost,
    allow_deferred,
    current_host,
)
from hyperpy.templates.escape import escape_str, markup, text_functions
from hyperpy.templates.escaping.reports import remember, replace_surrogates
from hyperpy.templates.escaping.tag_attributes import FixedAttributes, TagAttributes
from hyperpy.templates.escaping.trusted import TrustedCSS, TrustedJS, TrustedURL
from hyperpy.templates.rendering.fragments import capture_fragments, fragment
from hyperpy.templates.rendering.render import html, import_compiler, is_compiler_imported, render_template, render_text

__all__ = [
    "DeferredValue",
    "FixedAttributes",
    "InlineCode",
    "Markup",
    "Pending",
    "Piece",
    "SourceText",
    "SuspendedContent",
    "TagAttributes",
    "TemplateHost",
    "TrustedCSS",
    "TrustedJS",
    "TrustedURL",
    "allow_deferred",
    "capture_fragments",
    "current_host",
    "escape_str",
    "fragment",
    "html",
    "import_compiler",
    "is_compiler_imported",
    "markup",
    "remember",
    "render_template",
    "render_text",
    "replace_surrogates",
    "text_functions",
]
