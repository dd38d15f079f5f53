import nothing_of_this_name  # type: ignore


def get() -> None: ...
