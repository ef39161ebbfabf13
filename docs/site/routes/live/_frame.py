"""The page around a live example."""

from hyperpy import asset


def Frame(children, title, source):
    """`source` is the URL of the stream or the fragment that frame.js asks for."""
    return t"""
        <!doctype html>
        <html lang="en" data-source={source}>
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>{title}</title>
          <script src={asset("theme.js")}></script>
          <link rel="icon" href={asset("icon.svg")} type="image/svg+xml">
          <link rel="stylesheet" href={asset("frame.css")}>
          <script type="module" src={asset("frame.js")}></script>
        </head>
        <body><main>{children}</main></body>
        </html>
    """
