"""The boot matrix: memory sizes, firmware, processors, devices and options against each other, in both kernels.

The ordinary run boots a selection with every pair of two settings, the allocators taking turns; the deep run boots every machine,
with backing and allocator taking turns, and the selection with the kernels of the other presets. A combination passes if the
self-tests pass (in the ordinary run those of the machine), the exit status is exact, no processor was reset once it had begun,
as many page frames are free at the end as at the start, and the modules' checksums are the host's before and after a run.

A single one, or several separated by blanks: KFIT_MATRIX='bios-i386-64M-pentium3-4cpu-serial-demand-first-fit' test_matrix.py

Covers of the hazards: V-04 (no-execute absent), V-05 (processors), I-02 (no serial port), I-05 (several processors), I-06 (UEFI),
I-08 (a reset is no success), P-03 and P-04 (memory above 4 GiB), P-05 (little memory).
"""
import concurrent.futures
import multiprocessing
import os
import random
import re
import tempfile
import time
import unittest
import zlib

import pairwise
from harness import ARCHES, BUILD, DEEP, KernelTest, boot, other_presets, policies
from kfitlib import build, disc

MIB, GIB = 1 << 20, 1 << 30
FACTORS = {
    "firmware": ("bios", "uefi", "uefi32"),
    "arch": ARCHES,
    "memory": ("24M", "32M", "64M", "256M", "1100M", "3G", "6G"),
    "processor": ("pentium3", "qemu32", "max", "qemu64", "qemu64,-nx", "n270"),
    "processors": ("1cpu", "4cpu"),
    "port": ("serial", "silent"),
    "vm": ("demand", "immediate", "zero"),
    "alloc": tuple(policies()),
}
MACHINE = ("firmware", "arch", "memory", "processor", "processors", "port")    # the others are for the kernel alone
ONLY_32_BIT = ("pentium3", "qemu32", "n270")
LEAST = {"bios": 0, "uefi": 64 * MIB, "uefi32": 72 * MIB}
SECONDS = {"bios": 1, "uefi": 5, "uefi32": 5}      # what a boot costs, roughly: the selection prefers cheap ones
SELFTEST = "selftest" if DEEP else "selftest:machine"
SELFTEST_LINES = 8 + (len(policies()) if DEEP else 0)
TWO = 2                                            # machines at once


def bytes_of(memory):
    return int(memory[:-1]) * {"M": MIB, "G": GIB}[memory[-1]]


def can_start(cell):
    """Whether firmware and kernel find what they need. A refusal is a test of its own, not a part of the selection."""
    if bytes_of(cell["memory"]) < LEAST[cell["firmware"]]:
        return False                               # the firmware itself does not come up, or leaves GRUB too little
    is_32_bit = cell["processor"] in ONLY_32_BIT
    return not (is_32_bit and (cell["firmware"] == "uefi" or cell["arch"] == "x86_64"))


def is_slow(cell):
    """This firmware keeps every processor busy: half a minute with four."""
    return cell["firmware"] == "uefi32" and cell["processors"] == "4cpu"


def seconds(cell):
    return 30 if is_slow(cell) else SECONDS[cell["firmware"]]


def name_of(cell):
    return "-".join(cell.values())


def one_of_each_machine(cells):
    """Every machine once; what the kernel is asked to do there takes turns."""
    machines = {}
    for cell in cells:
        machines.setdefault(tuple(cell[key] for key in MACHINE), []).append(cell)
    return [choices[turn % len(choices)] for turn, choices in enumerate(machines.values())]


def pairs_of_machines():
    """Every pair of two settings of the machine and its backing, but the slow one; the allocators take turns."""
    factors = {name: values for name, values in FACTORS.items() if name != "alloc"}
    cells = pairwise.select(pairwise.combinations(factors, lambda cell: can_start(cell) and not is_slow(cell)), seconds)
    return [{**cell, "alloc": FACTORS["alloc"][turn % len(FACTORS["alloc"])]} for turn, cell in enumerate(cells)]


class Failure(Exception):
    """What was wrong with a boot."""


def expect(holds, what):
    if not holds:
        raise Failure(what)


def settings_of(cell, reset_log):
    """Settings of the machine for a combination."""
    return {"arch": cell["arch"], "firmware": cell["firmware"], "memory": bytes_of(cell["memory"]),
            "serial": cell["port"] == "serial",
            "extra": ["-cpu", cell["processor"], "-smp", cell["processors"][0], "-d", "cpu_reset", "-D", reset_log]}


def check_resets(reset_log):
    """No triple fault, and processor 0 was reset only where no instruction had run yet: QEMU makes the machine at EIP 0 and
    starts it at the reset vector. (Firmware wakes the other processors by a reset.)"""
    with open(reset_log, encoding="ascii", errors="replace") as log:
        judge_resets(log.read())


def judge_resets(text):
    """check_resets for the text of a log."""
    expect("triple fault" not in text.lower(), "QEMU's log shows a triple fault")
    at = re.findall(r"CPU Reset \(CPU 0\)\n.*?[ER]IP=([0-9a-f]+)", text, re.DOTALL)
    expect(at and all(int(ip, 16) in (0, 0xFFF0) for ip in at), "processor 0 was reset at %s" % at)


def check_memory(cell, outcome):
    """The kernel uses what it can and says what it cannot."""
    size, start, end = bytes_of(cell["memory"]), outcome.one("boot"), outcome.one("end")
    expect(start["memory_total"] <= size, "more memory than the machine has")
    least = size - (28 * MIB if cell["firmware"] != "bios" else MIB)    # UEFI keeps some for itself
    expect(start["memory_total"] >= least, "memory is missing: %d of %d" % (start["memory_total"], size))
    if cell["arch"] == "i386":
        expect(start["memory_usable"] < 4 * GIB, "memory above 4 GiB counted as usable")
        expect((start["memory_usable"] < start["memory_total"] - MIB) == ("are left alone" in outcome.text),
               "the memory above 4 GiB is not told")
    else:
        expect(start["memory_total"] - start["memory_usable"] < MIB, "not all memory is usable")
    expect(end["frames_free"] == start["frames_free"], "%d page frames free at the end, %d at the start"
           % (end["frames_free"], start["frames_free"]))


def check_serial(cell, outcome, modules):
    """All that can be told from what the kernel says."""
    start, result = outcome.one("boot"), outcome.of_type("result")[-1]
    expect(start["arch"] == cell["arch"], "the wrong kernel")
    expect(start["firmware"] == ("bios" if cell["firmware"] == "bios" else "efi"), "the wrong firmware")
    expect("FAILED" not in outcome.text, "a self-test failed")
    expect(outcome.text.count("\n  ok  ") >= SELFTEST_LINES, "self-tests are missing")
    expect((result["alloc"], result["vm"], result["check"], result["done"]) ==
           (cell["alloc"], cell["vm"], "ok", result["ops"]), "the run is not what was asked for")
    seen = [(record["name"], record["bytes"], record["crc32"]) for record in outcome.of_type("module")
            if record["name"] in modules]
    told = [(name, *facts) for name, facts in sorted(modules.items())]
    expect(sorted(seen[:len(told)]) == told and sorted(seen[len(told):]) == told, "the modules have changed: %s" % seen)
    check_memory(cell, outcome)


def run(cell, iso, modules):
    """Boots one combination; returns (name, seconds, what was wrong or "")."""
    begun, outcome = time.monotonic(), None
    with tempfile.TemporaryDirectory(prefix="kfit-test-") as folder:
        reset_log = os.path.join(folder, "resets")
        settings = settings_of(cell, reset_log)
        options = "run=%s out=both vm=%s alloc=%s " % (SELFTEST, cell["vm"], cell["alloc"])
        keys = "modules\nrun churn:ops=2000:size=16-8K\nmodules\nexit\n" if settings["serial"] else None
        try:
            outcome = boot(options + ("then=shell" if keys else "then=exit"), keys=keys, iso=iso, **settings)
            expect(outcome.status == 0, "status %d instead of 0" % outcome.status)
            check_resets(reset_log)
            if keys:
                check_serial(cell, outcome, modules)
        except (AssertionError, Failure) as failure:
            return name_of(cell), time.monotonic() - begun, "%s\n%s" % (failure, outcome.describe() if outcome else "")
    return name_of(cell), time.monotonic() - begun, ""


class Matrix(KernelTest):
    def modules(self):
        """Files with junk in them, and {name: (bytes, checksum)}."""
        folder, facts, junk = self.folder(), {}, random.Random(1)
        for name, size in (("one", 1), ("page", 4095), ("more", 100_001)):
            data = junk.randbytes(size)
            facts[name] = (size, "%08x" % zlib.crc32(data))
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        return [os.path.join(folder, name) for name in facts], facts

    def boot_all(self, cells, of=BUILD):
        """Boots them, two at a time, each in a process of its own, and reports every failure."""
        files, facts = self.modules()
        begun, failures = time.monotonic(), []
        context = multiprocessing.get_context("fork")
        with disc.iso_with(of, disc.check(files)) as iso, \
                concurrent.futures.ProcessPoolExecutor(TWO, mp_context=context) as pool:
            for name, _, failure in pool.map(run, cells, [iso] * len(cells), [facts] * len(cells)):
                if failure:
                    print("\n%s: %s" % (name, failure), flush=True)
                    failures.append(name)
        print("%d combinations booted in %d s, %d failed" % (len(cells), time.monotonic() - begun, len(failures)), flush=True)
        self.assertEqual(failures, [], "run one again alone with KFIT_MATRIX=NAME")

    def chosen(self, wants_all=DEEP):
        """(the combinations of this run, how many there are)"""
        cells = pairwise.combinations(FACTORS, can_start)
        wanted = os.environ.get("KFIT_MATRIX", "").split()
        if wanted:
            named = {name_of(cell): cell for cell in cells}
            unknown = [name for name in wanted if name not in named]
            self.assertEqual(unknown, [], "no such combination; one is %s" % name_of(cells[0]))
            return [named[name] for name in wanted], len(cells)
        return (one_of_each_machine(cells) if wants_all else pairs_of_machines()), len(cells)

    def test_combinations(self):
        cells, count = self.chosen()
        print("%d of %d combinations" % (len(cells), count), flush=True)
        self.boot_all(cells)

    def test_64_bit_kernel_on_a_32_bit_processor(self):
        """The combinations left out above: refused in one line, status 5."""
        for firmware, processor in [("bios", name) for name in ONLY_32_BIT] + [("uefi32", "pentium3")]:
            with self.subTest(firmware=firmware, processor=processor):
                outcome = boot("then=exit", firmware=firmware, extra=["-cpu", processor])
                self.expect_word(self.expect(outcome, 5), "lacks long mode (64 bit): boot the 32-bit kernel, i386")

    @unittest.skipUnless(DEEP, "KFIT_DEEP")
    def test_other_presets(self):
        for preset in other_presets():
            with self.subTest(preset=preset):
                self.boot_all(self.chosen(wants_all=False)[0], build.current(preset))


class Resets(unittest.TestCase):
    """The reading of QEMU's log."""

    STATE = "CPU Reset (CPU %d)\nEAX=00000000 EBX=00000000\nEIP=%s EFL=00000002 [-------] CPL=0\nES =0000\n"
    START = STATE % (0, "00000000") + STATE % (1, "00000000") + STATE % (0, "0000fff0")

    def test_start_and_waking_are_none(self):
        judge_resets(self.START + self.STATE % (1, "000f1234"))

    def test_reset_of_a_running_kernel(self):
        long_mode = "CPU Reset (CPU 0)\nRAX=0000000000000000\nRIP=ffffffff80101000 RFL=00000002\n"
        for text in (self.START + self.STATE % (0, "c0101000"), self.START + long_mode, self.START + "Triple fault\n", ""):
            with self.subTest(text=text), self.assertRaises(Failure):
                judge_resets(text)


class Selection(unittest.TestCase):
    """The generator itself."""

    def test_every_possible_pair_occurs(self):
        cells = pairwise.combinations(FACTORS, can_start)
        chosen = pairwise.select(cells, seconds)
        self.assertEqual({pair for cell in chosen for pair in pairwise.pairs(cell)},
                         {pair for cell in cells for pair in pairwise.pairs(cell)})
        self.assertTrue(all(can_start(cell) for cell in chosen))
        self.assertLess(len(chosen), len(cells) // 20)

    def test_orthogonal_array(self):
        """Three settings with two values: four combinations hold all twelve pairs, and fewer cannot."""
        chosen = pairwise.select(pairwise.combinations({"a": (0, 1), "b": (0, 1), "c": (0, 1)}))
        self.assertEqual(len(chosen), 4)

    def test_impossible_ones_stay_away(self):
        cells = pairwise.combinations({"a": (0, 1), "b": (0, 1)}, lambda cell: cell["a"] or not cell["b"])
        self.assertEqual(len(pairwise.select(cells)), 3)
        self.assertNotIn({"a": 0, "b": 1}, cells)


if __name__ == "__main__":
    unittest.main(verbosity=2)
