"""The build itself: a dropped-in allocator appears everywhere, a second build does nothing, nothing stale stays."""
import os
import re
import shutil
import tempfile
import unittest

from harness import ROOT, KernelTest, boot, policies
from kfitlib.build import Build

NAME = "throw-away"


class BuildOfACopy(KernelTest):
    """Works in one copy of the checkout, with the preset of the kernels alone; each test leaves it as it was."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="kfit-test-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.copy = os.path.join(folder, "checkout")
        ignored = shutil.ignore_patterns("build", "build-*", ".git", "__pycache__")
        shutil.copytree(ROOT, cls.copy, ignore=ignored, symlinks=True)
        cls.built = Build(os.path.join(cls.copy, "build-kernel"))

    def setUp(self):
        self.run_quietly("cmake", "--preset", "kernel", cwd=self.copy)
        self.ninja()

    def ninja(self, *arguments):
        return self.run_quietly("ninja", "-C", self.built.tree, *arguments)

    def touch(self, *path):
        os.utime(os.path.join(self.copy, *path))

    def menu(self):
        with open(os.path.join(self.built.iso_tree, "boot", "grub", "grub.cfg"), encoding="ascii") as text:
            return text.read()

    def drop_in(self):
        """first-fit under another name, as one more file in alloc/policy/."""
        folder = os.path.join(self.copy, "alloc", "policy")
        with open(os.path.join(folder, "first-fit.c"), encoding="ascii") as file:
            source = file.read().replace("first-fit", NAME).replace("first_fit", NAME.replace("-", "_"))
        path = os.path.join(folder, NAME + ".c")
        with open(path, "w", encoding="ascii") as file:
            file.write(re.sub(r"\.rung = \d+,", ".rung = 999,", source))
        return path

    def test_dropped_in_allocator_appears_everywhere_and_goes_again(self):
        path = self.drop_in()
        self.ninja()
        self.assertEqual(policies(self.built)[-1], NAME)
        self.assertEqual(self.menu().count("set opts=\"alloc=%s " % NAME), 2, "one entry for each kernel")
        workload = "run=trace:sqlite out=json then=exit"
        for arch in ("x86_64", "i386"):
            twin, original = (self.expect(boot("alloc=%s %s" % (name, workload), arch=arch, iso=self.built.iso), 0)
                              for name in (NAME, "first-fit"))
            self.assertIn(NAME, twin.one("boot")["allocators"])
            self.assertEqual(twin.one("result")["alloc"], NAME)
            self.assertEqual(twin.one("result")["placement"], original.one("result")["placement"])
        os.remove(path)
        self.ninja()
        self.assertNotIn(NAME, policies(self.built))
        self.assertNotIn(NAME, self.menu())

    def test_second_build_does_nothing(self):
        self.assertIn("no work to do", self.ninja())

    def test_changes_rebuild_what_they_must(self):
        for path, target in ((("arch", "x86", "boot_common.inc"), "entry.asm"),
                             (("arch", "x86", "kernel.ld"), "kernel-i386.elf"),
                             (("lab", "flow.h"), "flow.c"),
                             (("iso", "grub.cfg.in"), "grub.cfg"),
                             (("traces", "sqlite.trace.gz"), "kfit.iso")):
            with self.subTest(changed=path):
                self.touch(*path)
                self.assertIn(target, self.ninja("-v"))
                self.assertIn("no work to do", self.ninja())

    def test_dropped_in_trace_is_on_the_disc(self):
        path = os.path.join(self.copy, "traces", "extra.trace.gz")
        shutil.copyfile(os.path.join(ROOT, "traces", "sqlite.trace.gz"), path)
        self.ninja()
        self.expect(boot("run=trace:extra then=exit", iso=self.built.iso), 0)
        os.remove(path)
        self.ninja()
        outcome = self.expect(boot("run=trace:extra then=exit", iso=self.built.iso), 2)
        self.expect_word(outcome, "sqlite")

    def test_disc_is_small(self):
        """At most 8 MB without traces."""
        traces = os.path.join(self.built.iso_tree, "traces")
        size = sum(os.path.getsize(os.path.join(traces, name)) for name in os.listdir(traces))
        self.assertLess(os.path.getsize(self.built.iso) - size, 8_000_000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
