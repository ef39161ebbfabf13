"""Several server processes and the supervisor that replaces them."""
