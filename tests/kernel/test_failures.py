"""fail=: failures on purpose, from the first step of bringing memory up to the end of a run."""
import unittest

from harness import ARCHES, DEEP, KernelTest, boot, boot_all

RUN = "run=churn:ops=30:live=5:size=200-1500:resize=200 vm=immediate out=both then=exit"
MOST = 120                   # calls that a boot and such a run may make at most


def failing(where, how, k, arch):
    """Arguments of such a boot."""
    return {"options": "fail=%s:%s=%d %s" % (where, how, k, RUN), "arch": arch}


def is_fault_without_frame(outcome):
    """A page fault whose frame was made to fail: the one case that can only be a panic."""
    return outcome.status == 3 and "its page frame was refused on purpose" in outcome.text


class Sweeps(KernelTest):
    """Each call fails once, at boot or in the run: told in one line or a refused request, never a hang or a reset."""

    def judge(self, where, k, outcome):
        """Whether a call failed in this boot."""
        if is_fault_without_frame(outcome):
            return True
        injections = outcome.of_type("injection")
        self.assertEqual(len(injections), 1, outcome.describe())
        self.assertEqual(injections[0]["where"], where)
        failed = injections[0]["failed"]
        self.assertEqual(failed, 1 if injections[0]["calls"] >= k else 0, outcome.describe())
        self.assertIn(outcome.status, (0, 5), outcome.describe())
        results = outcome.of_type("result")
        if outcome.status == 5:
            self.assertTrue(outcome.of_type("error"), outcome.describe())
            self.assertTrue(failed, outcome.describe())
        else:
            self.assertEqual([r["frames_leaked"] for r in results], [0], outcome.describe())
            self.assertEqual(results[0]["check"], "ok", outcome.describe())
        return failed > 0

    def sweep(self, where, arch):
        """Boots with k = 1, 2, ... until no call fails any more; two at a time."""
        touched = []
        for first in range(1, MOST, 8):
            numbers = range(first, first + 8)
            outcomes = boot_all([failing(where, "nth", k, arch) for k in numbers])
            touched += [self.judge(where, k, outcome) for k, outcome in zip(numbers, outcomes)]
            if not touched[-1]:
                return touched
        self.fail("fail=%s: no boot of %d was left untouched" % (where, MOST))
        return touched

    def test_every_call_once(self):
        for where, arch in (("pmm", "x86_64"), ("vmm", "i386")):
            with self.subTest(where=where, arch=arch):
                touched = self.sweep(where, arch)
                self.assertGreater(sum(touched), 5)
                self.assertEqual(touched, sorted(touched, reverse=True), "failures stop once, for good")

    @unittest.skipUnless(DEEP, "the other widths, and every k-th call")
    def test_every_call_deep(self):
        for where in ("pmm", "vmm", "heap"):
            for arch in ARCHES:
                with self.subTest(where=where, arch=arch):
                    self.sweep(where, arch)
                    for outcome in boot_all([failing(where, "every", k, arch) for k in range(1, 65)]):
                        self.assertTrue(outcome.status in (0, 5) or is_fault_without_frame(outcome), outcome.describe())


class Plans(KernelTest):
    def test_refused_requests_are_results(self):
        for arch in ARCHES:
            outcome = self.expect(boot(**failing("heap", "every", 5, arch)), 0)
            injection, result = outcome.one("injection"), outcome.one("result")
            self.assertGreater(injection["failed"], 1)
            self.assertEqual(result["failed"], injection["failed"])
            self.assertEqual(injection["failed"], injection["calls"] // 5)

    def test_a_fault_without_a_frame_is_a_panic_that_says_so(self):
        keys = "run churn:ops=30 vm=demand\nrun churn:ops=30 vm=demand fail=pmm:nth=%d\n"
        outcomes = boot_all([{"options": "out=both", "keys": keys % k} for k in range(4, 8)])
        panics = [outcome for outcome in outcomes if outcome.status == 3]
        self.assertTrue(panics, "\n".join(outcome.describe() for outcome in outcomes))
        for outcome in panics:
            self.assertIn("its page frame was refused on purpose", outcome.text)
            self.assertIn("(demand), byte", outcome.text)
            outcome.one("panic")

    def test_a_line_of_the_shell_has_its_own_plan(self):
        keys = "run churn:ops=60 fail=heap:nth=3\nrun churn:ops=60\nexit\n"
        outcome = self.expect(boot("out=both", keys=keys), 0)
        self.assertEqual(outcome.one("injection")["failed"], 1)
        self.assertEqual([r["failed"] for r in outcome.of_type("result")], [1, 0])

    def test_bad_plans(self):
        for plan in ("pmm", "pmm:", "pmm:nth=0", "pmm:nth=", "pmm:nth=x", "cpu:nth=1", "heap:from=2", "vmm:every=-1"):
            with self.subTest(plan=plan):
                outcome = self.expect(boot("fail=%s then=exit" % plan), 2)
                self.assertIn("pmm, vmm or heap, then :nth=K or :every=K", outcome.errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
