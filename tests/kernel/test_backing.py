"""Backing methods and leaf sizes: they change what is behind the heap, and neither its placements nor its cost."""
import unittest

from harness import ARCHES, KernelTest, boot_all

RUN = "run=churn:ops=12000:live=2500:size=32-2048:resize=100 alloc=best-fit out=json then=exit"
BACKINGS = ("demand", "immediate", "zero")
LEAF = {"x86_64": 512, "i386": 1024}    # frames of a large leaf
SAME = ("placement", "cost", "probes", "heap", "holes", "largest_hole", "check", "frames_leaked", "splits", "merges")


class Backing(KernelTest):
    @classmethod
    def setUpClass(cls):
        """One run for each arch, backing and leaf size, on a machine whose i386 frames lie outside the physical map."""
        keys = [(arch, vm, pages) for arch in ARCHES for vm in BACKINGS for pages in ("4k", "large")]
        calls = [{"options": "vm=%s pages=%s %s" % (vm, pages, RUN), "arch": arch, "icount": True, "memory": 1100 << 20}
                 for arch, vm, pages in keys]
        cls.outcomes = dict(zip(keys, boot_all(calls)))

    def result(self, *key):
        return self.expect(self.outcomes[key], 0).one("result")

    def test_same_placement_and_cost(self):
        for arch in ARCHES:
            first = self.result(arch, "demand", "4k")
            for (other, vm, pages) in self.outcomes:
                if other == arch:
                    with self.subTest(arch=arch, vm=vm, pages=pages):
                        result = self.result(arch, vm, pages)
                        self.assertEqual({key: result[key] for key in SAME}, {key: first[key] for key in SAME})
                        self.assertEqual((result["vm"], result["pages"]), (vm, pages))

    def test_faults(self):
        for arch in ARCHES:
            for pages in ("4k", "large"):
                self.assertEqual(self.result(arch, "immediate", pages)["faults"], 0)
            demand, zero = self.result(arch, "demand", "4k"), self.result(arch, "zero", "4k")
            self.assertEqual(demand["faults"], demand["frames"] - demand["tables"])
            self.assertEqual((demand["zero_hits"], demand["cow"]), (0, 0))
            self.assertEqual(zero["faults"], zero["frames"] - zero["tables"] + zero["cow"])

    def test_large_leaves(self):
        for arch in ARCHES:
            for vm in BACKINGS:
                with self.subTest(arch=arch, vm=vm):
                    small, large = self.result(arch, vm, "4k"), self.result(arch, vm, "large")
                    self.assertEqual(small["large_leaves"], 0)
                    self.assertGreater(large["large_leaves"], 0)
                    self.assertEqual(large["frames"], large["large_leaves"] * LEAF[arch] + large["tables"])
                    self.assertLess(large["vm_cost"]["total"], small["vm_cost"]["total"])

    def test_memory_cost_has_the_form_of_cost(self):
        for arch in ARCHES:
            result = self.result(arch, "demand", "4k")
            cost, vm_cost = result["cost"], result["vm_cost"]
            self.assertEqual(set(vm_cost), set(cost) | {"total"})
            for kind in ("alloc", "free", "resize"):
                self.assertEqual(set(vm_cost[kind]), set(cost[kind]))
                self.assertEqual(vm_cost[kind]["count"], cost[kind]["count"])
            within = sum(vm_cost[kind]["mean"] * vm_cost[kind]["count"] for kind in ("alloc", "free", "resize"))
            self.assertGreater(vm_cost["total"], within * 0.9)


if __name__ == "__main__":
    unittest.main(verbosity=2)
