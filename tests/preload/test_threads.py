"""The heap under many threads, over fork, and the statistics of many processes."""
import unittest

from preload_harness import DEEP, PreloadTest, needs_level, policies, run

ROUNDS = "40000" if DEEP else "3000"
FORKS = "1000" if DEEP else "50"


class Threads(PreloadTest):
    def hammer(self, alloc, level):
        outcome = self.expect_clean(run([self.program("threads"), ROUNDS], alloc, level))
        self.assertEqual(outcome.output, b"all blocks were intact\n")

    def test_blocks_passed_between_threads(self):
        for alloc in policies():
            with self.subTest(alloc=alloc):
                self.hammer(alloc, 1)

    @needs_level(3)
    def test_level_3(self):
        for alloc in self.freeing():
            with self.subTest(alloc=alloc):
                self.hammer(alloc, 3)


class Forks(PreloadTest):
    def test_children_of_a_busy_process(self):
        for alloc in self.freeing():
            with self.subTest(alloc=alloc):
                outcome = self.expect_clean(run([self.program("forks"), FORKS], alloc))
                self.assertEqual(outcome.output, b"all children came back\n")
                children = outcome.processes[:-1]
                self.assertEqual(len(children), int(FORKS))      # nothing of those that went by exec or _exit
                self.assertEqual(len({process["pid"] for process in outcome.processes}), int(FORKS) + 1)

    def test_a_child_counts_its_own_calls(self):
        outcome = self.expect_clean(run([self.program("forks"), FORKS], "first-fit"))
        self.assertEqual({process["calls"] for process in outcome.processes[:-1]}, {400})
        self.assertGreater(outcome.processes[-1]["calls"], 400)


class Statistics(PreloadTest):
    def test_lines_of_many_processes_stay_whole(self):
        script = "for i in 1 2 3 4 5 6 7 8; do for j in 1 2 3 4 5 6 7 8; do /bin/true & done; done; wait"
        outcome = self.expect_clean(run(["sh", "-c", script], "first-fit"))
        lines = [line for line in outcome.statistics if "program=true" in line]
        self.assertEqual(len(lines), 64)
        for line in outcome.statistics:
            self.assertRegex(line, r"^kfit-preload pid=\d+ program=\S+ alloc=first-fit harden=1 calls=\d+ refused=\d+ "
                                   r"live=\d+ used_peak=\d+ heap=\d+ used=\d+ free=\d+ holes=\d+ largest_hole=\d+ "
                                   r"ext_frag=\d+ check=ok$")

    def test_numbers(self):
        """100,000 blocks of 64 bytes, one at a time: a block of 80 in a heap of one grain (docs/block-format.md)."""
        recycled = run([self.program("recycle")], "first-fit").processes[0]
        expected = {"program": "recycle", "alloc": "first-fit", "harden": 1, "calls": 200000, "refused": 0, "live": 0,
                    "used_peak": 80, "heap": 4096, "used": 0, "free": 4080, "holes": 1, "largest_hole": 4080,
                    "ext_frag": 0, "check": "ok"}
        self.assertEqual(dict(recycled, pid=0), dict(expected, pid=0))

    def test_options_reach_the_allocator(self):
        recycled = run([self.program("recycle")], "first-fit:grow=64K").processes[0]
        self.assertEqual((recycled["alloc"], recycled["heap"]), ("first-fit:grow=64K", 64 << 10))

    def test_standard_error_without_a_file(self):
        outcome = self.expect(run(["env", "-u", "KFIT_PRELOAD_STATS", self.program("recycle")], "first-fit"), 0)
        self.assertRegex(outcome.errors, rb"^kfit-preload pid=\d+ program=recycle .* check=ok\n$")

    def test_closed_descriptors(self):
        """Nowhere to write to is no reason to fail."""
        for before in ("", "unset KFIT_PRELOAD_STATS; "):
            script = "%sexec %s 0<&- 1>&- 2>&-" % (before, self.program("recycle"))
            self.assertEqual(self.expect(run(["bash", "-c", script], "first-fit"), 0).errors, b"")

    def test_file_that_does_not_open(self):
        script = "KFIT_PRELOAD_STATS=/nonexistent/file exec %s" % self.program("recycle")
        outcome = self.expect(run(["bash", "-c", script], "first-fit"), 0)
        self.assertIn(b"program=recycle", outcome.errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
