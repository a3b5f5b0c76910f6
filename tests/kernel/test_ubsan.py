"""Kernels that check themselves for undefined behaviour: they pass their self-tests and runs without a finding, and a finding is
a panic that names kind and place."""
import unittest

from harness import ARCHES, KernelTest, boot_all, policies
from kfitlib import build

RUN = "run=churn:ops=3000:align=200 compare=all out=json then=exit"


class UndefinedBehaviour(KernelTest):
    @classmethod
    def setUpClass(cls):
        cls.iso = build.current("ubsan").iso

    def boots(self, options="", keys=None):
        return boot_all([dict(options=options, keys=keys, arch=arch, iso=self.iso) for arch in ARCHES])

    def test_no_finding(self):
        for outcome in self.boots(RUN):
            self.assertEqual(len(self.expect(outcome, 0).of_type("result")), len(policies()))

    def test_finding_is_a_panic(self):
        for outcome in self.boots("out=both", "crash overflow\nexit\n"):
            record = self.expect(outcome, 3).one("panic")
            self.assertEqual(record["class"], "undefined")
            self.assertRegex(record["message"],
                             r"^undefined behaviour: signed addition overflows, src/shell/crash\.c:\d+$")
            self.assertEqual(record["symbol"], "overflow_number")
            self.assertEqual(record["trace"][:2], ["overflow_number", "crash_run"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
