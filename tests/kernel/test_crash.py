"""Faults on purpose: each ends with its exit status and a report that says what happened, where, and who called; a
panic is never a silence or a reset. Both widths, through the shell."""
import os
import re
import unittest

from harness import ARCHES, BUILD, DEEP, KernelTest, boot, boot_all, widths

# kind -> what its panic shows: class of the record, words of its message, words of the text report, the function at
# fault. PAGE: the address is of a page fault, and stands in message and record alike.
PANICS = {
    "divide": ("exception", "divide error", "vector 0, divide error", "arch_raise_divide"),
    "undefined": ("exception", "invalid opcode", "vector 6, invalid opcode", "arch_raise_undefined"),
    "protection": ("exception", "general protection", "error code 0xfff8: selector 0xfff8 of the GDT",
                   "arch_raise_protection"),
    "breakpoint": ("exception", "breakpoint", "vector 3, breakpoint", "arch_raise_breakpoint"),
    "nmi": ("exception", "non-maskable interrupt", "vector 2, non-maskable interrupt", "arch_raise_nmi"),
    "double-fault": ("exception", "double fault", "page 0, never mapped", "arch_raise_double_fault"),
    "not-present": ("exception", "page fault", "error code 0x0: read, not mapped, kernel mode", "read_unmapped"),
    "page-zero": ("exception", "write to 0x8, not mapped", "page 0, never mapped", "touch_page_zero"),
    "read-only": ("exception", "not permitted", "error code 0x3: write, not permitted, kernel mode", "write_constant"),
    "guard": ("exception", "not mapped", "guard page below region 'crash'", "touch_guard"),
    "stack": ("exception", "kernel stack overflow (double fault)", "guard page below the kernel stack", "recurse"),
    "assertion": ("assertion", "assertion failed: c == NULL, src/shell/crash.c:", "fail_assertion+0x",
                  "fail_assertion"),
    "frame": ("misuse", "pmm: double free of frame 0x", "pmm_give_back+0x", "pmm_give_back"),
    "in-allocator": ("exception", "not permitted", "region 'heap' (demand), byte ", "fit_cut"),
    "in-fault": ("exception", "page fault in clear_wrong_page", "inside     the page-fault handler",
                 "clear_wrong_page"),
    "in-record": ("exception", "page fault in ", "error code 0x0: read, not mapped", "lab_json_text"),
    "in-panic": ("assertion", "kfit_current_heap == NULL", "kfit: panic inside the panic: page fault in print_heap",
                 "fault_in_panic"),
}
PAGE_FAULTS = ("not-present", "page-zero", "read-only", "guard", "in-allocator", "in-fault", "in-record", "execute")
EXECUTE = ("exception", "page fault: execution at 0x", "error code 0x11: execution, not permitted", "arch_run_code")
COLUMNS = 100


def crash(kind, arch, **more):
    return dict(options="out=both", keys="crash %s\nexit\n" % kind, arch=arch, **more)


class Crash(KernelTest):
    def check_report(self, outcome, wanted, kind=""):
        """Status, text and record of a panic as PANICS says."""
        panic_class, message, words, function = wanted
        self.expect(outcome, 3)
        record = outcome.one("panic")
        self.assertEqual(record["class"], panic_class)
        self.assertIn(message, record["message"])
        self.assertIn("kfit: panic: " + record["message"], outcome.text)
        self.assertIn(words, outcome.text)
        self.assertEqual(record["symbol"], function, outcome.describe())
        self.assertEqual(outcome.one("end")["exit"], 3)
        self.check_trace(outcome, record, function)
        self.check_summary(outcome, kind)
        if panic_class == "exception":
            self.assertIn("vector %d, " % record["vector"], outcome.text)
            self.assertIn("error code 0x%x" % record["error"], outcome.text)
            self.assertRegex(outcome.text, r"  at         0x0*%x, stack" % record["ip"])
        if kind in PAGE_FAULTS:
            self.assertEqual(record["vector"], 14)
            self.assertIn("0x%x, not " % record["address"], record["message"])

    def check_trace(self, outcome, record, function):
        """Three functions at least, the last of them where the kernel began; the same in text and record."""
        lines = re.findall(r"^    (?:(\w+)\+0x[0-9a-f]+(?:  \(\d+ times\))?|-- exception --|(0x[0-9a-f]+))$",
                           outcome.text.replace("\r", ""), re.MULTILINE)
        self.assertGreaterEqual(len(lines), 3, outcome.describe())
        self.assertEqual(len(lines), len(record["trace"]), outcome.describe())
        self.assertIn(function, record["trace"][:2])
        if len(lines) < 16:
            self.assertEqual(record["trace"][-2:], ["arch_start", "upper_half"], outcome.describe())
            self.assertIn("crash_run", record["trace"])

        if "trap_enter" in record["trace"]:    # the function that the inner exception interrupted is not left out
            at = record["trace"].index("trap_enter")
            self.assertEqual(record["trace"][at + 1:at + 3], ["save_and_call", "fault_in_fault"])
            self.assertIn("-- exception --", outcome.text)
        self.assertEqual("trap_enter" in record["trace"], function == "clear_wrong_page")

    def check_summary(self, outcome, kind):
        if kind == "in-allocator":
            self.assertRegex(outcome.text, r"heap       first-fit, operation 2, blocks live: 1")
            self.assertRegex(outcome.text, r"  4,096 of 67,108,864 bytes committed at 0x")
        elif kind != "in-panic":
            self.assertIn("heap       none: no run is under way", outcome.text)
        self.assertRegex(outcome.text, r"frames     [\d,]+ of [\d,]+ free, \d+ set aside, \d+ hold page tables")
        for line in outcome.text.splitlines():
            if not line.startswith("@kfit "):
                self.assertLessEqual(len(line), COLUMNS, line)

    def test_panics(self):
        cases = [(kind, arch) for kind in PANICS for arch in ARCHES]
        for (kind, arch), outcome in zip(cases, boot_all([crash(kind, arch) for kind, arch in cases])):
            with self.subTest(arch=arch, kind=kind):
                self.check_report(outcome, PANICS[kind], kind)
                self.assertEqual("second" in outcome.one("panic"), kind == "in-panic")

    def test_registers_are_shown(self):
        for arch, names in (("x86_64", ("rax", "rsp", "r15")), ("i386", ("eax", "esp", "edi"))):
            text = boot(**crash("divide", arch)).text
            for name in names:
                self.assertRegex(text, r"  +%s [0-9a-f]{8}" % name)

    def test_execution_of_data(self):
        """Forbidden where the processor has a no-execute bit; else said, in one line."""
        with_nx, without, narrow = boot_all([crash("execute", "x86_64"), crash("execute", "x86_64",
                                                                                extra=["-cpu", "qemu64,-nx"]),
                                             crash("execute", "i386")])
        self.check_report(with_nx, EXECUTE, "execute")
        for outcome in (without, narrow):
            self.assertIn("cannot forbid execution", self.expect(outcome, 2).one("error")["message"])

    def test_heap_corruption_is_no_panic(self):
        for outcome in boot_all([crash("heap", arch) for arch in ARCHES]):
            self.expect(outcome, 4)
            self.assertRegex(outcome.one("error")["message"], r"^HEAP: .* \(allocator first-fit, op #2\)$")
            self.assertEqual(outcome.of_type("panic"), [])

    def test_overflow_goes_unnoticed_here(self):
        self.assertIn("preset ubsan", self.expect(boot(**crash("overflow", "x86_64")), 2).one("error")["message"])

    def test_list_and_unknown_kind(self):
        outcome = self.expect(boot(keys="crash\ncrash nosuch\nexit\n"), 2)
        self.assertIn("no such fault", outcome.text)
        for kind in (*PANICS, "execute", "heap", "overflow"):
            self.assertRegex(outcome.text, r"(?m)^  crash %s +\w" % kind)

    def test_report_names_the_allocator(self):
        outcome = self.expect(boot("out=both alloc=best-fit", keys="crash in-allocator\n"), 3)
        self.assertIn("heap       best-fit, operation 2", outcome.text)
        self.assertIn("best_fit_alloc", outcome.one("panic")["trace"])

    @unittest.skipUnless(DEEP, "ten times at each width: with --deep")
    def test_stack_overflow_always(self):
        for arch in ARCHES:
            for outcome in boot_all([crash("stack", arch)] * 10):
                self.check_report(outcome, PANICS["stack"], "stack")


class SymbolTable(KernelTest):
    def test_names_are_those_of_the_final_kernel(self):
        """Every function of the final image is in the table at its place: the links did not move it."""
        for arch in ARCHES:
            with self.subTest(arch=arch):
                first = self.functions(os.path.join(BUILD.tree, "kernel-%s-first.elf" % arch))
                final = self.functions(BUILD.kernel(arch))
                self.assertGreater(len(final), 300)
                self.assertEqual(first, final)

    def functions(self, path):
        symbols = [line.split() for line in self.run_quietly("nm", path).splitlines()]
        return sorted((address, name) for address, kind, name in symbols if kind in "tT")


class SelfTest(KernelTest):
    def test_both_kernels(self):
        cases = [dict(options="run=selftest vm=%s then=exit" % vm, arch=arch)
                 for arch in ARCHES for vm in ("demand", "immediate", "zero")]
        cases.append(dict(options="run=selftest:machine then=exit", extra=["-cpu", "qemu64,-nx"]))
        cases += [dict(options="run=selftest:heaps harden=4 then=exit", arch=arch) for arch in widths(1)]
        for case, outcome in zip(cases, boot_all(cases)):
            with self.subTest(**case):
                self.expect(outcome, 0)
                self.assertNotIn("FAILED", outcome.text)
                self.assertGreaterEqual(outcome.text.count("  ok  "), 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
