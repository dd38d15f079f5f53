"""The end of a call that its function has asked to hear of."""


class Cancelled(BaseException):
    """The call is to end: its caller has gone, its time is over, or the service stops.

    Raised in functions that declare a ``grace`` period, which is theirs to clean up: ``try … finally`` and ``except
    Cancelled`` both do. Whatever they return is no longer wanted. No ``Exception``, so that ``except Exception`` does
    not swallow it.
    """
