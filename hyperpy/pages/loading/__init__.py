"""A `Description` → a `Route`: compiled code, the module of its definitions, its inputs."""
