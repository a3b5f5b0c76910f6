"""Every scenario of lectures/ told in both kernels.

What a scenario promises of the heap alone is held against it on the host, too (host/lab/lectures); page faults, frames and
commands of the shell are here only.
"""
import glob
import os
import re
import unittest

from harness import ARCHES, ROOT, KernelTest, boot_all

END = re.compile(r"The end of ([\w-]+) under [\w-]+: \d+ operations?, \d+ refused; as expected \((\d+) of \2\)\.")


def names():
    return sorted(os.path.basename(path)[:-len(".kfit")] for path in glob.glob(os.path.join(ROOT, "lectures", "*.kfit")))


class Scenarios(KernelTest):
    def test_every_scenario_is_told(self):
        keys = "".join("scenario %s\n" % name for name in names()) + "exit\n"
        for arch, outcome in zip(ARCHES, boot_all([{"options": "out=both", "keys": keys, "arch": arch} for arch in ARCHES])):
            with self.subTest(arch=arch):
                self.expect(outcome, 0)
                ends = [found.group(1) for found in END.finditer(outcome.text.replace("\r", ""))]
                self.assertEqual(ends, names(), outcome.describe())
                self.assertNotIn("NOT AS EXPECTED", outcome.text)
                self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
