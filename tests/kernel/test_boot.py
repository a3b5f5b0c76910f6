"""Every allocator boots and runs in both kernels, small and with a recorded program's trace."""
import re
import unittest

from harness import ARCHES, TIMEOUT, KernelTest, boot, policies, widths

WORKLOAD = "run=churn:ops=2000:live=100:size=16-512 out=json then=exit"
TRACE = "run=trace:sqlite out=json then=exit"
SQLITE_OPERATIONS = 36091    # traces/README.md


class EveryAllocator(KernelTest):
    def check(self, outcome, arch, names):
        """The records of the run under these allocators."""
        self.expect(outcome, 0)
        self.assertEqual(outcome.one("boot")["arch"], arch)
        self.assertEqual(outcome.one("boot")["firmware"], "bios")
        self.assertEqual(outcome.one("boot")["allocators"], policies())
        self.assertEqual(outcome.one("end")["exit"], 0)
        results = outcome.of_type("result")
        self.assertEqual([result["alloc"] for result in results], names, outcome.describe())
        for result in results:
            with self.subTest(arch=arch, alloc=result["alloc"]):
                self.assertEqual(result["arch"], arch)
                self.assertEqual(result["done"], result["ops"])
                self.assertEqual(result["check"], "ok")
                self.assertEqual(result["frames_leaked"], 0)
                self.assertEqual(result["heap"], result["used"] + result["free"] + result["meta"] + result["untracked"])
        return results

    def test_workload(self):
        for number, name in enumerate(policies()):
            for arch in widths(number):
                with self.subTest(arch=arch, alloc=name):
                    outcome = boot("alloc=%s %s" % (name, WORKLOAD), arch=arch)
                    self.assertEqual(self.check(outcome, arch, [name])[0]["ops"], 2000)

    def test_trace(self):
        for arch in ARCHES:
            outcome = boot("compare=all heap=96M %s" % TRACE, arch=arch, memory=256 << 20)
            for result in self.check(outcome, arch, policies()):
                with self.subTest(arch=arch, alloc=result["alloc"]):
                    self.assertEqual(result["ops"], SQLITE_OPERATIONS)
                    self.assertEqual(result["failed"], 0)
                    self.assertEqual(result["peak_live"], 1218929)


class Selftest(KernelTest):
    def test_two_parts_are_the_whole(self):
        for arch in ARCHES:
            with self.subTest(arch=arch):
                outcome = self.expect(boot(keys="run selftest:machine\nrun selftest:heaps\nrun selftest\nexit\n", arch=arch), 0)
                machine, heaps, whole = (re.findall(r"^  ok  .*", part, re.MULTILINE)
                                         for part in outcome.text.split("Self-tests:\n")[1:])
                self.assertEqual(machine + heaps, whole, outcome.describe())
                self.assertTrue(any("page 0" in line for line in machine))
                self.assertEqual(len(heaps), 2 * len(policies()) + 1)


class Compare(KernelTest):
    def test_all_at_once(self):
        for arch in ARCHES:
            with self.subTest(arch=arch):
                outcome = self.expect(boot("compare=all %s" % WORKLOAD, arch=arch), 0)
                self.assertEqual([record["alloc"] for record in outcome.of_type("result")], policies())

    def test_several_traces_in_order(self):
        outcome = self.expect(boot("run=trace:perl,sqlite out=json then=exit"), 0)
        self.assertEqual([record["run"].rpartition(":")[2] for record in outcome.of_type("result")], ["perl", "sqlite"],
                         outcome.describe())

    def test_tour(self):
        self.expect(boot("run=tour then=exit", arch="i386", timeout=3 * TIMEOUT), 0)
        self.expect(boot("compare=all run=tour then=exit", timeout=3 * TIMEOUT), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
