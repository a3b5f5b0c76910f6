"""Machines unlike the usual one: a part is missing, the processor is old, memory is scarce or lies elsewhere. Each boots and passes
the self-tests, or says in one line what it lacks and ends with status 5.

Covers of the hazards: V-05 (processors), I-02 (no serial port, no device at all), I-04 (no PIT, PIC, HPET, ACPI; isapc, microvm),
P-03 (memory moved above 4 GiB), P-05 (tiny memory).
"""
import os
import unittest

from harness import ARCHES, DEEP, KernelTest, boot

MIB, GIB = 1 << 20, 1 << 30
SELFTEST = "run=selftest:machine out=both then=exit"
ALL_TESTS = "run=selftest out=both then=exit"
LACKS = "kfit: error: this processor lacks "
MICROVM_BIOS = "/usr/share/seabios/bios-microvm.bin"


class Odd(KernelTest):
    def passes(self, outcome):
        """The self-tests ran and held, and every page frame came back."""
        self.expect(outcome, 0)
        self.assertNotIn("FAILED", outcome.text)
        self.assertGreater(outcome.text.count("\n  ok  "), 8, outcome.describe())
        self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])
        return outcome

    def refused(self, outcome, word):
        """One line that says why, and nothing else."""
        self.expect_word(self.expect(outcome, 5), word)
        said = [line for line in outcome.text.splitlines() if line.startswith("kfit: error: ")]
        self.assertEqual(len(said), 1, outcome.describe())
        self.assertEqual(outcome.of_type("result"), [])


class Boards(Odd):
    def test_without_a_part(self):
        for settings in ({"board": "pc,pit=off"}, {"board": "pc,pic=off"}, {"board": "pc,hpet=off"},
                         {"extra": ["-no-acpi"]}, {"extra": ["-vga", "none"]}, {"board": "q35"}):
            for arch in ARCHES:
                with self.subTest(arch=arch, **settings):
                    self.passes(boot(SELFTEST, arch=arch, **settings))

    def test_nothing_but_processor_and_disc(self):
        """No serial port, no screen, no keyboard of QEMU's own choice: the status alone tells."""
        for arch in ARCHES:
            with self.subTest(arch=arch):
                self.expect(boot("run=selftest:machine then=exit", arch=arch, serial=False, extra=["-vga", "none"]), 0)

    def test_silent_failure_has_its_status(self):
        """Without a serial port, too, a run that is refused is no success."""
        for arch in ARCHES:
            with self.subTest(arch=arch):
                self.expect(boot("run=nosuch then=exit", arch=arch, serial=False), 2)

    def menu(self, arch):
        """A menu for machines without SMBIOS, where `kfit run` cannot tell GRUB what to boot."""
        return self.iso_with_menu("multiboot2 /boot/kernel-%s.elf %s\nboot\n" % (arch, SELFTEST))

    def test_isa_board(self):
        for arch in ARCHES:
            with self.subTest(arch=arch):
                self.passes(boot(iso=self.menu(arch), arch=arch, board="isapc", memory=64 * MIB,
                                 extra=["-cpu", "qemu64"]))

    def test_microvm(self):
        """No PCI, no screen, no IDE, no timer, no interrupt controller: the disc stands behind a virtio port, which only
        SeaBIOS's build for this board reads. That firmware leaves the controller as it was switched on; with one, now and then
        the timer's interrupts arrive as the processor's exception 0 and GRUB does not come up."""
        if not os.path.exists(MICROVM_BIOS):
            self.skipTest("SeaBIOS for microvm is not there: apt-get install seabios")
        for arch in ARCHES:
            with self.subTest(arch=arch):
                disk = "id=disk,if=none,format=raw,readonly=on,file=" + self.menu(arch)
                self.passes(boot(iso="", arch=arch, board="microvm,isa-serial=on,rtc=on,pit=off,pic=off",
                                 extra=["-bios", MICROVM_BIOS, "-drive", disk, "-device",
                                        "virtio-blk-device,drive=disk"]))

    def test_more_processors_change_nothing(self):
        options = "alloc=best-fit run=churn:ops=2000 out=json then=exit"
        digests = {boot(options, arch="x86_64", extra=["-smp", count]).one("result")["placement"]
                   for count in ("1", "2", "4")}
        self.assertEqual(len(digests), 1)


class Processors(Odd):
    def test_32_bit_kernel(self):
        for processor, lack in (("486", "the time-stamp counter (TSC)"), ("pentium", "conditional moves (CMOV)"),
                                ("pentium2", None), ("pentium3", None), ("coreduo", None), ("n270", None),
                                ("Conroe", None), ("qemu32", None), ("qemu64,-nx", None), ("max", None)):
            with self.subTest(processor=processor):
                outcome = boot(SELFTEST, arch="i386", extra=["-cpu", processor])
                if lack:
                    self.refused(outcome, LACKS + lack)
                else:
                    self.passes(outcome)

    def test_64_bit_kernel(self):
        for processor, lack in (("486", "the time-stamp counter (TSC)"), ("pentium", "PAE: try the 32-bit kernel"),
                                ("qemu32", "long mode"), ("coreduo", "long mode"), ("Conroe", None),
                                ("qemu64,-nx", None), ("Nehalem", None), ("max", None)):
            with self.subTest(processor=processor):
                outcome = boot(SELFTEST, extra=["-cpu", processor])
                if lack:
                    self.refused(outcome, LACKS + lack)
                else:
                    self.passes(outcome)

    def test_refusal_without_a_serial_port(self):
        self.expect(boot(SELFTEST, serial=False, extra=["-cpu", "qemu32"]), 5)


class Memory(Odd):
    def test_scarce(self):
        """The kernel boots or refuses readably; it never hangs, and never runs into nothing. From 16 MiB on it boots."""
        for arch in ARCHES:
            for megabytes in (3, 4, 5, 6, 7, 8, 10, 12, 16) if DEEP else (3, 4, 5, 8, 16):
                with self.subTest(arch=arch, megabytes=megabytes):
                    outcome = boot(ALL_TESTS, arch=arch, memory=megabytes * MIB)
                    if megabytes >= 16 or outcome.status == 0:
                        self.passes(outcome)
                    else:
                        self.expect_word(self.expect(outcome, 5), "memory")

    def test_above_4_gib(self):
        """The board leaves 1 GiB below: a 32-bit kernel has that, and says how much it leaves; a 64-bit one has all of it."""
        for arch in ARCHES:
            with self.subTest(arch=arch):
                outcome = self.passes(boot(ALL_TESTS, arch=arch, board="pc,max-ram-below-4g=1G", memory=3 * GIB))
                start = outcome.one("boot")
                self.assertGreater(start["memory_total"], 3 * GIB - MIB)
                usable = GIB if arch == "i386" else 3 * GIB
                self.assertTrue(usable - MIB < start["memory_usable"] <= usable, start)
                self.assertEqual("2,097,152 KiB lie above what this kernel can use" in outcome.text, arch == "i386")


if __name__ == "__main__":
    unittest.main(verbosity=2)
