"""Kernel options that must be refused, and forms that must be understood, on both kernels through GRUB."""
import unittest

from harness import KernelTest, boot, policies, widths

# (options, words that the error must hold)
REFUSED = (
    ("aloc=first-fit", ("aloc", "alloc")),
    ("alloc=frist-fit", ("frist-fit", "first-fit")),
    ("alloc=first-fit:gorw=64K", ("gorw", "grow")),
    ("alloc=first-fit:grow=1000", ("grow",)),
    ("alloc=first-fit:order=lfio", ("order=lfio", "did you mean lifo", "address, lifo, fifo, size")),
    ("alloc=worst-fit:merge=later", ("merge=later", "eager, deferred, never")),
    ("alloc=best-fit:split=33", ("split=33", "multiple")),
    ("alloc=next-fit:order=lifo", ("order=lifo", "next-fit takes grow=, merge=, split=")),
    ("alloc=first-fit:merge=never:merge=never", ("merge=never", "twice")),
    ("compare=all alloc=first-fit", ("alloc",)),
    ("compare=first-fit,nosuch", ("nosuch",)),
    ("run=chrun", ("chrun", "churn")),
    ("run=trace:nosuch", ("nosuch", "sqlite")),
    ("run=trace:sqltie", ("sqltie", "sqlite")),
    ("seed=18446744073709551616", ("seed",)),
    ("seed=0x", ("seed",)),
    ("seed=-1", ("seed",)),
    ("heap=99999999999999999999", ("heap",)),
    ("heap=0", ("heap",)),
    ("heap=", ("heap",)),
    ("harden=5", ("harden",)),
    ("check=nver", ("check",)),
    ("seed=1 seed=2", ("seed",)),
    ("xheap=64M", ("xheap",)),
    ("out=xml", ("xml", "text")),
    ("vm=lazy", ("lazy", "demand")),
    ("then", ("then",)),
)

# Each is understood: GRUB's own forms of quotes and backslashes too.
UNDERSTOOD = (
    'alloc="best-fit" run="trace:sqlite"',
    '"alloc=best-fit" "run=trace:sqlite"',
    "alloc=best-fit   seed=0x10 heap=32M  run=trace:sqlite",
    "alloc=best-fit:grow=64K run=trace:sqlite check=1K",
    "alloc=best-fit\trun=trace:sqlite",
    "alloc=best-fit:order=size:merge=deferred:split=64 run=trace:sqlite check=1K",
)


class Refused(KernelTest):
    def test_each(self):
        for number, (options, words) in enumerate(REFUSED):
            for arch in widths(number):
                with self.subTest(arch=arch, options=options):
                    both = "" if "out=" in options else " out=both"
                    outcome = self.expect(boot(options + both + " then=exit", arch=arch, timeout=20), 2)
                    for word in words:
                        self.expect_word(outcome, word)
                    self.assertEqual(outcome.of_type("result"), [], "something was run")
                    self.assertEqual(len(outcome.of_type("error")), 1 if both else 0, outcome.describe())
                    self.assertEqual(outcome.errors.count("\n"), 1, "the error is said once:\n" + outcome.errors)

    def test_shell_follows_and_keeps_the_status(self):
        outcome = boot("aloc=first-fit", keys="")
        self.expect(outcome, 2)
        self.expect_word(outcome, "aloc")

    def test_far_too_long_is_not_cut(self):
        options = "run=none then=exit " + " ".join("x%d=y" % number for number in range(4000))
        outcome = self.expect(boot(options), 2)
        self.expect_word(outcome, "x0")


class Understood(KernelTest):
    def test_each(self):
        for options in UNDERSTOOD:
            with self.subTest(options=options):
                outcome = self.expect(boot(options + " out=json then=exit"), 0)
                self.assertEqual(outcome.one("result")["alloc"].partition(":")[0], "best-fit")

    def test_options_are_in_the_record_as_written(self):
        for options in ("order=fifo:merge=never", "split=96:grow=64K:order=address"):
            outcome = self.expect(boot("alloc=worst-fit:%s run=comb out=json then=exit" % options), 0)
            self.assertEqual(outcome.one("result")["options"], options)

    def test_defaults_written_out_change_nothing(self):
        plain, spelled = (self.expect(boot("alloc=%s run=trace:sqlite out=json then=exit" % alloc), 0).one("result")
                          for alloc in ("first-fit", "first-fit:order=address:merge=eager:split=32"))
        for key in ("placement", "splits", "merges", "probes", "grows"):
            self.assertEqual(plain[key], spelled[key], key)

    def test_patterns_reach_the_kernel(self):
        """GRUB must not take a * for file names."""
        self.expect_word(self.expect(boot("alloc=* out=both then=exit"), 2), "*")

    def test_no_options_at_all(self):
        self.assertIn("kfit", self.expect(boot("", keys=""), 0).text)

    def test_boot_record_repeats_the_command_line(self):
        options = "alloc=%s run=none out=json then=exit" % policies()[-1]
        self.assertEqual(boot(options).one("boot")["cmdline"], options)


class Listed(KernelTest):
    """`allocators NAME` tells of each option what may be written, its default first, and what it does."""

    def test_words_and_ranges(self):
        for arch, smallest in (("x86_64", 32), ("i386", 16)):
            outcome = self.expect(boot("", arch=arch, keys="allocators best-fit\n"), 0)
            for line in (":grow=4096, from 4096 to 1073741824 in steps of 4096", ":merge=eager|deferred|never\n",
                         ":split=%d, from %d to 1048576 in steps of %d\n" % (smallest, smallest, smallest // 2),
                         ":order=address|lifo|fifo|size\n", "source", "cost"):
                self.assertIn(line, outcome.text.replace("\r", ""))

    def test_every_allocator(self):
        """Nobody's page breaks off, and none is wider than the screen."""
        keys = "".join("allocators %s\n" % name for name in policies())
        text = self.expect(boot("", keys=keys), 0).text.replace("\r", "")
        for name in policies():
            self.assertIn("%s:key=value" % name, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)


if __name__ == "__main__":
    unittest.main(verbosity=2)
