"""What the preload library does on malloc's behalf: good and bad arguments, misuse, no memory, early and late calls."""
import re
import unittest

from preload_harness import PreloadTest, needs_level, policies, run

# argument of programs/misuse.c -> what is said of it
MISUSES = (("twice", "double free"), ("handler", "double free"), ("interior", "invalid free: interior"),
           ("unaligned", "invalid free: unaligned"), ("outside", "invalid free: not in heap"),
           ("realloc", "invalid realloc"))
ABORTED = -6


class Family(PreloadTest):
    def test_arguments(self):
        """What C, POSIX and glibc promise, under every allocator; the headerless alone know no sizes."""
        for alloc in policies():
            with self.subTest(alloc=alloc):
                headerless = run([self.program("recycle")], alloc).processes[0]["used_peak"] == 0
                sizes = "no-sizes" if headerless else "sizes"
                outcome = self.expect_clean(run([self.program("family"), sizes], alloc, heap="64M"))
                self.assertEqual(outcome.output, b"as promised\n")

    @needs_level(3)
    def test_arguments_at_level_3(self):
        for alloc in self.freeing():
            with self.subTest(alloc=alloc):
                self.expect_clean(run([self.program("family"), "sizes"], alloc, harden=3, heap="64M"))

    def test_before_and_after_main(self):
        for alloc in policies():
            with self.subTest(alloc=alloc):
                outcome = self.expect_clean(run([self.program("early")], alloc))
                self.assertEqual(outcome.output, b"early and late\n")


class Region(PreloadTest):
    def test_memory_comes_in_large_steps(self):
        """At least 1 MiB at once, and never more than the heap may have; the table of starts is a step, too."""
        for mebibytes, heap in ((1, 64), (6, 7), (40, 41), (60, 64)):
            with self.subTest(heap=heap):
                command = [self.program("steps"), str(mebibytes)]
                outcome = self.expect_clean(run(command, "best-fit", heap="%dM" % heap))
                steps, committed = map(int, outcome.output.split())
                self.assertGreaterEqual(committed, mebibytes << 20)
                self.assertLessEqual(committed, (heap << 20) + (heap << 20) // 64 + 4096)
                self.assertLessEqual(steps, mebibytes + 2)

    def test_placements_do_not_follow_the_address(self):
        """The region starts at a multiple of 2 MiB wherever the system puts it."""
        found = set()
        for _ in range(8):
            errors = run([self.program("misuse"), "twice"], "first-fit", heap="1M").errors
            found.add(int(re.search(rb"at (0x[0-9a-f]+)", errors).group(1), 16) % (2 << 20))
        self.assertEqual(len(found), 1, found)


class Misuse(PreloadTest):
    def test_told_and_aborted(self):
        for alloc in policies():
            for what, text in MISUSES:
                with self.subTest(alloc=alloc, misuse=what):
                    outcome = self.expect(run([self.program("misuse"), what], alloc), ABORTED)
                    self.assertRegex(outcome.errors.decode("ascii"),
                                     r"^HEAP: %s at 0x[0-9a-f]+ \((block 0x[0-9a-f]+ size [0-9]+, )?allocator %s, op #[0-9]+\)\n$" % (text, alloc))
                    self.assertEqual([process["check"] for process in outcome.processes], [text])

    def test_none(self):
        for alloc in policies():
            outcome = self.expect_clean(run([self.program("misuse"), "none"], alloc))
            self.assertEqual((outcome.output, outcome.errors), (b"a line\n", b""))

    def test_handler_of_the_abort_may_allocate(self):
        outcome = self.expect(run([self.program("misuse"), "handler"], "first-fit"), ABORTED)
        self.assertEqual(outcome.output, b"no memory\n")

    def test_damage_found_at_the_end(self):
        """A status of its own, and the program's output is there in full."""
        outcome = self.expect(run([self.program("misuse"), "overflow"], "first-fit"), 4)
        self.assertRegex(outcome.errors.decode("ascii"),
                         r"^HEAP: corrupted block header at 0x[0-9a-f]+ \((block 0x[0-9a-f]+ size [0-9]+, )?allocator first-fit, op #[0-9]+\)\n$")
        self.assertEqual(outcome.output, b"a line\n")
        self.assertEqual([process["check"] for process in outcome.processes], ["corrupted block header"])

    def test_without_the_start_table(self):
        """harden=0: what the allocator itself sees."""
        outcome = self.expect(run([self.program("misuse"), "outside"], "first-fit", harden=0), ABORTED)
        self.assertIn(b"HEAP: invalid free: not in heap", outcome.errors)


class Exhaustion(PreloadTest):
    def test_no_memory_is_told_as_c_says(self):
        for alloc in policies():
            with self.subTest(alloc=alloc):
                reuse = ["reuse"] if alloc in self.freeing() else []
                outcome = self.expect_clean(run([self.program("exhaust"), *reuse], alloc, heap="8M"))
                self.assertGreater(int(outcome.output.split()[0]), 60)
                self.assertLessEqual(outcome.processes[0]["heap"], 8 << 20)
                self.assertGreater(outcome.processes[0]["refused"], 0)

    def test_the_system_refuses(self):
        """A limit on address space that leaves room for the heap's reservation, and none: said, or NULL and ENOMEM."""
        program = self.program("exhaust")
        limited = ["sh", "-c", "ulimit -v 300000; exec %s" % program]
        outcome = run(["/usr/bin/env", "LD_PRELOAD=", *limited])
        self.expect(outcome, 0)
        refused = self.expect(run(limited, "first-fit", heap="64M"), 0)
        self.assertLess(int(refused.output.split()[0]), 1 << 10)
        outcome = self.expect(run(limited, "first-fit", heap="4G"), 5)
        self.assertIn(b"kfit-preload: no 4294967296 bytes of address space", outcome.errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
