"""Whose code a file is."""

from pathlib import Path

import pytest
from heady.runtime import source

ROOT = Path(source.__file__).parents[3]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (".venv/lib/python3.12/site-packages/httpx2/_client.py", "httpx2/_client.py"),
        (".python-packages/httpx2/_client.py", "httpx2/_client.py"),
        ("workers/heady/file.py", "workers/heady/file.py"),
    ],
)
def test_what_is_installed_in_the_project_is_not_the_users_own(path: str, shown: str) -> None:
    file = str(ROOT / path)
    assert not source.is_own(file)
    assert source.shown(file) == shown


def test_a_worker_is_the_users_own() -> None:
    assert source.is_own(str(ROOT / "workers/process_data.py"))
