"""Faults on purpose: each ends with its exit status and says what happened; a panic is never a silence or a reset."""
import unittest

from harness import ARCHES, KernelTest, boot

# kind -> (exit status, class of the panic record, words of the message)
KINDS = {
    "page-zero": (3, "exception", ("page fault", "not mapped, write")),
    "read-only": (3, "exception", ("page fault", "not permitted, write")),
    "guard": (3, "exception", ("page fault", "region 'crash'")),
    "stack": (3, "exception", ("kernel stack overflow", "double fault")),
    "breakpoint": (3, "exception", ("breakpoint",)),
    "assertion": (3, "assertion", ("assertion failed", "src/shell/crash.c")),
    "heap": (4, None, ("HEAP: ", "first-fit")),
}


class Crash(KernelTest):
    def test_each(self):
        for arch in ARCHES:
            for kind, (status, panic, words) in KINDS.items():
                with self.subTest(arch=arch, kind=kind):
                    outcome = self.expect(boot("out=both", keys="crash %s\nexit\n" % kind, arch=arch), status)
                    record = outcome.one("panic") if panic else outcome.one("error")
                    if panic:
                        self.assertEqual(record["class"], panic)
                    for word in words:
                        self.assertIn(word, record["message"])
                    self.assertEqual(outcome.one("end")["exit"], status)

    def test_unknown_kind_is_told(self):
        outcome = self.expect(boot(keys="crash nosuch\nexit\n"), 2)
        self.assertIn("no such fault", outcome.text)


class SelfTest(KernelTest):
    def test_both_kernels(self):
        for arch in ARCHES:
            for vm in ("demand", "immediate"):
                with self.subTest(arch=arch, vm=vm):
                    outcome = self.expect(boot("run=selftest vm=%s then=exit" % vm, arch=arch), 0)
                    self.assertNotIn("FAILED", outcome.text)
                    self.assertGreaterEqual(outcome.text.count("  ok  "), 12)


if __name__ == "__main__":
    unittest.main()
