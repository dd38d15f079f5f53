"""JSON pointers (RFC 6901): where in a JSON value something is."""


def token(part: int | str) -> str:
    """One step of a pointer, with its slash: a key or an index."""
    return "/" + str(part).replace("~", "~0").replace("/", "~1")
