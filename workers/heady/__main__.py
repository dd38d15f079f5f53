"""``python -m heady FILE FUNCTION`` runs a function of any worker from the shell."""

import sys
from pathlib import Path

from heady.shell import run_file

if not sys.flags.safe_path:
    del sys.path[0]  # the working directory, which what a worker imports does not depend on
if len(sys.argv) < 2:
    sys.exit("usage: echo '{…}' | python -m heady FILE FUNCTION")
run_file(Path(sys.argv[1]), sys.argv[2:])
