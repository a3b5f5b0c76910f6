"""demo, run, menu and compare: boot the disc and pass its serial line through."""
import os

from . import build, disc, tools
from .guest import Guest
from .machine import Machine, check_options
from .options import WITHOUT_PERSON, asks, machine_options, open_records, waits_for_input
from .status import BAD_INPUT, Stop
from .stream import Serial
from .terminal import has_person


def run(words):
    """kfit run [options] ['KERNEL OPTIONS']"""
    parser = machine_options("run", "Boots the disc through GRUB with these kernel options.")
    parser.add_argument("options", nargs="*", metavar="KERNEL OPTIONS", help="for example 'alloc=best-fit run=tour'")
    asked = parser.parse_intermixed_args(words)
    return boot(asked, " ".join(asked.options), disc.check(asked.trace, asked.scenario))


def compare(words):
    """kfit compare TRACE... [--alloc A,B] [options]"""
    parser = machine_options("compare", "Prints the comparison table of the allocators for recorded traces.")
    parser.add_argument("traces", nargs="+", metavar="TRACE", help="a file, or the name of one in traces/")
    parser.add_argument("--alloc", metavar="A,B", default="all", help="allocators to compare (default all)")
    asked = parser.parse_intermixed_args(words)
    files = list(asked.trace)
    names = [_name_of(trace, files) for trace in asked.traces]
    options = "compare=%s run=trace:%s then=exit" % (asked.alloc, ",".join(names))
    return boot(asked, options, disc.check(files, asked.scenario))


def _name_of(trace, files):
    """The name a TRACE answers to; a file is added to `files`."""
    known = disc.recorded()
    if trace in known:
        return trace
    if not os.path.isfile(trace) and os.sep not in trace and "." not in trace:
        raise Stop(BAD_INPUT, "there is no trace '%s', neither a file nor in traces/ (%s).%s"
                   % (trace, ", ".join(known), tools.nearest(trace, known)))
    if trace not in files:
        files.append(trace)
    return disc.Brought(trace).name


def demo(words):
    """kfit demo"""
    from .options import Parser
    Parser("demo", "Installs what is missing, builds, boots, and prints the comparison tour.").parse_args(words)
    tools.install("build", "iso", "run")
    asked = machine_options("demo", "").parse_args(["--icount"])  # figures that repeat
    return boot(asked, "compare=all run=tour then=exit", [])


def menu(words):
    """kfit menu [options]"""
    asked = machine_options("menu", "Boots to GRUB's menu on this terminal.", json=False).parse_args(words)
    brought = disc.check(asked.trace, asked.scenario)
    person = has_person()
    built = ready()
    with disc.iso_with(built, brought) as iso:
        serial = Serial(hold=False, remove_returns=not os.isatty(1))
        guest = Guest(machine(asked, iso, menu=True), serial, keys=0, timeout=patience(asked, person), person=person)
        return guest.run()


def boot(asked, options, brought):
    """Boots straight into the kernel with these options; returns the exit status."""
    if asked.json is not None and not asks(options, "out="):
        options = (options + " out=json").strip()
    check_options(options)
    records = open_records(asked.json)
    person = has_person()
    built = ready()
    keys = 0 if waits_for_input(options) else None
    with disc.iso_with(built, brought) as iso:
        serial = Serial(text=None if asked.json == "-" else 1, records=records, remove_returns=not os.isatty(1))
        guest = Guest(machine(asked, iso, options=options), serial, keys=keys, timeout=patience(asked, person),
                      person=person and keys is not None)
        return guest.run()


def machine(asked, iso, **settings):
    """The machine the options ask for."""
    return Machine(iso, arch=asked.arch, firmware=asked.firmware, memory=asked.memory, icount=asked.icount,
                   display=asked.display, **settings)


def patience(asked, person):
    """Seconds the run may take; None: as long as it likes."""
    if asked.timeout is not None:
        return asked.timeout
    return None if person else WITHOUT_PERSON


def ready():
    """The build, brought up to date; stops if a tool for it or for running it is missing."""
    tools.need("build", "iso", "run")
    return build.current()
