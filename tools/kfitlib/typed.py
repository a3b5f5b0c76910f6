"""The kernel's shell, typed to from here: lines in, machine records out."""
import io
import json
import tempfile

from . import disc
from .commands import machine, ready
from .guest import Guest
from .options import WITHOUT_PERSON, machine_options
from .status import OK, Stop
from .stream import Serial


def records(lines, arch="x86_64", brought=()):
    """The records that come of these lines (printable ASCII), all of them done in one boot. The first error of the
    kernel ends the command, in the kernel's words and with its status. brought: files on the disc (disc.check)."""
    asked = machine_options("shell", "").parse_args(["--arch", arch])
    built = ready()
    written = io.StringIO()
    with tempfile.TemporaryFile() as keys, disc.iso_with(built, brought) as iso:
        keys.write("".join(line + "\n" for line in lines).encode("ascii"))
        keys.seek(0)
        serial = Serial(text=None, records=written, repeats_errors=False)
        guest = Guest(machine(asked, iso, options="out=json"), serial, keys=keys.fileno(), timeout=WITHOUT_PERSON)
        end = _end(guest)
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    for record in found:
        if record["type"] in ("error", "panic"):
            raise Stop(end.status, record["message"])
    if end.status != OK:
        raise end
    return found


def _end(guest):
    """How the run ended, as a Stop, which is not raised."""
    try:
        status = guest.run()
    except Stop as stop:
        return stop
    return Stop(status, "the kernel ended with status %d and did not say why" % status)
