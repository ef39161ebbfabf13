"""Parts of a page that are sent once their values have arrived."""
