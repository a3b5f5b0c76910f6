"""kfit debug: QEMU stopped before the first instruction, gdb attached, symbols and heap commands loaded."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from . import disc, places, tools
from .commands import machine, ready
from .machine import QEMU, check_options
from .options import machine_options
from .status import OK
from .stream import Serial

START = "kernel_main"        # src/kmain.c: where the kernel's C code begins


def debug(words):
    """kfit debug [options] ['KERNEL OPTIONS']"""
    parser = machine_options("debug", "Starts QEMU with gdb attached, stopped where the kernel begins.", json=False)
    parser.add_argument("options", nargs="*", metavar="KERNEL OPTIONS", help="as for kfit run")
    asked = parser.parse_intermixed_args(words)
    options = " ".join(asked.options)
    check_options(options)
    brought = disc.check(asked.trace, asked.scenario)
    tools.need("debug")
    built = ready()
    folder = tempfile.mkdtemp(prefix="kfit-")
    try:
        with disc.iso_with(built, brought) as iso:
            target = machine(asked, iso, options=options)
            return _session(target, folder, built.kernel(asked.arch), asked.timeout)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _session(target, folder, kernel, timeout):
    """gdb in the foreground, the guest's serial line on the same terminal; both end together."""
    port = _free_port()
    target.qemu = QEMU[target.arch]       # gdb believes the machine before the kernel file, so their widths must agree
    target.extra = ["-S", "-gdb", "tcp:127.0.0.1:%d" % port]
    qemu = subprocess.Popen(target.command(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0,
                            start_new_session=True)
    reader = threading.Thread(target=_show, args=(qemu.stdout,), daemon=True)
    reader.start()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)    # Ctrl-C is for gdb: it stops the guest
    try:
        subprocess.run(_gdb(kernel, port), check=False, timeout=timeout,
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    except subprocess.TimeoutExpired:
        from .status import HANG, Stop
        raise Stop(HANG, "no end within %g s; gdb and the machine were stopped (--timeout)" % timeout) from None
    finally:
        signal.signal(signal.SIGINT, before)
        qemu.kill()
        qemu.wait()
        reader.join(2)
    return OK


def _gdb(kernel, port):
    """The first stop must be a hardware breakpoint: the kernel is not yet in memory when it is set."""
    return ["gdb", "-q", "-ex", "set confirm off", "-ex", "set pagination off",
            "-ex", "source " + os.path.join(places.ROOT, "tools", "gdb", "kfit_gdb.py"),
            "-ex", "target remote 127.0.0.1:%d" % port, "-ex", "hbreak " + START, "-ex", "continue", kernel]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _show(output):
    serial = Serial()
    while True:
        data = os.read(output.fileno(), 65536)
        if not data:
            return
        serial.feed(data)
