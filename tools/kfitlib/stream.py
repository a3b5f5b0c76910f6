"""What comes over the guest's serial line: noise until the kernel's first line, then text, errors and machine records.

The firmware and GRUB share the line and leave escape sequences on it; everything before the kernel's first line is held
back. A line `@kfit {...}` is a machine record. A line `kfit: ...` or a record of type error is repeated on standard
error.
"""
import os
import re
import sys

from .status import BAD_INPUT, MACHINE, VANISHED

RECORD = b"@kfit "
ERROR = b"kfit: "
NOISE_KEPT = 64 * 1024

# The kernel's first line, at the start of a line or behind an escape sequence of GRUB's.
_FIRST = re.compile(rb"(?:^|[\r\n]|\x1b\[[0-9;?]*[A-Za-z])(kfit \d|kfit: |@kfit \{)")
_GRUB_ERROR = re.compile(rb"error: ([^\r\n]*[^\r\n.])\.?[\r\n]")
# What GRUB or the firmware says when the kernel will never come; our own grub.cfg says the last one.
_DEAD_ENDS = (
    (re.compile(rb"grub rescue> "), "GRUB does not find its files on the disc"),
    (re.compile(rb"Minimal BASH-like"), "GRUB does not find its menu on the disc"),
    (re.compile(rb"GNU GRUB +version"), "GRUB shows its menu: it was not told what to boot"),
    (re.compile(rb"UEFI Interactive Shell"), "the firmware does not find GRUB on the disc"),
    (re.compile(rb"kfit/1: not booted"), "GRUB cannot load the kernel or a trace"),
)


class Serial:
    """Takes the bytes as they come; shows text, keeps records, repeats errors."""

    def __init__(self, text=1, records=None, hold=True, remove_returns=True, repeats_errors=True):
        """text: descriptor to write to, or None. records: file object for the records, or None to leave them in the
        text. hold: keep back what comes before the kernel's first line. repeats_errors: on standard error."""
        self.text, self.records = text, records
        self.repeats_errors = repeats_errors
        self.started = not hold
        self.kernel_spoke = False
        self.remove_returns = remove_returns
        self.noise = bytearray()
        self.line = bytearray()
        self.shown = 0            # bytes of the line that have been shown
        self.reported = []        # lines repeated on standard error
        self.damaged = 0          # records that are no JSON
        self.before_text = lambda: None   # called before anything is written
        self._twin = None         # (message, kind) last reported: the same error as text and as record is said once

    def feed(self, data):
        """Takes the next bytes."""
        if not self.started or not self.kernel_spoke:
            data = self._await_kernel(data)
        for piece in data.splitlines(keepends=True) if self.started else ():
            self._take(piece)

    def _await_kernel(self, data):
        """Collects noise until the kernel speaks. Returns what is to be shown of it."""
        self.noise += data
        first = _FIRST.search(self.noise)
        if first:
            self.kernel_spoke = True
            if self.started:
                return data
            self.started = True
            return bytes(self.noise[first.start(1):])
        del self.noise[:-NOISE_KEPT]
        return data if self.started else b""

    def _take(self, piece):
        """One piece of a line, with its end or without."""
        self.line += piece
        if self.records is None or not self._may_be_record():
            self._show()
        if self.line.endswith(b"\n"):
            self._finish(bytes(self.line).strip(b"\r\n"))
        if self.line.endswith(b"\n") or len(self.line) > NOISE_KEPT:
            self.line.clear()
            self.shown = 0

    def _may_be_record(self):
        return self.line.startswith(RECORD) or RECORD.startswith(bytes(self.line))

    def _show(self):
        data = bytes(self.line[self.shown:])
        self.shown = len(self.line)
        if self.remove_returns:
            data = data.replace(b"\r", b"")
        if self.text is not None and data:
            self.before_text()
            _write_all(self.text, data)

    def _finish(self, line):
        """A whole line has come."""
        if line.startswith(RECORD + b"{"):
            self._record(line[len(RECORD):])
        else:
            if self.shown < len(self.line):
                self._show()
            if line.startswith(ERROR):
                self._report(line.decode("ascii", "replace"), "text")

    def _record(self, data):
        import json
        try:
            record = json.loads(data)
        except ValueError:
            self.damaged += 1
            return
        if self.records is not None:
            self.records.write(data.decode("ascii") + "\n")
            self.records.flush()
        if record.get("type") == "error":
            self._report("kfit: error: %s" % record.get("message", ""), "record")

    def _report(self, message, kind):
        """Repeats an error on standard error, unless the terminal has shown it, or it is the twin of the last one."""
        if self._twin is not None and self._twin[1] != kind:
            old, self._twin = self._twin[0], None
            if message in old or old in message or old.partition("error: ")[2] in message:
                return
        self._twin = (message, kind)
        self.reported.append(message)
        seen = kind == "text" and self.text is not None and os.isatty(self.text) and os.isatty(2)
        if self.repeats_errors and not seen:
            self.before_text()
            sys.stderr.write(message + "\n")
            sys.stderr.flush()

    def dead_end(self):
        """(status, message) if the kernel will never speak, else None."""
        if self.started:
            return None
        errors = [found.decode("ascii", "replace") for found in _GRUB_ERROR.findall(self.noise)]
        if any("out of memory" in error for error in errors):
            return MACHINE, "GRUB is out of memory before the kernel runs: give the machine more (--memory)"
        for pattern, meaning in _DEAD_ENDS:
            if pattern.search(self.noise):
                because = ": " + errors[-1] if errors else ""
                bad_file = pattern is _DEAD_ENDS[-1][0] and any(_is_unpacking(error) for error in errors)
                return (BAD_INPUT if bad_file else VANISHED), meaning + because
        return None

    def tail(self):
        """The last lines of the noise, readable, for when the kernel never spoke."""
        text = re.sub(rb"\x1b\[[0-9;?=]*[A-Za-z]", b"\n", bytes(self.noise)).decode("ascii", "replace")
        lines = [line.rstrip() for line in text.replace("\r", "\n").split("\n")]
        return "\n".join([line for line in lines if line][-15:])

    def close(self):
        """The line has ended: shows what is left of a held piece."""
        if self.line.startswith(RECORD):
            self.damaged += 1
        elif self.started:
            self._finish(bytes(self.line))
        if self.damaged:
            sys.stderr.write("kfit: %d damaged record(s) left out\n" % self.damaged)


def _is_unpacking(error):
    return any(word in error for word in ("gzip", "compressed", "crc", "inflate"))


def _write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]
