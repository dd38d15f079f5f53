import heady
from heady import File


@heady.function(access="public")
def thumb(photo: File, size: int = 1) -> str:
    """An endpoint for anyone, which takes a file."""
    return f"{photo.name} {photo.path.read_text()} {size}"
