"""How requests reach a site under test: in process, or over a socket."""
