"""The kfit command: finds the subcommand and turns its end into an exit status."""
import importlib
import os
import signal
import sys

from .status import BAD_INPUT, INTERRUPTED, OK, Stop
from .terminal import settle_descriptors

# name: (module, one line of help)
COMMANDS = {
    "demo": ("commands", "install what is missing, build, boot, and print the comparison tour"),
    "run": ("commands", "boot with kernel options; the serial line is standard output"),
    "menu": ("commands", "boot to GRUB's menu on this terminal"),
    "compare": ("commands", "the comparison table of the allocators for recorded traces"),
    "sheet": ("sheets", "question sheets on placement and the key to them, from the kernel's own runs"),
    "tables": ("tables", "make the tables of README and docs anew from runs"),
    "pictures": ("pictures", "draw the pictures of README and docs anew from the heaps of runs"),
    "preload": ("preload", "run a program of this machine with an allocator of kfit's under it"),
    "test": ("testing", "build everything and run the tests"),
    "doctor": ("doctor", "name what is missing and the command that installs it"),
    "debug": ("debugging", "gdb at the kernel's start, with symbols and heap commands"),
}


def usage():
    """The help text."""
    lines = ["kfit: a teaching kernel about where the next block of a heap goes, and what that costs", "",
             "usage: ./kfit COMMAND [options]", ""]
    lines += ["  %-9s %s" % (name, text) for name, (_, text) in COMMANDS.items()]
    lines += ["", "Options of a command: ./kfit COMMAND --help. Start with ./kfit demo.", ""]
    return "\n".join(lines)


def main(words):
    """Runs the command; returns the exit status."""
    settle_descriptors()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    try:
        status = _dispatch(words)
        sys.stdout.flush()
        return status
    except Stop as stop:
        sys.stderr.write("kfit: %s\n" % stop.message)
        return stop.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)    # whoever read us has gone; so nobody is told
        return 128 + signal.SIGPIPE


def _dispatch(words):
    if not words:
        sys.stderr.write(usage())
        return BAD_INPUT
    name = words[0]
    if name in ("help", "-h", "--help"):
        print(usage(), end="")
        return OK
    if name not in COMMANDS:
        from .tools import nearest
        raise Stop(BAD_INPUT, "there is no command '%s'.%s (./kfit help lists them)"
                   % (name, nearest(name, COMMANDS)))
    module = importlib.import_module("." + COMMANDS[name][0], __package__)
    return getattr(module, name)(words[1:])


def _end(number, _frame):
    """A signal that ends kfit: on the way out the machine is stopped and the terminal restored."""
    sys.exit(128 + number)
