"""What a listener costs that is not there: in instruction-counting mode the kernels are set beside those of the preset `untold`, the
same sources in which nobody can listen, under every allocator. Nothing but one branch at the entry of an allocation may lie between."""
import unittest

from harness import ARCHES, KernelTest, boot_all, policies
from kfitlib import build

RUN = "run=churn:ops=4000:live=300 compare=all out=json then=exit"
BRANCH = 3                   # instructions, those with which the compiler pads the loop behind it included
COSTS = ("cost", "vm_cost")  # what may differ in a result


class Listener(KernelTest):
    @classmethod
    def setUpClass(cls):
        isos = (build.current("untold").iso, None)
        outcomes = boot_all([dict(options=RUN, arch=arch, icount=True, iso=iso) for arch in ARCHES for iso in isos])
        cls.outcomes = {arch: outcomes[2 * i:2 * i + 2] for i, arch in enumerate(ARCHES)}

    def each(self, compare):
        """Calls compare(name, result where nobody can listen, result where nobody does) for each width and allocator."""
        for arch, outcomes in self.outcomes.items():
            results = [self.expect(outcome, 0).of_type("result") for outcome in outcomes]
            self.assertEqual([[result["alloc"] for result in each] for each in results], [policies()] * 2)
            for untold, told in zip(*results):
                with self.subTest(arch=arch, alloc=told["alloc"]):
                    compare("%-7s %-15s" % (arch, told["alloc"]), untold, told)

    def test_an_allocation_costs_one_branch(self):
        def compare(name, untold, told):
            before, after = untold["cost"]["alloc"], told["cost"]["alloc"]
            more = {key: after[key] - before[key] for key in ("p50", "mean")}
            print("%s mean %5d -> %5d instructions (%+d), p50 %5d -> %5d (%+d)"
                  % (name, before["mean"], after["mean"], more["mean"], before["p50"], after["p50"], more["p50"]))
            searches = 1 + told["grows"] / after["count"]  # of an allocation: one that grows searches twice
            self.assertLessEqual(more["p50"], BRANCH)
            self.assertLess(more["mean"], BRANCH * searches + 1, "beyond what rounding can do")
        self.each(compare)

    def test_a_free_costs_nothing(self):
        self.each(lambda _, untold, told: self.assertEqual(told["cost"]["free"], untold["cost"]["free"]))

    def test_all_else_is_the_same(self):
        def compare(_, untold, told):
            self.assertEqual(*[{key: result[key] for key in result if key not in COSTS} for result in (untold, told)])
        self.each(compare)


if __name__ == "__main__":
    unittest.main(verbosity=2)
