"""A heap on the desk: by hand, step by step, back and forth, and questions, in both kernels. The whole conversation is golden."""
import re
import unittest

import golden
from harness import ARCHES, KernelTest, boot

BY_HAND = """use first-fit heap=16K
alloc 600 as a
alloc 100 as b
aalloc 50 256 as c
free a
list
write b
read c at 0 1
alloc 300 as d
resize d 500
stats
blocks
holes
undo
history
check
alloc 100000 as e
expect refused = 1
use best-fit:order=lifo
alloc 10
map
"""

MISTAKES = """use harden=3
alloc 10 as p
write p 1 past
free p
use harden=1
alloc 10 as p
free p
free p
free q
alloc 10 as p extra
write p 100000 past
alloc
expect holes = 5
alloc 10 as gone
undo
free gone
adversary 32K 1K
say hello
"""

SCENARIO = """step best-wins
step 12
until fail
back 2
step
continue
history
step churn:ops=40:live=6 seed=3 alloc=best-fit
until holes>2
list
until hole>4M
undo
step comb alloc=nothing
back x
until never
"""

CORNERS = """harden 2 seed=5
harden %s2
back 0
alloc 100 as a
alloc 100 as w
resize a 900
undo
write a
check
use unit=64
alloc 10 as kept
use nonsense
use
use heap=1
history
step churn check=1
step best-win
step best-wins alloc=nothing
history
back 9
map
holes
step best-wins alloc=best-fit:order=lifo
use bump heap=8K
alloc 10
use tlsf heap=MOST
history
map
step
""" % ("0" * 90)

QUIZ = """quiz best-wins alloc=best-fit
B

x
c
a
quiz first-wins
b
exit
quiz comb:blocks=8 alloc=worst-fit quiz=seed:7
D
"""

# More than the width has addresses for.
MOST = {"i386": "2000M", "x86_64": "1000000G"}

# Addresses depend on where the linker puts things and on the machine's memory.
ADDRESS = re.compile(r"0x(ffff[0-9a-f]{12}|[c-f][0-9a-f]{7})")


def conversation(text):
    """What was typed and printed, from the first prompt on."""
    lines = [line.rstrip() for line in text.replace("\r", "").splitlines()]
    first = next(i for i, line in enumerate(lines) if line.startswith("kfit> "))
    return ADDRESS.sub("0x(address)", "\n".join(lines[first:])) + "\n"


class Desk(KernelTest):
    """One boot for each conversation and width."""

    def converse(self, name, keys, status=0):
        for arch in ARCHES:
            with self.subTest(arch=arch):
                done = boot(keys=keys.replace("MOST", MOST[arch]), arch=arch)
                self.assertEqual(done.status, status, done.describe())
                golden.check(self, "%s-%s" % (name, arch), conversation(done.text))

    def test_by_hand(self):
        self.converse("by-hand", BY_HAND)

    def test_mistakes(self):
        self.converse("mistakes", MISTAKES, status=4)

    def test_corners(self):
        """What cannot be done leaves everything as it was; what is typed is meant as it stands, and what is listed can be typed."""
        self.converse("corners", CORNERS, status=5)

    def test_scenario(self):
        self.converse("scenario", SCENARIO, status=2)

    def test_quiz(self):
        self.converse("quiz", QUIZ)

    def test_nothing_is_lost(self):
        """Whatever lies on the desk at the end, every frame comes back, beside a run and without one."""
        for keys in ("alloc 100\n", "step churn:ops=50\nstep 20\nrun churn:ops=100\nstep\n", "scenario first-wins\n"):
            done = boot("out=both", keys=keys)
            self.assertEqual(done.status, 0, done.describe())
            self.assertEqual(done.one("boot")["frames_free"], done.one("end")["frames_free"], done.describe())

    def test_quiz_from_the_command_line(self):
        done = boot("run=scenario:best-wins quiz=seed:5 out=json then=exit", keys="")
        again = boot("run=scenario:best-wins quiz=seed:5 out=json then=exit", keys="")
        other = boot("run=scenario:best-wins quiz=seed:6 out=json then=exit", keys="")
        self.assertEqual(done.status, 0, done.describe())
        self.assertGreater(len(done.of_type("quiz")), 2, done.describe())
        self.assertEqual(done.of_type("quiz"), again.of_type("quiz"))
        self.assertNotEqual(done.of_type("quiz"), other.of_type("quiz"))

    def test_a_scenario_by_its_name_alone(self):
        """run and compare take it as step and quiz do, unless it has a prefix or is something else's name."""
        keys = "run first-wins alloc=best-fit\ncompare best-wins compare=best-fit\nrun comb:blocks=8\n"
        done = boot("out=both", keys=keys)
        self.assertEqual(done.status, 0, done.describe())
        self.assertEqual([result["run"] for result in done.of_type("result")],
                         ["scenario:first-wins", "scenario:best-wins", "comb:blocks=8"])
        done = boot(keys="run first-win\n")
        self.assertEqual(done.status, 2, done.describe())
        self.assertIn("no run 'first-win'", done.text)

    def test_after_a_comparison(self):
        """What the boot compared is no allocator of the desk's: a heap by hand is first-fit's, a scenario's its own."""
        keys = "alloc 100 as a\nstep worst-loses\nuntil fail\nstep best-wins alloc=tlsf\nstep 2\nrun comb:blocks=8\n"
        done = boot("compare=bump,best-fit run=comb:blocks=8", keys=keys)
        self.assertEqual(done.status, 0, done.describe())
        for line in ("first-fit: 4,096 bytes", "The end of worst-loses under worst-fit: ", "tlsf: "):
            self.assertIn("\n" + line, done.text.replace("\r", ""))
        self.assertEqual(done.text.count("The same run under each allocator: comb:blocks=8"), 2)
        done = boot("compare=buddy,slab run=churn:ops=10",
                    keys="scenario first-wins\nalloc 5\nstep first-wins compare=all\nuse heap=8K\nmap\n")
        self.assertEqual(done.status, 2, done.describe())
        self.assertIn("The end of first-wins under first-fit: 17 operations, 0 refused", done.text)
        self.assertIn("first-fit: 4,096 bytes, 0 blocks used", done.text)
        self.assertEqual(done.text.count("one heap at a time: neither compare= nor fail= can stand here"), 1, done.describe())

    def test_records_of_steps(self):
        done = boot("out=both", keys="alloc 600 as a\nfree a\n")
        asked, freed = done.of_type("step")
        self.assertEqual((asked["line"], asked["asked"], asked["events"][0]["verdict"]), ("alloc 600 as a", 600, "taken"))
        self.assertEqual((freed["line"], freed["merges"], len(freed["before"]), len(freed["after"])), ("free a", 1, 2, 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
