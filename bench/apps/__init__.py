"""The web applications. Each serves a line of text at `/hello` and the bookshop, rendered per request, at `/page`."""

HELLO = "Hello, world!"
