"""Pages that `hyper build` has written: the list of them, and responses with them."""
