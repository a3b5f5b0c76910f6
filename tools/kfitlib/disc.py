"""Traces the user brings: checked, and put on a disc of their own together with the kernels."""
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


class Trace:
    """A trace file and the name it answers to: the file's name up to its first dot."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path).partition(".")[0]


def check(paths):
    """The traces of these files. Stops with status 2 at the first that cannot be one."""
    traces = [Trace(path) for path in paths]
    seen = {}
    for trace in traces:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", trace.name):
            raise Stop(BAD_INPUT, "trace %s: its name up to the first dot must be letters, digits, _ or -" % trace.path)
        if trace.name in seen:
            raise Stop(BAD_INPUT, "traces %s and %s would both be named '%s': rename one"
                       % (seen[trace.name], trace.path, trace.name))
        seen[trace.name] = trace.path
        try:
            _check_content(trace.path)
        except (OSError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or "damaged gzip file"
            raise Stop(BAD_INPUT, "trace %s: %s" % (trace.path, reason)) from error
    return traces


def _check_content(path):
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
def iso_with(build, traces):
    """The disc to boot: the build's own, or one with these traces added that lives as long as the `with` block."""
    if not traces:
        yield build.iso
        return
    with tempfile.TemporaryDirectory(prefix="kfit-") as folder:
        tree, iso = os.path.join(folder, "tree"), os.path.join(folder, "kfit.iso")
        try:
            shutil.copytree(build.iso_tree, tree)
            _add(tree, traces)
            make(build, tree, iso)
        except (OSError, shutil.Error) as error:
            raise Stop(BAD_INPUT, "cannot put the traces on a disc: %s" % error) from error
        yield iso


def _add(tree, traces):
    for trace in traces:
        shutil.copyfile(trace.path, os.path.join(tree, "traces", trace.name))
    with open(os.path.join(tree, "boot", "grub", "extra.cfg"), "w", encoding="ascii") as menu:
        menu.write('set extra="%s,"\n' % ",".join(trace.name for trace in traces))
    with open(os.path.join(tree, "boot", "traces.txt"), "w", encoding="ascii") as names:
        names.writelines(name + "\n" for name in sorted(os.listdir(os.path.join(tree, "traces"))))


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
