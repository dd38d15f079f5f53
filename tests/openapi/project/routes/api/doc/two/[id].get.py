def one(id: int) -> str:
    """The one for GET."""
    return f"one {id}"
