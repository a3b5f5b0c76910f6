"""The host side of kfit: builds the disc, starts QEMU, passes the serial line through, and says how it ended.

Modules import each other lazily where a command does not need them: `kfit run` may add 0.3 s to QEMU's own time.
"""
