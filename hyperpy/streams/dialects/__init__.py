"""What the libraries in browsers expect of a stream, where it differs."""
