def one(id: str) -> str:
    return f"one {id}"
