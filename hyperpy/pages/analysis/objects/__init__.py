"""What analysis asks about the objects that imports bind, in a form in which a cached file can ask again."""
