"""t-strings → HTML."""

from markupsafe import Markup

from hyperpy.templates.at_load.checks import StaticFragment, TemplatePlan, check_templates, plan_template
from hyperpy.templates.at_load.inline_functions import RENDER, Inliner
from hyperpy.templates.at_load.locate import SourceText
from hyperpy.templates.deferred import Awaited, Deferred, Item, Show, Suspended, current_host
from hyperpy.templates.escaping.trusted import TrustedCSS, TrustedJS, TrustedURL
from hyperpy.templates.rendering.fragments import capture_fragments, fragment
from hyperpy.templates.rendering.render import html, markup, render_template, render_text

__all__ = [
    "RENDER",
    "Awaited",
    "Deferred",
    "Inliner",
    "Item",
    "Markup",
    "Show",
    "SourceText",
    "StaticFragment",
    "Suspended",
    "TemplatePlan",
    "TrustedCSS",
    "TrustedJS",
    "TrustedURL",
    "capture_fragments",
    "check_templates",
    "current_host",
    "fragment",
    "html",
    "markup",
    "plan_template",
    "render_template",
    "render_text",
]
