"""The terminal kfit runs on: one line of progress, and keys passed through to the guest as they are pressed."""
import os
import sys
import time


class Progress:
    """One line on standard error while work takes longer than two seconds; nothing unless that is a terminal."""

    PATIENCE = 2.0

    def __init__(self, wanted=True):
        self.wanted = wanted and os.isatty(2)
        self.begun = time.monotonic()
        self.shown = False

    def tell(self, text):
        """Says what is going on; call it now and then, with the same text or another."""
        seconds = time.monotonic() - self.begun
        if self.wanted and seconds >= self.PATIENCE:
            line = "%s ... %d s" % (text, seconds)
            sys.stderr.write("\r\x1b[K" + line[:78])
            sys.stderr.flush()
            self.shown = True

    def clear(self):
        """Removes the line. The next tell() begins its patience anew."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self.shown = False
        self.begun = time.monotonic()


def has_person():
    """Whether a person sits at standard input: a terminal, and this process in its foreground."""
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


class Keys:
    """While in its `with` block, keys reach us at once and unechoed; only Ctrl-C still means interrupt."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.before = None

    def __enter__(self):
        if self.wanted:
            import termios
            self.before = termios.tcgetattr(0)
            mode = termios.tcgetattr(0)
            mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON)
            mode[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
            for key in (termios.VQUIT, termios.VSUSP):
                mode[6][key] = b"\0"
            mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
            termios.tcsetattr(0, termios.TCSADRAIN, mode)
        return self

    def __exit__(self, *_):
        if self.before is not None:
            import termios
            termios.tcsetattr(0, termios.TCSADRAIN, self.before)


def settle_descriptors():
    """Opens /dev/null where standard input, output or error were closed, so that no pipe takes their numbers."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
