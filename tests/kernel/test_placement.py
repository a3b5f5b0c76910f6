#!/usr/bin/env python3
"""One engine in two places: the kernel's figures are the host's, at each width, to the last digit."""
import json
import os
import subprocess
import unittest

from harness import ARCHES, BUILD, DEEP, WALKERS, boot, policies, widths

RUNS = ["churn:ops=5000:align=50", "ramp:order=lifo", "comb", "scenario:first-wins", "scenario:best-wins", "trace:sqlite",
        "trace:perl", "trace:gcc", "trace:redis"]
if DEEP:
    RUNS += ["trace:lua"]
MANY_BLOCKS = ("trace:perl", "trace:gcc", "trace:redis", "trace:lua")  # without those that walk over all of them
MANY_HOLES = () if DEEP else ("trace:redis",)    # in the ordinary run without those that look at most of them
LOOKERS = WALKERS + ("next-fit", "best-fit", "worst-fit")
HOST = {"x86_64": "host_run_m64", "i386": "host_run_m32"}
NOT_COMPARED = {"vm", "faults", "frames", "frames_peak", "tables", "frames_leaked", "cost", "vm_cost"}  # what the machine adds

WITH_OPTIONS = ["first-fit:order=lifo", "first-fit:order=fifo:merge=never", "best-fit:order=size:split=64",
                "worst-fit:order=size:merge=deferred", "next-fit:merge=deferred:split=1K", "first-fit-walk:merge=never"]


def spelled(record):
    """The allocator of a record as it was asked for, with its options."""
    return record["alloc"] + (":" + record["options"] if record["options"] else "")


def on_host(arch, alloc, run, seed):
    out = subprocess.run([os.path.join(BUILD.tree, HOST[arch]), alloc, run, str(seed)], check=True, timeout=300,
                         stdout=subprocess.PIPE, encoding="ascii").stdout
    return json.loads(out[len("@kfit "):])


class Placement(unittest.TestCase):
    maxDiff = None

    def same(self, arch, run, seed, names=None):
        too_slow = LOOKERS if run in MANY_HOLES else WALKERS if run in MANY_BLOCKS else ()
        names = names or [name for name in policies() if name not in too_slow]
        result = boot("compare=%s run=%s seed=%d out=json then=exit" % (",".join(names), run, seed), arch=arch)
        self.assertIn(result.status, (0, 1), result.describe())
        records = result.of_type("result")
        self.assertEqual([spelled(record) for record in records], names, result.describe())
        for record, name in zip(records, names):
            with self.subTest(arch=arch, run=run, alloc=name):
                expected = on_host(arch, name, run, seed)
                for key in NOT_COMPARED:
                    record.pop(key), expected.pop(key)
                self.assertEqual(record, expected)

    def test_options(self):
        for arch in ARCHES:
            self.same(arch, "churn:ops=5000:align=50", 7, WITH_OPTIONS)


class Unmoved(unittest.TestCase):
    """What is no business of the policy moves no block."""

    def test_backing_checks_and_the_start_table(self):
        for arch in ARCHES:
            digests = {}
            for option in ("vm=demand", "vm=immediate", "harden=0", "check=every", "sample=1000", "heap=100M"):
                result = boot("alloc=best-fit run=churn:ops=5000:align=50 %s out=json then=exit" % option, arch=arch)
                self.assertEqual(result.status, 0, result.describe())
                digests[option] = result.one("result")["placement"]
                self.assertEqual(len(result.of_type("sample")), 5 if option.startswith("sample") else 0)
            self.assertEqual(len(set(digests.values())), 1, digests)


def add_tests():
    for number, run in enumerate(RUNS):
        for arch in widths(number) if run.startswith("trace:") else ARCHES:
            name = "test_%s_%s" % (arch, run.split(":ops")[0].replace(":", "_").replace("=", "_").replace("-", "_"))
            setattr(Placement, name, lambda self, arch=arch, run=run: self.same(arch, run, 7))


add_tests()

if __name__ == "__main__":
    unittest.main()
