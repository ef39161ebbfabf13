"""Ways for a test to reach a site: in process, or over a socket."""
