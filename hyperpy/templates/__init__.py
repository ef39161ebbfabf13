"""t-strings → HTML."""

from markupsafe import Markup

from hyperpy.templates.deferred import Awaited, Deferred, Item, Show, Suspended, current_host
from hyperpy.templates.fragments import capture_fragments
from hyperpy.templates.inlined import RENDER, Inliner
from hyperpy.templates.marker import fragment
from hyperpy.templates.place import SourceText
from hyperpy.templates.render import html, markup, render_template, render_text
from hyperpy.templates.static import StaticFragment, TemplatePlan, check_templates, plan_template
from hyperpy.templates.trusted import TrustedCSS, TrustedJS, TrustedURL

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
