"""Programs in user mode: the same blocks by a heap of their own and by the kernel's, figures that repeat, and every crime a
program can think of survived, with a clear line and every page frame back."""
import os
import re
import shutil
import unittest

from harness import ARCHES, BUILD, KernelTest, boot, boot_all, policies

WORKLOAD = "churn:ops=1200:live=100:size=1-400:resize=150:align=50"

# crime -> what the kernel says of the program that commits it; {} stands for what differs.
ENDED = {
    "divide": "divide error at 0x",
    "cli": "general protection at 0x",
    "hlt": "general protection at 0x",
    "int3": "general protection at 0x1{}: that interrupt is not for programs",
    "undefined": "invalid opcode at 0x",
    "port": "general protection at 0x",
    "syscall": "invalid opcode at 0x",
    "sysenter": "{} at 0x",       # of its own kind on each make of processor
    "gate": "general protection at 0x1{}: that interrupt is not for programs",
    "step": "debug at 0x",
    "read-kernel": "page fault at 0x1{}: read of 0x{} (the kernel's text): the page forbids this access",
    "write-kernel": "page fault at 0x1{}: write to 0x{} (the kernel's text): the page forbids this access",
    "jump-kernel": "page fault at 0x{}: execution at 0x{} (the kernel's text): the page forbids this access",
    "read-null": "page fault at 0x1{}: read of 0x8 (page 0, never mapped): nothing is mapped there",
    "write-text": "page fault at 0x1{}: write to 0x1{} (region 'text'{}): the page forbids this access",
    "write-constant": "page fault at 0x1{}: write to 0x1{} (region 'constants'{}): the page forbids this access",
    "overflow": "page fault at 0x1{}: write to 0x{} (guard page below region 'stack'): guard page hit",
    "beyond-heap": "page fault at 0x1{}: write to 0x{} (region 'program heap'{}): beyond what the region has committed",
    "too-much-text": "it ended with status 6",
}
RUN_STACK = "page fault at 0x{}: execution at 0x{} (region 'stack'{}): the page forbids this access"

# crime -> the refusals that the program tells, in order.
REFUSED = {
    "unknown-call": ["no such call"] * 2,
    "pass-kernel": ["bad address", "bad argument"] + ["bad address"] * 4,
    "pass-edge": [None] + ["bad address"] * 3,
    "get-into-text": ["bad address"] * 4,
    "bad-blocks": ["bad block"] * 7 + ["bad argument", "no memory", "bad argument", "no memory", None] + ["bad block"] * 2,
    "too-many-pages": ["no memory"] * 3,
    "odd-address": [None],
}


def pattern(words):
    return re.compile("kfit: error: program crimes: " + ".*".join(re.escape(part) for part in words.split("{}")))


def part_of(outcome, command):
    """What was printed from that shell line up to the next."""
    text = outcome.text.replace("\r", "")
    start = text.index("kfit> %s\n" % command)
    return text[start:text.index("kfit> ", start + 1)]


class SameBlocks(KernelTest):
    def test_every_allocator(self):
        """Both programs place every block as the kernel's own run does, and the heap of one's own takes far fewer calls."""
        for arch in ARCHES:
            lines = ["%s alloc=%s" % (command, name) for name in policies()
                     for command in ("run " + WORKLOAD, "programs run=" + WORKLOAD)]
            outcome = self.expect(boot("out=json", keys="\n".join(lines) + "\nexit\n", arch=arch), 0)
            results, programs = outcome.of_type("result"), outcome.of_type("program")
            self.assertEqual(len(programs), 2 * len(policies()))
            for result, own, kernels in zip(results, programs[::2], programs[1::2]):
                with self.subTest(arch=arch, alloc=result["alloc"]):
                    self.check(result, own, kernels)
            self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])

    def check(self, result, own, kernels):
        self.assertEqual((own["name"], kernels["name"]), ("own-heap", "kernel-heap"))
        for program in (own, kernels):
            self.assertEqual((program["end"], program["status"], program["damaged"]), ("exit", 0, 0))
            self.assertEqual((program["done"], program["refused"]), (result["done"], result["failed"]))
            self.assertEqual(program["placement"], result["placement"])
            self.assertEqual((program["frames_leaked"], program["alloc"]), (0, result["alloc"]))
            parts = [program["calls_" + part] for part in ("pages", "blocks", "copies", "others")]
            self.assertEqual(sum(parts), program["calls"])
        self.assertEqual((own["calls_blocks"], own["calls_copies"]), (0, 0))
        self.assertEqual(own["calls_pages"], 1 + (result["fixed"] > 0) + result["grows"])   # where it begins; its start
        self.assertEqual(kernels["calls_pages"], 0)
        self.assertEqual(kernels["calls_blocks"], result["ops"])
        self.assertGreater(kernels["calls"], 10 * own["calls"])
        self.assertGreater(kernels["bytes_in"], 50000)
        self.assertGreater(kernels["bytes_out"], 10000)
        self.assertEqual(own["bytes_in"], 40, "what it found out, once: five numbers of 64 bits")

    def test_backings_and_levels(self):
        """vm=, pages= and heap= reach the program's heap; harden= changes what blocks look like, alike in both."""
        words = ("vm=immediate", "vm=zero pages=large", "harden=2", "harden=4 run=comb:blocks=60:requests=20",
                 "run=scenario:phases alloc=segregated", "run=scenario:long-lived alloc=bump", "heap=8K run=comb:blocks=200")
        keys = "".join("programs %s\n" % word for word in words) + "exit\n"
        for arch in ARCHES:
            outcome = self.expect(boot("out=json", keys=keys, arch=arch), 0)
            records = outcome.of_type("program")
            for word, own, kernels in zip(words, records[::2], records[1::2]):
                with self.subTest(arch=arch, words=word):
                    self.assertEqual(own["placement"], kernels["placement"])
                    self.assertEqual((own["done"], own["refused"]), (kernels["done"], kernels["refused"]))
            self.assertEqual(records[0]["vm"], "immediate")
            self.assertLess(records[0]["faults"], 10)
            self.assertLess(records[2]["faults"], records[0]["faults"] + 10, "a large leaf is one fault")
            self.assertGreater(records[8]["refused"], 50)
            self.assertGreater(records[12]["refused"], 50)

    def test_recorded_program(self):
        outcome = self.expect(boot("out=json run=trace:sqlite alloc=tlsf", keys="programs\nexit\n"), 0)
        own, kernels = outcome.of_type("program")
        self.assertEqual(own["run"], "trace:sqlite")
        self.assertEqual([own["placement"], kernels["placement"]], [outcome.one("result")["placement"]] * 2)

    def test_table(self):
        outcome = self.expect(boot(keys="programs alloc=best-fit\nexit\n"), 0)
        table = part_of(outcome, "programs alloc=best-fit")
        for line in ("own-heap       kernel-heap", "4,000 operations of churn", "bytes copied into the kernel",
                     "cost of a call that does nothing", "page faults"):
            self.assertIn(line, table)
        self.assertTrue(all(len(line) <= 100 for line in table.splitlines()))


class Costs(KernelTest):
    def test_figures_repeat(self):
        """To the last digit, in two boots and at two rates of the timer."""
        keys = "timer %d\nprogram own-heap run=churn:ops=500\nprogram kernel-heap run=churn:ops=500 vm=zero\nexit\n"
        rates = (100, 9973)
        cases = [dict(options="out=json", keys=keys % rate, arch=arch, icount=True) for arch in ARCHES for rate in rates]
        outcomes = boot_all(cases)
        for arch, quiet, busy in zip(ARCHES, outcomes[::2], outcomes[1::2]):
            with self.subTest(arch=arch):
                own, kernels = self.expect(quiet, 0).of_type("program")
                self.assertEqual([own, kernels], self.expect(busy, 0).of_type("program"))
                for program in (own, kernels):
                    parts = [program["cost_" + part] for part in ("program", "calls", "faults")]
                    self.assertLessEqual(abs(sum(parts) - program["cost"]), 3)     # each is rounded down
                    self.assertEqual(program["cost_each"], program["cost"] // 500)
                    self.assertEqual(program["unit"], "instructions")
                    self.assertTrue(50 < program["cost_call"] < 300, program["cost_call"])
                self.assertGreater(kernels["cost_calls"], 10 * own["cost_calls"])
                self.assertGreater(kernels["cost"], own["cost"])


class Crimes(KernelTest):
    def test_each_is_survived(self):
        """One boot after all of them still runs what it should, and has every page frame."""
        crimes = [*ENDED, *REFUSED, "run-stack"]
        keys = "".join("program crimes %s\n" % crime for crime in crimes)
        keys += "program own-heap run=%s\nrun %s\nexit\n" % (WORKLOAD, WORKLOAD)
        cases = [dict(options="out=both", keys=keys, arch=arch) for arch in ARCHES]
        cases.append(dict(options="out=both", keys=keys, arch="x86_64", extra=["-cpu", "max"]))     # with SMEP
        cases.append(dict(options="out=both", keys=keys, arch="i386", extra=["-cpu", "max"]))
        for case, outcome in zip(cases, boot_all(cases)):
            with self.subTest(arch=case["arch"], extra=case.get("extra")):
                self.expect(outcome, 1)
                self.check_ended(outcome)
                self.check_refused(outcome)
                records = {record["word"]: record for record in outcome.of_type("program")}
                self.check_stack(outcome, records["run-stack"], case["arch"])
                self.assertEqual({record["frames_leaked"] for record in records.values()}, {0})
                self.assertEqual(records[""]["placement"], outcome.one("result")["placement"])
                self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])

    def check_ended(self, outcome):
        records = {record["word"]: record for record in outcome.of_type("program")}
        for crime, words in ENDED.items():
            said = part_of(outcome, "program crimes " + crime)
            self.assertRegex(said, pattern(words))
            self.assertEqual(said.count("kfit: error: "), 1, said)
            self.assertEqual(records[crime]["end"], "exit" if crime == "too-much-text" else "fault")
        self.assertEqual((records["divide"]["vector"], records["cli"]["vector"], records["step"]["vector"]), (0, 13, 1))
        self.assertEqual((records["read-null"]["vector"], records["read-null"]["address"]), (14, 8))

    def check_refused(self, outcome):
        for crime, refusals in REFUSED.items():
            said = part_of(outcome, "program crimes " + crime)
            told = ["crimes: " + ("refused: " + words if words else "granted") for words in refusals]
            self.assertEqual([line for line in said.splitlines() if line.startswith("crimes: ")], told)
            self.assertNotIn("kfit: error", said)

    def check_stack(self, outcome, record, arch):
        """Where the processor cannot forbid execution the program comes back from its stack unharmed."""
        said = part_of(outcome, "program crimes run-stack")
        if arch == "x86_64":
            self.assertRegex(said, pattern(RUN_STACK))
        else:
            self.assertEqual((record["end"], record["status"]), ("exit", 0))
            self.assertIn("Program crimes ended well.", said)

    def test_no_end(self):
        """The timer finds it in ring 3, or on its way out of a system call."""
        keys = "program crimes loop\nprogram crimes call-loop\nprogram own-heap\nexit\n"
        for outcome in boot_all([dict(options="out=both", keys=keys, arch=arch) for arch in ARCHES]):
            self.expect(outcome, 1)
            self.assertEqual(outcome.text.count("kfit: error: program crimes: no end within 5 seconds, stopped"), 2)
            self.assertEqual([record["end"] for record in outcome.of_type("program")], ["time", "time", "exit"])
            self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])

    def test_no_timer(self):
        """A program that could not be stopped is not begun."""
        outcome = self.expect(boot(keys="timer 0\nprogram own-heap\nexit\n"), 5)
        self.expect_word(outcome, "no timer tick comes")


class Files(KernelTest):
    """What is no program is refused before a byte of it is loaded."""

    def test_bad_files(self):
        """One disc; each program's file is bad in a way of its own. Further ways are in host/user/elf."""
        tree = self.disc_tree()
        words = {"own-heap": "an ELF file for another processor or width", "kernel-heap": "not an ELF file",
                 "crimes": "its bytes are not inside the file"}
        good = {arch: os.path.join(BUILD.iso_tree, "programs", arch) for arch in ARCHES}
        for arch, other in (ARCHES, ARCHES[::-1]):
            folder = os.path.join(tree, "programs", arch)
            shutil.copyfile(os.path.join(good[other], "own-heap"), os.path.join(folder, "own-heap"))
            with open(os.path.join(folder, "kernel-heap"), "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n")
            os.truncate(os.path.join(folder, "crimes"), 4096)
        iso = self.iso_of(tree)
        keys = "".join("program %s\n" % name for name in words) + "exit\n"
        for arch in ARCHES:
            outcome = self.expect(boot(keys=keys, arch=arch, iso=iso), 2)
            for name, said in words.items():
                self.assertIn(said, part_of(outcome, "program " + name))

    def test_none_and_wrong_words(self):
        keys = "program\nprogram nosuch\nprogram own-heap compare=all\nprogram own-heap harden=0\n" \
               "program own-heap check=every\nprogram own-heap run=selftest\nprogram own-heap fail=pmm:nth=1\n" \
               "programs heap=1G\nprogram %s\nexit\n" % ("x" * 40)
        text = self.expect(boot(keys=keys), 2).text
        for name in ("own-heap", "kernel-heap", "crimes"):
            self.assertRegex(text, r"(?m)^  program %s +\d+ bytes" % name)
        for words in ("no such program in this boot", "alloc=, not compare=", "from harden=1 on", "check= and sample=",
                      "one run=", "fail= belongs", "at most 64M", "more than 31 characters"):
            self.assertIn(words, text)
        menu = "multiboot2 /boot/kernel-i386.elf\nboot\n"
        outcome = self.expect(boot(keys="program\nprogram own-heap\nexit\n", iso=self.iso_with_menu(menu)), 2)
        self.assertIn("No programs in this boot.", outcome.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
