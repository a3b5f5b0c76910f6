"""Every scenario of lectures/ told in both kernels, and the pages of the course that name them.

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


class Pages(unittest.TestCase):
    """docs/lectures/: a page for each lecture, and one place that lists all scenarios."""

    def setUp(self):
        self.texts = {}
        for path in glob.glob(os.path.join(ROOT, "docs", "lectures", "*.md")):
            with open(path, encoding="utf-8") as file:
                self.texts[os.path.basename(path)] = file.read()
        self.lectures = sorted(name for name in self.texts if name[0].isdigit())

    def test_each_lecture_boots_into_a_scenario(self):
        self.assertTrue(self.lectures)
        for name in self.lectures:
            found = re.match(r"<!-- boot: run=scenario:([\w-]+) then=shell -->\n# (\d+)\. ", self.texts[name])
            self.assertIsNotNone(found, name)
            self.assertIn(found.group(1), names(), name)
            self.assertEqual(int(found.group(2)), int(name[:2]), name)

    def test_each_lecture_has_answers(self):
        for name in self.lectures:
            self.assertIn("](%s)" % name, self.texts["README.md"])
            self.assertRegex(self.texts["answers.md"], r"(?m)^## %d\. " % int(name[:2]))

    def test_every_scenario_is_in_the_overview(self):
        listed = re.findall(r"^\| `([\w-]+)` \|", self.texts["README.md"], re.M)
        self.assertEqual(sorted(listed), names())


if __name__ == "__main__":
    unittest.main(verbosity=2)
