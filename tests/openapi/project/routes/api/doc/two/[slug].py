import heady


@heady.function(access="public")
def other(slug: str, context: heady.Context) -> str:
    """The one for any."""
    return f"{context.method} {slug}"
