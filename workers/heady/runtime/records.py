"""What a process says beside plain text on its stdout and stderr, for the service to tell apart.

A line may end with a record separator (0x1E, as in RFC 7464) and a JSON object: ``source`` says where the line was
printed; one with ``text`` is a line by itself, with newlines of its own, its level, its logger and its traceback. The
service reads them in ``lib/python/output/output-records.ts``. No trust goes with it: who forges one forges its own log.
"""

import contextlib
import dataclasses
import json
import os

from heady.runtime import tracebacks

#: Between the text of a line and the JSON object that tells more of it.
SEPARATOR = "\x1e"
_STDERR = 2


@dataclasses.dataclass(slots=True)
class Record:
    """One entry of the log; its level is ``debug``, ``info``, ``warn`` or ``error``."""

    level: str
    text: str
    source: str | None
    logger: str | None = None
    traceback: str | None = None


def send(record: Record) -> None:
    """Writes a record to stderr, at once and past whatever ``sys.stderr`` is; never raises."""
    text, traceback = record.text, record.traceback or ""
    more = {"message": len(text) - MOST_OF_TEXT, "traceback": len(traceback) - _MOST_OF_TRACEBACK}
    fields = {
        "level": record.level,
        "source": record.source and record.source[-MOST_OF_NAME:],
        "logger": record.logger and record.logger[:MOST_OF_NAME],
        "text": text[:MOST_OF_TEXT],
        "traceback": traceback[:_MOST_OF_TRACEBACK] or None,
        "more": {name: count for name, count in more.items() if count > 0} or None,
    }
    told = {name: value for name, value in fields.items() if value is not None}
    # a lone surrogate becomes the escape that JSON has for it
    line = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    rest = b"%s%s\n" % (SEPARATOR.encode(), line)
    with contextlib.suppress(OSError):  # the function has closed it
        while rest:
            rest = rest[os.write(_STDERR, rest) :]


#: Characters. The service holds as much of a line without an end, with every character escaped.
MOST_OF_NAME, MOST_OF_TEXT, _MOST_OF_TRACEBACK = 500, 16_000, 32_000


def send_failure(error: BaseException, what: str) -> None:
    """The record of an exception that nobody has caught; ``what`` says where it was lost."""
    told = f"{what}: {type(error).__name__}: {tracebacks.message_of(error)}"
    send(Record("error", told, tracebacks.source_of(error), traceback=tracebacks.traceback_of(error)))
