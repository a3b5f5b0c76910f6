"""In instruction-counting mode a run repeats to the last digit, costs included."""
import unittest

from harness import ARCHES, KernelTest, boot

OPTIONS = "alloc=best-fit run=trace:sqlite out=json then=exit"


class InstructionCount(KernelTest):
    def test_two_runs_are_identical(self):
        for arch in ARCHES:
            with self.subTest(arch=arch):
                first, second = (self.expect(boot(OPTIONS, arch=arch, icount=True), 0).one("result") for _ in range(2))
                self.assertEqual(first, second)
                self.assertEqual(first["cost"]["unit"], "instructions")
                self.assertGreater(first["cost"]["alloc"]["mean"], 0)

    def test_without_it_costs_are_ticks(self):
        self.assertEqual(boot(OPTIONS).one("result")["cost"]["unit"], "ticks")

    def test_placement_is_the_same(self):
        counted, plain = (boot(OPTIONS, icount=icount).one("result") for icount in (True, False))
        self.assertEqual(counted["placement"], plain["placement"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
