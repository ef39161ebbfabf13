"""Rendering of t-strings as HTML."""

from markupsafe import Markup

from hyperpy.templates.at_load.child_nodes import CHILD_FIELDS, child_nodes
from hyperpy.templates.at_load.fragment_extraction import extract_fragments
from hyperpy.templates.at_load.inline_code import InlineCode
from hyperpy.templates.at_load.inline_functions import compile_inline
from hyperpy.templates.at_load.literals import Literals, certain_templates
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
from hyperpy.templates.rendering.render import html, render_template, render_text

__all__ = [
    "CHILD_FIELDS",
    "DeferredValue",
    "FixedAttributes",
    "InlineCode",
    "Literals",
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
    "certain_templates",
    "child_nodes",
    "compile_inline",
    "current_host",
    "escape_str",
    "extract_fragments",
    "fragment",
    "html",
    "markup",
    "remember",
    "render_template",
    "render_text",
    "replace_surrogates",
    "text_functions",
]
