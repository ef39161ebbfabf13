"""t-strings → HTML."""

from markupsafe import Markup

from hyperpy.templates.at_load.checks import StaticFragment, TemplatePlan, check_templates, plan_template
from hyperpy.templates.at_load.inline_functions import RENDER, Inliner
from hyperpy.templates.at_load.locate import SourceText
from hyperpy.templates.deferred import DeferredValue, Pending, Piece, SuspendedContent, allow_deferred
from hyperpy.templates.escaping.reports import current_request
from hyperpy.templates.escaping.trusted import TrustedCSS, TrustedJS, TrustedURL
from hyperpy.templates.rendering.fragments import capture_fragments, fragment
from hyperpy.templates.rendering.render import html, markup, render_template, render_text

__all__ = [
    "RENDER",
    "DeferredValue",
    "Inliner",
    "Markup",
    "Pending",
    "Piece",
    "SourceText",
    "StaticFragment",
    "SuspendedContent",
    "TemplatePlan",
    "TrustedCSS",
    "TrustedJS",
    "TrustedURL",
    "allow_deferred",
    "capture_fragments",
    "check_templates",
    "current_request",
    "fragment",
    "html",
    "markup",
    "plan_template",
    "render_template",
    "render_text",
]
