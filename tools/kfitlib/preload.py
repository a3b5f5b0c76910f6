"""kfit preload: a program of this machine with one of kfit's allocators in place of the C library's."""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

from . import build, tools
from .options import Parser
from .status import BAD_INPUT, FAILED, Stop

ROWS = 20                        # most processes in the table
NOT_FOUND, NOT_RUNNABLE = 127, 126    # as shells say it
NOTHING_TOLD = ("no process has told its statistics: is the program statically linked, 32-bit or set-uid? "
                "One that ends by a signal, _exit or exec tells nothing either")


def preload(words):
    """kfit preload ALLOC[:options] [--harden N] [--heap SIZE] [--stats FILE] -- PROGRAM ARGS"""
    cut = words.index("--") if "--" in words else len(words)
    asked = _parser().parse_args(words[:cut])
    program = words[cut + 1:]
    if not program:
        raise Stop(BAD_INPUT, "the program is missing: kfit preload %s -- PROGRAM ARGS" % asked.alloc)
    library = _library()
    with _folder() as folder:
        settings = _settings(asked, library)
        _try(dict(settings, KFIT_PRELOAD_STATS=os.path.join(folder, "trial")))
        told = os.path.abspath(asked.stats) if asked.stats is not None else os.path.join(folder, "statistics")
        before = _length(told)
        status = _run(program, dict(settings, KFIT_PRELOAD_STATS=told))
        _tell(asked, told, before)
    return status


def _parser():
    parser = Parser("preload", "Runs a program of this machine with one of kfit's allocators in place of malloc.",
                    usage="kfit preload [-h] ALLOC[:options] [--harden N] [--heap SIZE] [--stats FILE] "
                          "-- PROGRAM [ARGS ...]",
                    epilog="The exit status is the program's; 128 and the signal's number if a signal ended it. "
                           "docs/preload.md tells more.")
    parser.add_argument("alloc", metavar="ALLOC[:options]", help="the allocator, as behind alloc= in the kernel")
    parser.add_argument("--harden", metavar="N", help="how closely misuse is watched for (default 1)")
    parser.add_argument("--heap", metavar="SIZE", help="most bytes of each process's heap (default 4G)")
    parser.add_argument("--stats", metavar="FILE",
                        help="add a line of statistics for each process to FILE, instead of a table at the end")
    return parser


def _library():
    """The library, brought up to date."""
    tools.need("build", "host")
    library = os.path.join(build.current(target="preload").tree, "libkfit-preload.so")
    if " " in library or ":" in library:
        raise Stop(FAILED, "the dynamic linker takes no library with a blank or a colon in its name: %s" % library)
    return library


@contextlib.contextmanager
def _folder():
    folder = tempfile.mkdtemp(prefix="kfit-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(asked, library):
    """The environment for the program. What is not asked for is not inherited either."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("KFIT_PRELOAD_")}
    settings["LD_PRELOAD"] = ":".join([library] + [name for name in [os.environ.get("LD_PRELOAD")] if name])
    for name in ("alloc", "harden", "heap"):
        if getattr(asked, name) is not None:
            settings["KFIT_PRELOAD_" + name.upper()] = getattr(asked, name)
    return settings


def _try(settings):
    """Starts the library once, in a program that does nothing: it knows itself what it takes."""
    trial = subprocess.run(["/bin/true"], env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, check=False)
    said = trial.stderr.decode("utf-8", "replace").strip()
    if trial.returncode != 0:
        raise Stop(trial.returncode if trial.returncode > 0 else FAILED, said.replace("kfit-preload: ", "", 1))
    if not os.path.exists(settings["KFIT_PRELOAD_STATS"]):
        raise Stop(FAILED, "the library cannot be put under a program here: %s" % said)


def _length(name):
    """Bytes in the file for the statistics, which is made if it is not there."""
    try:
        with open(name, "ab") as file:
            return file.tell()
    except OSError as error:
        raise Stop(BAD_INPUT, "--stats %s: %s" % (name, error.strerror)) from error


def _run(program, settings):
    """Runs the program to its end; its status as shells report it. Signals are the program's business."""
    child = None

    def pass_on(number, _frame):
        if child is not None:
            child.send_signal(number)

    for number, handler in ((signal.SIGINT, lambda *_: None), (signal.SIGQUIT, lambda *_: None),  # it gets them itself
                            (signal.SIGTERM, pass_on), (signal.SIGHUP, pass_on)):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        child = subprocess.Popen(program, env=settings, close_fds=False)
    except FileNotFoundError as error:
        raise Stop(NOT_FOUND, "there is no program '%s'" % program[0]) from error
    except OSError as error:
        raise Stop(NOT_RUNNABLE, "'%s' cannot be run: %s" % (program[0], error.strerror)) from error
    status = child.wait()
    return status if status >= 0 else 128 - status


# ---- the statistics ----

COLUMNS = (("program", "program"), ("pid", "pid"), ("calls", "calls"), ("used peak", "used_peak"), ("heap", "heap"),
           ("holes", "holes"), ("largest hole", "largest_hole"), ("ext_frag %", "ext_frag"), ("check", "check"))


def _fields(line):
    """A line of statistics as a dict; `check` is the rest of the line, and may have blanks."""
    words, _, check = line.partition(" check=")
    fields = dict(word.split("=", 1) for word in words.split() if "=" in word)
    fields["check"] = check
    return fields


def _tell(asked, told, before):
    """Says what became of the heaps: a table, unless the person asked for the lines themselves."""
    with open(told, "rb") as file:
        file.seek(before)
        lines = file.read().decode("utf-8", "replace").splitlines()
    if not lines:
        os.write(2, ("kfit: %s\n" % NOTHING_TOLD).encode("ascii"))
    elif asked.stats is None:
        os.write(2, _table([_fields(line) for line in lines]).encode("utf-8", "replace"))


def _table(processes):
    head = "\n%s, harden %s: the heap of each process as it ended, in bytes\n" % (processes[0]["alloc"],
                                                                                processes[0]["harden"])
    shown = sorted(processes, key=lambda process: -int(process["heap"]))[:ROWS]
    rows = [[title for title, _ in COLUMNS]]
    rows += [[_cell(key, process[key]) for _, key in COLUMNS] for process in processes if process in shown]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    text = "".join(_row(row, widths) for row in rows)
    left_out = len(processes) - len(shown)
    if left_out:
        text += "and %d with smaller heaps; --stats FILE takes down all of them\n" % left_out
    return head + text


def _cell(key, value):
    if key == "ext_frag":
        return "%d.%d" % divmod(int(value), 10)
    return value if key in ("program", "pid", "check") else "{:,}".format(int(value))


def _row(row, widths):
    """Words to the left, numbers to the right."""
    cells = [cell.ljust(width) if i in (0, len(row) - 1) else cell.rjust(width)
             for i, (cell, width) in enumerate(zip(row, widths))]
    return "  ".join(cells).rstrip() + "\n"
