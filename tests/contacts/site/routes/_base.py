"""The layout of all pages."""

from hyperpy import asset, flashes, session

# htmx 2 shows the response to an invalid form, whose status is 422, only if it is configured to.
SWAPS = """{"responseHandling": [{"code": "204", "swap": false}, {"code": "[23]..|422", "swap": true},
    {"code": "[45]..", "swap": false, "error": true}]}"""


def Layout(children, title, head=None):
    return t"""
    <!doctype html>
    <html lang="en">
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="htmx-config" content={SWAPS}>
      <title>{title} · Address book</title>
      <link rel="icon" href={asset("icon.svg")}>
      <link rel="stylesheet" href={asset("app.css")}>
      <script src={asset("vendor/htmx.min.js")} defer></script>
      <script src={asset("vendor/sse.min.js")} defer></script>
      {head}
    </head>
    <body>
      <header><a class="brand" href="/contacts">Address book</a>{session.get("user") and Menu()}</header>
      <main>
        {[t'<p class="flash {flash.kind}" role="status">{flash}</p>' for flash in flashes()]}
        <h1>{title}</h1>
        {children}
      </main>
    </body>
    </html>
    """


def Menu():
    return t"""
    <nav>
      <a href="/contacts/import">Import</a> <a href="/account">{session["user"]}</a>
      <form method="post" action="/logout"><button class="link">Log out</button></form>
    </nav>
    """
