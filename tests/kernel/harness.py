"""What the kernel tests share: boot the real disc through GRUB in QEMU, and keep what the kernel said.

The build tree is named by the environment variable KFIT_BUILD (ctest sets it); without it, build/ in the checkout.
"""
import concurrent.futures
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from kfitlib import disc  # noqa: E402
from kfitlib.build import Build  # noqa: E402
from kfitlib.guest import Guest  # noqa: E402
from kfitlib.machine import Machine  # noqa: E402
from kfitlib.status import Stop  # noqa: E402
from kfitlib.stream import Serial  # noqa: E402

ARCHES = ("x86_64", "i386")
DEEP = bool(os.environ.get("KFIT_DEEP"))
BUILD = Build(os.path.abspath(os.environ.get("KFIT_BUILD", os.path.join(ROOT, "build"))))
TIMEOUT = 120                # seconds a boot may take; ten times what the slowest takes on a slow machine


class Boot:
    """How one boot went: status, our own error line, the serial text, the records in it, QEMU's command line."""

    def __init__(self, status, message, errors, text, command=()):
        self.status, self.message, self.errors, self.text = status, message, errors, text
        self.command = shlex.join(command)
        lines = [line for line in text.splitlines() if line.startswith("@kfit ")]
        self.records = [json.loads(line[len("@kfit "):]) for line in lines]

    def of_type(self, kind):
        return [record for record in self.records if record.get("type") == kind]

    def one(self, kind):
        """The record of that type; the test fails if there is not exactly one."""
        found = self.of_type(kind)
        if len(found) != 1:
            raise AssertionError("%d records of type %s, expected 1\n%s" % (len(found), kind, self.describe()))
        return found[0]

    def describe(self):
        """The whole story, for a failing test."""
        return ("status %s %s\nstandard error:\n%s\nserial line:\n%s\n%s"
                % (self.status, self.message, self.errors, self.text, self.command))


def policies(build=BUILD):
    """Names of the allocators, in the order of the menu."""
    with open(os.path.join(build.tree, "generated", "policies.txt"), encoding="ascii") as lines:
        return [line.partition("\t")[0] for line in lines]


def widths(number):
    """The kernels that case `number` of a list is tried in: they take turns; in the deep run both."""
    return ARCHES if DEEP else (ARCHES[number % len(ARCHES)],)


CTRL_N = "\x0e"


def menu_text(build=BUILD):
    """GRUB's menu as it was generated."""
    with open(os.path.join(build.tree, "generated", "grub.cfg"), encoding="ascii") as text:
        return text.read()


def menu_keys(title, menu=None, indent=0):
    """The keys from the menu's first entry to the one whose title begins so, among those indented so far."""
    titles = re.findall(r"^ {%d}(?:menuentry|submenu) ['\"](.*)$" % indent, menu or menu_text(), re.MULTILINE)
    return CTRL_N * next(i for i, line in enumerate(titles) if line.startswith(title)) + "\r"


# They look at every block for each request: minutes for a trace with tens of thousands of blocks.
WALKERS = ("reuse", "first-fit-walk")


def other_presets():
    """The presets that build the same kernels in another way: with another compiler, with checks."""
    with open(os.path.join(ROOT, "CMakePresets.json"), encoding="utf-8") as text:
        names = [preset["name"] for preset in json.load(text)["configurePresets"]]
    return [name for name in names if name in ("clang", "ubsan")]


def boot(options="", keys=None, type_when=(), iso=None, timeout=TIMEOUT, **settings):
    """Boots and returns a Boot. keys: text for the kernel's shell, a character for each byte. type_when: (marker, keys) pairs, each typed once its
    marker has come over the serial line. settings: of kfitlib.machine.Machine."""
    machine = Machine(BUILD.iso if iso is None else iso, options=options, **settings)
    errors = io.StringIO()
    with tempfile.TemporaryFile() as text, _keyboard(keys, type_when, text) as keyboard:
        serial = Serial(text=text.fileno(), hold=not machine.menu)
        guest = Guest(machine, serial, keys=keyboard, timeout=timeout)
        status, message = 0, ""
        with contextlib.redirect_stderr(errors):
            try:
                status = guest.run()
            except Stop as stop:
                status, message = stop.status, stop.message
        text.seek(0)
        return Boot(status, message, errors.getvalue(), text.read().decode("ascii", "replace"), guest.command)


def boot_all(calls):
    """Boots once for each dict of boot()'s arguments, two at a time; the outcomes in the same order."""
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        return [future.result() for future in [pool.submit(boot, **call) for call in calls]]


@contextlib.contextmanager
def _keyboard(keys, type_when, text):
    """A descriptor to read the keys from; None if there are none."""
    if keys is None and not type_when:
        yield None
        return
    reader, writer = os.pipe()
    typist = threading.Thread(target=_type, args=(writer, keys, type_when, text), daemon=True)
    typist.start()
    yield reader
    os.close(reader)
    typist.join(5)


def _type(writer, keys, type_when, text):
    seen = 0
    with contextlib.suppress(OSError), os.fdopen(writer, "wb", buffering=0) as sink:
        for marker, answer in type_when:
            seen = _await(marker.encode("ascii"), text, seen)
            for key in answer.encode("latin-1"):
                sink.write(bytes([key]))
                time.sleep(0.05)
        _write_all(sink, (keys or "").encode("latin-1"))


def _write_all(sink, data):
    while data:
        data = data[sink.write(data):]


def _await(marker, text, seen):
    """Waits until the marker stands in the text behind position `seen`; returns the position behind it."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        data = os.pread(text.fileno(), 1 << 22, 0)
        at = data.find(marker, seen)
        if at >= 0:
            return at + len(marker)
        time.sleep(0.05)
    return seen


class KernelTest(unittest.TestCase):
    """A test case that shows the serial line when a boot did not go as expected."""

    def expect(self, outcome, status):
        self.assertEqual(outcome.status, status, "\n" + outcome.describe())
        return outcome

    def expect_word(self, outcome, word):
        """The word stands in what the person sees on standard error."""
        self.assertIn(word, outcome.errors + outcome.message, "\n" + outcome.describe())

    def folder(self):
        """A temporary folder that lives as long as the test."""
        folder = tempfile.mkdtemp(prefix="kfit-test-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def run_quietly(self, *command, cwd=ROOT):
        """Runs a command that must succeed; returns its output."""
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=600, check=False)
        output = done.stdout.decode("utf-8", "replace")
        self.assertEqual(done.returncode, 0, "%s\n%s" % (" ".join(command), output))
        return output

    def iso_with_kernel(self, image):
        """A disc like the build's own, with the file `image` in place of both kernels."""
        tree = self.disc_tree()
        for arch in ARCHES:
            shutil.copyfile(image, os.path.join(tree, "boot", "kernel-%s.elf" % arch))
        return self.iso_of(tree)

    def disc_tree(self):
        """A copy of the tree of the build's own disc, to be changed and handed to iso_of."""
        tree = os.path.join(self.folder(), "tree")
        shutil.copytree(BUILD.iso_tree, tree)
        return tree

    def iso_of(self, tree, more_modules=""):
        """The disc of such a tree. more_modules: GRUB's, besides those of the build's own disc."""
        iso = os.path.join(self.folder(), "kfit.iso")
        disc.make(BUILD, tree, iso, more_modules)
        return iso

    def iso_with_menu(self, menu):
        """A disc like the build's own whose grub.cfg is `menu`, after the serial line has been set up."""
        tree = self.disc_tree()
        with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w", encoding="ascii") as text:
            text.write("serial --unit=0 --speed=115200\nterminal_output serial\n" + menu)
        return self.iso_of(tree)
