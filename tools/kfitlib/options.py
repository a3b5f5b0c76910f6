"""The options that run, menu, compare and debug share, checked before anything is built or booted."""
import argparse
import os
import re

from .machine import FIRMWARES
from .status import BAD_INPUT, Stop

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
MOST_MEMORY = 64 << 30
WITHOUT_PERSON = 300         # seconds a run may take where nobody sits at the terminal


class Parser(argparse.ArgumentParser):
    """argparse with kfit's manners: no abbreviations, one line for an error, status 2."""

    def __init__(self, command, about, **settings):
        super().__init__(prog="kfit " + command, description=about, allow_abbrev=False, **settings)

    def error(self, message):
        raise Stop(BAD_INPUT, "%s (%s --help says what it takes)" % (message, self.prog))


def _memory(text):
    found = re.fullmatch(r"([0-9]{1,12})([KMG]?)(?:i?B)?", text, re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError("'%s' is no size: a number with K, M or G, like 128M" % text)
    size = int(found.group(1)) * UNITS[found.group(2).upper()]
    if not UNITS["M"] <= size <= MOST_MEMORY:
        raise argparse.ArgumentTypeError("'%s' is out of range: 1M to 64G" % text)
    return size


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 1e6:
        raise argparse.ArgumentTypeError("'%s' is no time: seconds above 0, at most 1000000" % text)
    return seconds


def machine_options(command, about, json=True):
    """A parser with the shared options."""
    parser = Parser(command, about)
    parser.add_argument("--arch", choices=("x86_64", "i386"), default="x86_64", help="which kernel (default x86_64)")
    parser.add_argument("--firmware", choices=FIRMWARES, default="bios", help="what loads GRUB (default bios)")
    parser.add_argument("--memory", metavar="SIZE", type=_memory, default="128M", help="of the machine (default 128M)")
    parser.add_argument("--trace", metavar="FILE", action="append", default=[],
                        help="put FILE on the disc, as a boot module named after it up to its first dot; repeatable")
    parser.add_argument("--scenario", metavar="FILE", action="append", default=[],
                        help="put FILE on the disc as the scenario named after it up to its first dot; repeatable")
    parser.add_argument("--display", action="store_true", help="open a window with the machine's screen")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds,
                        help="end a run that does not end (default %d without a person at the terminal)"
                        % WITHOUT_PERSON)
    parser.add_argument("--icount", action="store_true", help="count instructions, so that costs repeat exactly")
    if json:
        parser.add_argument("--json", metavar="FILE",
                            help="write the machine records, one JSON object a line; - is standard output, no text")
    return parser


def asks(options, pattern):
    """Whether the kernel options hold a word that matches KEY=VALUE patterns, in any of the forms the kernel takes."""
    return re.search(r'(?:^|[ \t])"?' + pattern, options) is not None


def waits_for_input(options):
    """Whether the kernel asks for something: its shell follows the run, or the run is a quiz."""
    return not asks(options, r'then="?(?:exit|halt)(?:[ \t"]|$)') or asks(options, r'quiz="?(?:on|seed)')


def open_records(name):
    """The file for --json, open for writing; None without the option."""
    if name is None:
        return None
    try:
        if name == "-":
            return os.fdopen(os.dup(1), "w", encoding="ascii")
        return open(name, "w", encoding="ascii")
    except OSError as error:
        raise Stop(BAD_INPUT, "--json %s: %s" % (name, error.strerror)) from error
