"""Traces and scenarios the user brings: checked, and put on a disc of their own together with the kernels."""
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import zlib

from . import places
from .status import BAD_INPUT, NO_TOOL, Stop

LARGEST = 256 << 20          # bytes of a trace, unpacked
LARGEST_SCENARIO = 1 << 20
TITLE_MAX = 70               # characters, as lab/include/lab/script.h says


class Brought:
    """A file of the user's and the name it answers to: the file's name up to its first dot. kind: trace, scenario."""

    def __init__(self, path, kind="trace"):
        self.path, self.kind = path, kind
        self.name = os.path.basename(path).partition(".")[0]


def check(paths, scenarios=()):
    """What these files bring. Stops with status 2 at the first that cannot be a trace, or a scenario."""
    brought = [Brought(path) for path in paths] + [Brought(path, "scenario") for path in scenarios]
    seen = {}
    for file in brought:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", file.name):
            raise Stop(BAD_INPUT, "%s %s: its name up to the first dot must be letters, digits, _ or -"
                       % (file.kind, file.path))
        if (file.kind, file.name) in seen:
            raise Stop(BAD_INPUT, "%ss %s and %s would both be named '%s': rename one"
                       % (file.kind, seen[file.kind, file.name], file.path, file.name))
        seen[file.kind, file.name] = file.path
        try:
            (_check_trace if file.kind == "trace" else _check_scenario)(file.path)
        except (OSError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or "damaged gzip file"
            raise Stop(BAD_INPUT, "%s %s: %s" % (file.kind, file.path, reason)) from error
    return brought


def _check_scenario(path):
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size > LARGEST_SCENARIO:
            raise Stop(BAD_INPUT, "scenario %s: larger than %d MiB" % (path, LARGEST_SCENARIO >> 20))


def _check_trace(path):
    with open(path, "rb") as file:
        if file.read(2) == b"\x1f\x8b":
            file.seek(0)
            size = _unpacked_size(file)
        else:
            size = os.fstat(file.fileno()).st_size
    if size > LARGEST:
        raise Stop(BAD_INPUT, "trace %s: larger than %d MiB unpacked" % (path, LARGEST >> 20))


def _unpacked_size(file):
    """Bytes a gzip file unpacks to, counted no further than one piece above LARGEST."""
    size, unpacker = 0, zlib.decompressobj(wbits=31)
    while size <= LARGEST and not unpacker.eof:
        data = unpacker.unconsumed_tail or file.read(1 << 16)
        if not data:
            raise zlib.error("ends too early")
        size += len(unpacker.decompress(data, 1 << 20))
    return size


@contextlib.contextmanager
def iso_with(build, brought):
    """The disc to boot: the build's own, or one with these files added that lives as long as the `with` block."""
    if not brought:
        yield build.iso
        return
    with tempfile.TemporaryDirectory(prefix="kfit-") as folder:
        tree, iso = os.path.join(folder, "tree"), os.path.join(folder, "kfit.iso")
        try:
            shutil.copytree(build.iso_tree, tree)
            _add_traces(tree, [file for file in brought if file.kind == "trace"])
            _add_scenarios(tree, [file for file in brought if file.kind == "scenario"])
            make(build, tree, iso)
        except (OSError, shutil.Error) as error:
            raise Stop(BAD_INPUT, "cannot put the files on a disc: %s" % error) from error
        yield iso


def _add_traces(tree, traces):
    if not traces:
        return
    for trace in traces:
        shutil.copyfile(trace.path, os.path.join(tree, "traces", trace.name))
    with open(os.path.join(tree, "boot", "grub", "extra.cfg"), "w", encoding="ascii") as menu:
        menu.write('set extra="%s,"\n' % ",".join(trace.name for trace in traces))
    with open(os.path.join(tree, "boot", "traces.txt"), "w", encoding="ascii") as names:
        names.writelines(name + "\n" for name in sorted(os.listdir(os.path.join(tree, "traces"))))


def _add_scenarios(tree, scenarios):
    """One of the same name replaces the one that is there; the menu gets an entry for each."""
    entries = []
    for file in scenarios:
        path = os.path.join(tree, "lectures", file.name + ".kfit")
        shutil.copyfile(file.path, path)
        title = _title_of(path).replace("'", "'\\''")
        entries.append("menuentry 'your %s: %s' {\n    set opts=\"run=scenario:%s then=shell\"\n    boot_kernel $arch\n}\n"
                       % (file.name, title, file.name))
    if entries:
        with open(os.path.join(tree, "boot", "grub", "own.cfg"), "w", encoding="ascii") as menu:
            menu.write("\n".join(entries))


def _title_of(path):
    """A scenario's title as far as a menu can show it; whether the file is good is for the kernel to say."""
    with open(path, encoding="latin-1") as text:
        found = re.search(r"^[ \t]*title[ \t]+(.*)$", text.read(), re.MULTILINE)
    return re.sub(r"[^ -~]", "?", found.group(1).rstrip())[:TITLE_MAX] if found else "no title"


def make(build, tree, iso, more_modules=""):
    """Makes a bootable disc of a folder, as cmake/make_iso.cmake does it. more_modules: further ones of GRUB's."""
    command = ["grub-mkrescue", "-o", iso, tree, "--locales=", "--fonts=", "--themes=",
               "--install-modules=%s %s" % (build.grub_modules(), more_modules)]
    made = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if made.returncode != 0:
        said = made.stdout.decode("utf-8", "replace").strip().splitlines()
        raise Stop(NO_TOOL, "grub-mkrescue failed: " + (said[-1] if said else "status %d" % made.returncode))


def recorded():
    """Names of the traces that come with kfit."""
    return sorted(name.partition(".")[0] for name in os.listdir(places.TRACES) if name.endswith(".trace.gz"))
