"""The layout of all pages."""

import json
from string.templatelib import Template

from hyperpy import asset, flashes, session

# htmx 2 shows an answer of status 422, which is a form with its mistakes, only if it is told to.
HTMX = json.dumps(
    {
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..|422", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ]
    }
)


def Layout(children: object, title: str) -> Template:
    return t"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <meta name="htmx-config" content={HTMX}>
          <title>{title} · the-project</title>
          <link rel="icon" href={asset("icon.svg")} type="image/svg+xml">
          <link rel="stylesheet" href={asset("app.css")}>
          <script src="https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js" defer crossorigin="anonymous"
            integrity="sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"></script>
          <script src="https://cdn.jsdelivr.net/npm/htmx-ext-sse@2.2.4/dist/sse.min.js" defer crossorigin="anonymous"
            integrity="sha384-A986SAtodyH8eg8x8irJnYUk7i9inVQqYigD6qZ9evobksGNIXfeFvDwLSHcp31N"></script>
        </head>
        <body>
          <a class="skip" href="#content">Skip to the content</a>
          <header>
            <a class="name" href="/">the-project</a>
            <nav aria-label="Main"><{Links} /></nav>
          </header>
          <main id="content">
            {[t'<p class="flash" role="status">{message}</p>' for message in flashes()]}
            {children}
          </main>
        </body>
        </html>
    """


def Links() -> Template:
    if "user" not in session:
        return t'<a href="/login">Log in</a> <a href="/signup">Sign up</a>'
    return t"""
        <a href="/my">Write a note</a>
        <form method="post" action="/logout"><button class="link">Log out</button></form>
    """
