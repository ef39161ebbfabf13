"""The web applications. Each answers `/hello` with a line and `/page` with the bookshop, rendered for each request."""

HELLO = "Hello, world!"
