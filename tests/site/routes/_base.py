"""The frame around the harbour's pages."""

from hyper import Markup


def Page(children: Markup, title: str = "Eastquay harbour"):
    return t"""
    <!doctype html>
    <html lang="en">
    <head><meta charset="utf-8"><title>{title}</title></head>
    <body><main>{children}</main></body>
    </html>
    """
