"""What the tests of the preload library share: programs run with and without it, and the statistics they leave.

The build tree is named by the environment variable KFIT_BUILD (ctest sets it); without it, build/ in the checkout. What
allocators and levels there are comes from the registry and from the heap's header.
"""
import functools
import os
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DEEP = bool(os.environ.get("KFIT_DEEP"))
TREE = os.path.abspath(os.environ.get("KFIT_BUILD", os.path.join(ROOT, "build")))
LIBRARY = os.path.join(TREE, "libkfit-preload.so")
TIMEOUT = 1200 if DEEP else 120      # seconds; ten times what the slowest run takes


def policies():
    """Names of the allocators, in the order of the registry."""
    with open(os.path.join(TREE, "generated", "policies.txt"), encoding="ascii") as lines:
        return [line.partition("\t")[0] for line in lines]


def highest_level():
    """The highest level of harden that this version has."""
    with open(os.path.join(ROOT, "alloc", "include", "alloc", "heap.h"), encoding="utf-8") as header:
        return int(re.search(r"HEAP_HARDEN_MAX = (\d+)", header.read()).group(1))


def needs_level(level):
    """Leaves a test out as long as the heap has no such level."""
    return unittest.skipIf(highest_level() < level, "harden=%d: the heap's levels end at %d" % (level, highest_level()))


class Outcome:
    """How a run went: status, both outputs, and a dict of statistics for each process that told its own."""

    def __init__(self, status, output, errors, statistics):
        self.status, self.output, self.errors = status, output, errors
        self.statistics = statistics.splitlines()
        self.processes = [fields(line) for line in self.statistics]

    def describe(self):
        return "status %s\n%s\n%s\n%s" % (self.status, self.output.decode("utf-8", "replace"),
                                          self.errors.decode("utf-8", "replace"), "\n".join(self.statistics))


def fields(line):
    """A line of statistics as a dict. All that counts something is a number."""
    words, _, check = line.partition(" check=")
    pairs = dict(word.split("=", 1) for word in words.split()[1:])
    return dict({key: int(value) if value.isdigit() else value for key, value in pairs.items()}, check=check)


def run(command, alloc=None, harden=1, heap=None, cwd=None, environment=None, stdin=b""):
    """Runs a command, under the library if an allocator is given."""
    settings = dict(os.environ, LC_ALL="C", **(environment or {}))
    with tempfile.TemporaryDirectory(prefix="kfit-test-") as folder:
        told = os.path.join(folder, "statistics")
        if alloc is not None:
            settings.update(LD_PRELOAD=LIBRARY, KFIT_PRELOAD_ALLOC=alloc, KFIT_PRELOAD_HARDEN=str(harden),
                            KFIT_PRELOAD_STATS=told)
        if heap is not None:
            settings["KFIT_PRELOAD_HEAP"] = heap
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                              env=settings, timeout=TIMEOUT, check=False)
        statistics = ""
        if os.path.exists(told):
            with open(told, encoding="ascii") as lines:
                statistics = lines.read()
    return Outcome(done.returncode, done.stdout, done.stderr, statistics)


@functools.lru_cache(maxsize=1)
def freeing_by_trial(recycle):
    """The allocators with which 6 MiB pass through a heap that stays small: those that free."""
    heaps = {alloc: run([recycle], alloc).processes[0]["heap"] for alloc in policies()}
    found = [alloc for alloc in policies() if heaps[alloc] < 1 << 20]
    assert found, "no allocator frees: %s" % heaps
    return found


class PreloadTest(unittest.TestCase):
    """A test case with a folder, and with the small programs of programs/."""

    @classmethod
    def setUpClass(cls):
        cls.programs = tempfile.mkdtemp(prefix="kfit-test-")
        cls.addClassCleanup(shutil.rmtree, cls.programs, ignore_errors=True)

    def folder(self):
        folder = tempfile.mkdtemp(prefix="kfit-test-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    @classmethod
    def program(cls, name):
        """The program, compiled; not optimised: the compiler knows what malloc does, and would leave calls out."""
        built = os.path.join(cls.programs, name)
        if not os.path.exists(built):
            subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-use-after-free", "-O0", "-g",
                            "-fno-builtin", "-pthread", "-rdynamic", os.path.join(HERE, "programs", name + ".c"), "-o",
                            built], check=True)
        return built

    def expect(self, outcome, status):
        self.assertEqual(outcome.status, status, "\n" + outcome.describe())
        return outcome

    def expect_clean(self, outcome):
        """The run succeeded, and every heap was found in order."""
        self.expect(outcome, 0)
        self.assertTrue(outcome.processes, outcome.describe())
        self.assertEqual({process["check"] for process in outcome.processes}, {"ok"}, outcome.describe())
        return outcome

    @classmethod
    def freeing(cls):
        """The allocators that free."""
        return freeing_by_trial(cls.program("recycle"))
