"""Scenario files: those that come with kfit under every allocator, a user's own, good and bad ones, and the menu's entries."""
import glob
import os
import re
import shutil
import tempfile
import unittest

from harness import ARCHES, BUILD, CTRL_N, ROOT, KernelTest, boot, disc, menu_keys, menu_text

CTRL_E = "\x05"     # the last entry
SHIPPED = sorted(os.path.basename(path)[:-len(".kfit")] for path in glob.glob(os.path.join(ROOT, "lectures", "*.kfit")))

GOOD = """title   a heap of its own
about   One block.
use     best-fit:order=lifo heap=16K harden=2
alloc   100 as a
expect  live = 100
expect  refused = 0 under all
"""
BROKEN = "title broken\nalloc 10 as a[1]\nexpect live = 10\nexpect at a[1] = 5 under first-fit\nexpect live = 11 under all\n"
BAD = "title bad\n\nallc 10 as a\n"
TWICE = "title twice\nalloc 10 as a\nfree a\nfree a\nexpect fault = double free\n"
MINE = "title 'mine'\nalloc 10 as a\nexpect live = 10\n"
LOOPS = """title a heap under its own feet
alloc 10 as a
shell back
expect status = 2
shell scenario loops
expect status = 2
shell alloc 30 as z
expect status = 2
shell use bump
expect status = 2
shell map
expect status = 0
expect blocks = 1
"""
LONGEST = "title as long as can be\nuse heap=64K\n" + "repeat 32767\nalloc 9 as a\nfree a\nend\n" + "expect live = 0\n"
FILES = {"loops.kfit": LOOPS, "longest.kfit": LONGEST, "good.v2.kfit": GOOD, "broken.txt": BROKEN, "bad.kfit": BAD, "twice.kfit": TWICE,
         "first-wins.kfit": MINE}


class Own(KernelTest):
    """A disc with scenarios of the user's."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="kfit-test-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        paths = [os.path.join(folder, name) for name in FILES]
        for path, text in zip(paths, FILES.values()):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        made = disc.iso_with(BUILD, disc.check([], paths))
        cls.iso = made.__enter__()
        cls.addClassCleanup(made.__exit__, None, None, None)

    def boot(self, options, **settings):
        return boot(options, iso=self.iso, **settings)

    def told(self, options, status, message, **settings):
        """Demands that end and that error line."""
        outcome = self.expect(self.boot(options + " out=both then=exit", **settings), status)
        self.assertEqual([record["message"] for record in outcome.of_type("error")], [message], outcome.describe())
        return outcome

    def test_shell_steps_leave_the_desk_alone(self):
        for arch in ARCHES:
            done = self.boot("", arch=arch, keys="scenario loops\nback 3\ncontinue\n")
            self.assertEqual(done.text.count("as expected: "), 6 + 4, done.describe())
            self.assertEqual(done.text.count("6 operations, 0 refused; as expected (6 of 6)."), 2, done.describe())
            self.assertEqual(done.text.count("a scenario's shell step cannot work on the scenario's own heap"), 4 + 2)

    def test_longest_is_told(self):
        for arch in ARCHES:
            done = self.boot("", arch=arch, keys="scenario longest\nback 2\nstep\nalloc 1\nstep\n")
            self.assertIn("65535 operations, 0 refused; as expected (1 of 1).", done.text, done.describe())
            self.assertIn("'alloc 1': at most 65536 steps", done.text)
            self.assertIn("[65535] free a", done.text)

    def test_use_is_taken(self):
        for arch in ARCHES:
            outcome = self.expect(self.boot("run=scenario:good out=json then=exit", arch=arch), 0)
            result = outcome.one("result")
            self.assertEqual((result["alloc"], result["options"], result["run"]),
                             ("best-fit", "order=lifo", "scenario:good"))
            self.assertEqual((result["heap"], result["peak_live"], result["expectation_failed"]), (4096, 100, False))

    def test_what_the_user_names_is_taken_instead(self):
        result = self.expect(self.boot("alloc=bump run=scenario:good out=json then=exit"), 0).one("result")
        self.assertEqual(result["alloc"], "bump")
        outcome = self.expect(self.boot("compare=bump,first-fit run=scenario:good out=json then=exit"), 0)
        self.assertEqual([result["alloc"] for result in outcome.of_type("result")], ["bump", "first-fit"])

    def test_broken_expectation(self):
        self.told("run=scenario:broken", 1,
                  "scenario:broken, line 4: expected at a[1] = 0x5, found 0x10 under first-fit")
        self.told("run=scenario:broken", 1, "scenario:broken, line 4: expected at a[1] = 0x5, found 0x8 under first-fit",
                  arch="i386")
        self.told("run=scenario:broken alloc=best-fit", 1,
                  "scenario:broken, line 5: expected live = 11, found 10 under best-fit")

    def test_bad_line(self):
        outcome = self.boot("run=scenario:bad out=both then=exit")
        self.expect(outcome, 2)
        self.assertTrue(outcome.one("error")["message"].startswith(
            "scenario bad, line 3: no statement 'allc': did you mean alloc? There are alloc, "), outcome.describe())
        self.assertEqual(outcome.one("error")["word"], "allc")

    def test_unknown_name(self):
        outcome = self.boot("run=scenario:best-win out=both then=exit")
        self.expect(outcome, 2)
        self.assertTrue(outcome.one("error")["message"].startswith(
            "no scenario 'best-win': did you mean best-wins? There are "), outcome.describe())
        self.told("run=scenario: ", 2, "'scenario:': a scenario's name is missing")

    def test_what_cannot_be_measured(self):
        self.told("run=scenario:twice compare=all", 2,
                  "scenario twice cannot be compared: line 4, `free a`, needs one heap, step by step: "
                  "`scenario twice`")
        for arch in ARCHES:
            outcome = self.expect(self.boot("run=scenario:twice then=exit", arch=arch), 0)
            self.assertIn("as expected: fault = double free", outcome.text)

    def test_own_replaces_shipped(self):
        outcome = self.expect(self.boot("", keys="scenario\nmodules\nexit\n"), 0)
        for line in ("first-wins +'mine'", "good +a heap of its own", "broken +broken"):
            self.assertRegex(outcome.text, "\n  scenario:" + line)
        self.assertNotIn("first-fit serves whole and best-fit does not", outcome.text)
        self.assertEqual(outcome.text.count("\n  first-wins.kfit "), 1)

    def test_in_the_menu(self):
        """Behind the shipped ones; first-wins stands there twice."""
        for arch in ARCHES:
            keys = _into_scenarios(arch) + [(SHIPPED[0], CTRL_E), ("your first-wins: 'mine'", "\r")]
            outcome = self.boot("", menu=True, type_when=keys + [("kfit> ", "exit\r")])
            self.expect(outcome, 0)
            self.assertIn("first-fit on scenario:first-wins (seed 1, %s," % arch, outcome.text)


def _into_scenarios(arch):
    """The keys that open the scenarios in the menu."""
    if arch == "x86_64":
        return [("automatically in", menu_keys("Scenarios ..."))]
    inner = menu_text()[menu_text().index('submenu "32-bit kernel'):]
    return [("automatically in", menu_keys("32-bit kernel")),
            ("32-bit Compare", menu_keys("32-bit Scenarios", inner, 4))]


class Shipped(KernelTest):
    def test_all_promises_hold(self):
        """In one session, each under its own allocator; those that cannot be measured are told."""
        for arch in ARCHES:
            keys = "".join("run scenario:%s\n" % name for name in SHIPPED)
            outcome = self.expect(boot("out=both", keys=keys + "exit\n", arch=arch), 0)
            self.assertNotIn("NOT AS EXPECTED", outcome.text)
            for result in outcome.of_type("result"):
                self.assertFalse(result["expectation_failed"], result)

    def test_promises_of_others(self):
        for arch in ARCHES:
            keys = "".join("compare scenario:%s compare=first-fit,best-fit,worst-fit,next-fit,reuse,segregated,slab,buddy,"
                           "tlsf\n" % name for name in ("first-wins", "worst-loses", "next-roams", "all-free", "doubling"))
            outcome = self.expect(boot("out=json", keys=keys + "exit\n", arch=arch), 0)
            self.assertEqual(len(outcome.of_type("result")), 45)

    def test_menu(self):
        """An entry for each, by its title, and it runs."""
        for name in SHIPPED:
            with open(os.path.join(ROOT, "lectures", name + ".kfit"), encoding="ascii") as text:
                title = re.search(r"^title +(.*)$", text.read(), re.MULTILINE).group(1).replace("'", "'\\''")
            self.assertEqual(menu_text().count("menuentry '%s: %s' {" % (name, title)), 2, name)
        for arch in ARCHES:
            down = CTRL_N * SHIPPED.index("best-wins")
            keys = _into_scenarios(arch) + [(SHIPPED[0], down + "\r"), ("kfit> ", "exit\r")]
            outcome = self.expect(boot(menu=True, type_when=keys), 0)
            self.assertIn("first-fit on scenario:best-wins (seed 1, %s," % arch, outcome.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
