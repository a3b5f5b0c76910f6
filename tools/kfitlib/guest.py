"""One run of the machine: bytes between the terminal and the guest's serial line, and how it ended."""
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from .machine import EXIT_BASE
from .status import HANG, MACHINE, MEANING, NO_TOOL, OK, VANISHED, Stop
from .terminal import Keys, Progress

END_OF_INPUT = b"\x04"
TICK_MS = 250


class Guest:
    """A machine under way. `serial` takes its output; `keys` is the descriptor of its input, or None."""

    def __init__(self, machine, serial, keys=None, timeout=None, person=False):
        self.machine, self.serial, self.keys = machine, serial, keys
        self.timeout, self.person = timeout, person
        self.pending = bytearray()   # input read and not yet taken by QEMU
        self.ended_input = False     # the end-of-input byte is in pending, or has been sent
        self.last_byte = b"\n"       # of the input
        self.ended_line = None       # (status, message) that ended the run from our side
        self.command = []            # QEMU's command line

    def run(self):
        """Runs to the end; returns kfit's exit status, with the reason said on standard error."""
        folder = tempfile.mkdtemp(prefix="kfit-")
        try:
            with tempfile.TemporaryFile() as complaints, Keys(self.person):
                self.command = self.machine.command(folder)
                code = self._run_qemu(self.command, complaints)
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace").strip()
            self.serial.close()
            return self._judge(code, said)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run_qemu(self, command, complaints):
        """QEMU's exit code. It is ended on every way out of here."""
        try:
            qemu = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
                                    bufsize=0, start_new_session=True)
        except OSError as error:
            raise Stop(NO_TOOL, "%s cannot be started: %s" % (command[0], error.strerror)) from error
        try:
            self._pump(qemu)
            return qemu.wait()
        finally:
            if qemu.poll() is None:
                qemu.send_signal(signal.SIGKILL)
                qemu.wait()
            qemu.stdin.close()
            qemu.stdout.close()

    def _pump(self, qemu):
        """Passes bytes both ways until QEMU ends, the time is up, or the kernel can no longer come."""
        os.set_blocking(qemu.stdin.fileno(), False)
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        progress = Progress()
        self.serial.before_text = progress.clear
        output = qemu.stdout.fileno()
        while True:
            ready = dict(self._poll(qemu, deadline))
            if output in ready:
                data = os.read(output, 65536)
                if not data:
                    break
                self.serial.feed(data)
            if self.keys is not None and self.keys in ready:
                self._read_keys()
            if qemu.stdin.fileno() in ready:
                self._write_keys(qemu.stdin.fileno())
            self.ended_line = self.serial.dead_end()
            if deadline is not None and time.monotonic() >= deadline:
                self.ended_line = HANG, "no end within %g s; the machine was stopped (--timeout)" % self.timeout
            if self.ended_line:
                qemu.kill()
                break
            if not self.serial.started or not os.isatty(1):
                progress.tell("running" if self.serial.kernel_spoke else "booting")
        progress.clear()

    def _poll(self, qemu, deadline):
        poll = select.poll()
        poll.register(qemu.stdout.fileno(), select.POLLIN)
        listening = self.serial.started and not self.pending and not self.ended_input
        if self.keys is not None and listening:
            poll.register(self.keys, select.POLLIN)
        if self.pending and self._may_send():
            poll.register(qemu.stdin.fileno(), select.POLLOUT)
        wait = TICK_MS
        if deadline is not None:
            wait = max(1, min(wait, int((deadline - time.monotonic()) * 1000)))
        return poll.poll(wait)

    def _may_send(self):
        """Nothing is sent before the kernel listens; the end of the input not even where GRUB's menu takes keys."""
        return self.serial.kernel_spoke or (self.serial.started and bytes(self.pending) != END_OF_INPUT)

    def _read_keys(self):
        try:
            data = os.read(self.keys, 4096)
        except OSError:
            data = b""
        if data:
            self.last_byte = data[-1:]
            self.pending += data
            return
        # The kernel's shell ends at this byte on an empty line.
        self.pending += (b"" if self.last_byte in b"\r\n" else b"\n") + END_OF_INPUT
        self.ended_input = True

    def _write_keys(self, descriptor):
        try:
            del self.pending[:os.write(descriptor, self.pending)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.pending.clear()
            self.keys = None

    def _judge(self, code, said):
        """kfit's status for QEMU's exit code, with one clear line if it is not success."""
        status, message = self._verdict(code, said)
        if not self.serial.kernel_spoke and not self.machine.menu and status != OK:
            tail = self.serial.tail()
            message += "\nlast on the serial line:\n" + tail if tail and status != MACHINE else ""
        if message and not (message == MEANING.get(status) and self.serial.reported):
            raise Stop(status, message)
        return status

    def _verdict(self, code, said):
        if self.ended_line:
            return self.ended_line
        silent = not self.serial.kernel_spoke
        if code == 1 and silent and said:
            return _start_failure(said)
        if code & 1 and 0 <= (code >> 1) - EXIT_BASE <= HANG:
            status = (code >> 1) - EXIT_BASE
            may_be_silent = not self.machine.serial or "console=screen" in self.machine.options
            if status == OK and silent and not may_be_silent:
                return VANISHED, "the guest ended as if all were well, but the kernel never said a word"
            return status, MEANING.get(status, "")
        if code == 0:
            window = "; or its window was closed" if self.machine.display else ""
            return VANISHED, "the guest reset or vanished without a word (a triple fault does that)" + window
        return VANISHED, "QEMU ended with code %d, which is no status of our kernels%s" % (code, said and ": " + said)


def _start_failure(said):
    """QEMU did not start the machine at all."""
    status = MACHINE if "memory" in said else NO_TOOL
    return status, "QEMU does not start: " + said.splitlines()[-1]


