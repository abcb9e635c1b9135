"""Saving coverage from a program, where it runs under Salvage; nothing at all where it does not.

A program needs none of this to keep its coverage. It is the interface that pytest_cov.embed had, for
programs that want to say where they end.
"""

import ctypes
import signal

__all__ = ["cleanup", "cleanup_on_signal", "cleanup_on_sigterm", "is_recording"]

_library = ctypes.PyDLL(None)  # with the interpreter's lock, which saving what is in Python needs
_previous = {}
_deferred = []
_busy = False


def is_recording():
    """True under `salvage run`."""
    try:
        return bool(_library.salvage_is_recording())
    except AttributeError:
        return False


def cleanup():
    """Saves what has been counted so far. Counting goes on."""
    try:
        _library.salvage_flush()
    except AttributeError:
        pass


def _handle(number, frame):
    global _busy
    if _busy:
        _deferred.append((number, frame))
        return
    _busy = True
    try:
        cleanup()
    finally:
        _busy = False
    try:
        _previous[number](number, frame)
    finally:
        while _deferred:
            _handle(*_deferred.pop(0))


def cleanup_on_signal(number):
    """Saves before the handler that the program has for this signal; again when called again.

    Where the program has none, the signal ends the process or does nothing, and Salvage needs no handler
    to save at an end.
    """
    previous = signal.getsignal(number)
    if not is_recording() or not callable(previous) or previous is _handle:
        return
    _previous[number] = previous
    signal.signal(number, _handle)


def cleanup_on_sigterm():
    cleanup_on_signal(signal.SIGTERM)
