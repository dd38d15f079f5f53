"""``logging``, ``warnings`` and uncaught exceptions as records of the log, with level and source line."""

import logging
import sys
import threading
import warnings
from typing import Any

from heady.runtime import records, source, tracebacks
from heady.runtime.printing import Stream
from heady.runtime.records import Record

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def install(level: str) -> None:
    """Has all that Python code says become log lines; before a worker's file is imported, once a process.

    The user's own records are logged from ``level`` on, those of libraries from ``WARNING`` on, unless a level is set
    for their logger. Who configures logging otherwise gets what is asked for:

    - ``logging.basicConfig(level=…, format=…)`` sets the level, and the format of a record's text;
    - with ``stream``, ``filename`` or ``handlers``, and by ``dictConfig`` of the root, its handlers take the place of
      the service's; what they write to stdout or stderr is logged as printed lines are;
    - a record that another handler writes to stdout or stderr is not logged twice.
    """
    sys.stdout = sys.__stdout__ = Stream(sys.stdout)  # type: ignore[arg-type,misc]
    sys.stderr = sys.__stderr__ = Stream(sys.stderr)  # type: ignore[arg-type,misc]
    handler = _Handler()
    logging.root.addHandler(handler)
    logging.root.setLevel(_LEVELS[level])
    logging.basicConfig = _basic_config(handler)
    warnings.showwarning = _show_warning
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _ignored


class _Handler(logging.Handler):
    """Sends records of ``logging``."""

    def emit(self, record: logging.LogRecord) -> None:
        if not _is_wanted(record) or _is_printed(record):
            return
        error = record.exc_info[1] if record.exc_info else None
        records.send(
            Record(
                _level_of(record.levelno),
                self._text(record),
                f"{source.shown(record.pathname)}:{record.lineno}",
                logger=record.name,
                traceback=tracebacks.traceback_of(error) if error else None,
            )
        )

    def _text(self, record: logging.LogRecord) -> str:
        without = {"exc_info": None, "exc_text": None}
        try:
            return self.format(logging.makeLogRecord({**vars(record), **without}) if record.exc_info else record)
        except Exception as error:
            return f"{record.msg!r} cannot be formatted: {type(error).__name__}: {tracebacks.message_of(error)}"


def _level_of(number: int) -> str:
    return next((name for name in ("error", "warn", "info") if number >= _LEVELS[name]), "debug")


def _is_wanted(record: logging.LogRecord) -> bool:
    """Whether it is the user's own, or grave enough, or of a logger that somebody has given a level."""
    if record.levelno >= logging.WARNING or source.is_own(record.pathname):
        return True
    return any(logger.level for logger in _loggers(record) if logger is not logging.root)


def _is_printed(record: logging.LogRecord) -> bool:
    """Whether another handler writes it to stdout or stderr."""
    return any(
        isinstance(handler, logging.StreamHandler)
        and isinstance(handler.stream, Stream)
        and record.levelno >= handler.level
        for logger in _loggers(record)
        for handler in logger.handlers
    )


def _loggers(record: logging.LogRecord) -> list[logging.Logger]:
    """The loggers that a record comes through on its way to the root."""
    loggers = [logging.getLogger(record.name)]
    while parent := loggers[-1].parent:
        loggers.append(parent)
    return loggers


def _basic_config(handler: logging.Handler) -> Any:
    """What ``logging.basicConfig`` does where the root has a handler that it may configure or replace."""
    configure = logging.basicConfig

    def basic_config(**options: Any) -> None:
        if logging.root.handlers == [handler]:
            logging.root.removeHandler(handler)
            if all(options.get(name) is None for name in ("stream", "filename", "handlers")):
                options |= {"format": options.get("format", "%(message)s"), "handlers": [handler]}
        configure(**options)

    return basic_config


def _show_warning(*shown: Any, **options: Any) -> None:
    warning = warnings.WarningMessage(*shown, **options)
    if warning.file is not None:
        told = (warning.message, warning.category, warning.filename, warning.lineno, warning.line)
        warning.file.write(warnings.formatwarning(*told))
        return
    text = f"{warning.category.__name__}: {tracebacks.message_of(warning.message)}"  # type: ignore[arg-type]
    records.send(Record("warn", text, f"{source.shown(warning.filename)}:{warning.lineno}"))


def _uncaught(_type: type[BaseException], error: BaseException, _traceback: Any) -> None:
    records.send_failure(error, "uncaught")


def _uncaught_in_thread(lost: threading.ExceptHookArgs) -> None:
    if lost.exc_value is not None and not isinstance(lost.exc_value, SystemExit):
        name = lost.thread.name if lost.thread else "without a name"
        records.send_failure(lost.exc_value, f"uncaught in thread {name}")


def _ignored(lost: "sys.UnraisableHookArgs") -> None:
    if lost.exc_value is not None:
        where = getattr(lost.object, "__qualname__", type(lost.object).__name__)
        records.send_failure(lost.exc_value, f"{lost.err_msg or 'ignored in'} {where}")
