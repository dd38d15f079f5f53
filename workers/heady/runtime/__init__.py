"""The engine's half in Python: zygotes, and the processes that they fork for each call.

``base`` is started by the service and forks a ``worker`` zygote for each worker file, which forks a ``child`` for each
call. Both zygotes are the same loop, ``zygote``. Only the standard library and pydantic are imported here: what a
zygote holds, every fork pays for.
"""
