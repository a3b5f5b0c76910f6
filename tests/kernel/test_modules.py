"""Boot modules: none, one, many, tiny, huge, of odd sizes: their bytes are the file's, before a run that takes every page frame
and after it. Covers K-02 of the hazards."""
import os
import random
import unittest
import zlib

from harness import ARCHES, KernelTest, boot

MIB = 1 << 20
SETS = {
    "none": (),
    "one": (1,),
    "two": (4095, 4096),
    "eight": (1, 4095, 4096, 4097, 8 * MIB, 40 * MIB, 4097, 1),
}
# More blocks than the machine has frames for: requests are refused, and every frame is in use.
STRESS = "run churn:ops=4000:live=4000:size=32K-128K seed=%d vm=%s heap=256M check=off"


class Modules(KernelTest):
    def disc_with(self, sizes):
        """A disc whose menu loads a kernel and modules of these sizes, and what the kernel shall say of them."""
        tree, junk, told, menu = self.disc_tree(), random.Random(7), [], ""
        for number, size in enumerate(sizes):
            data, name = junk.randbytes(size), "module%d" % number
            with open(os.path.join(tree, name), "wb") as file:
                file.write(data)
            told.append((name, size, "%08x" % zlib.crc32(data)))
            menu += "module2 /%s %s\n" % (name, name)
        with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w", encoding="ascii") as text:
            text.write("serial --unit=0 --speed=115200\nterminal_output serial\n"
                       "smbios --type 2 --get-string 7 --set=arch\n"
                       "multiboot2 /boot/kernel-$arch.elf out=json\n" + menu + "boot\n")
        return self.iso_of(tree), told

    def check(self, sizes):
        iso, told = self.disc_with(sizes)
        for arch in ARCHES:
            with self.subTest(arch=arch, sizes=sizes):
                keys = "modules\n%s\n%s\nmodules\nexit\n" % (STRESS % (1, "demand"), STRESS % (2, "immediate"))
                outcome = self.expect(boot(keys=keys, iso=iso, memory=64 * MIB + sum(sizes) // MIB * MIB,
                                           extra=["-smbios", "type=2,serial=" + arch]), 0)
                self.assertEqual(outcome.one("boot")["arch"], arch)
                seen = [(record["name"], record["bytes"], record["crc32"]) for record in outcome.of_type("module")]
                self.assertEqual(seen, told * 2, outcome.describe())
                for result in outcome.of_type("result"):
                    self.assertGreater(result["failed"], 0, "the run did not take all memory\n" + outcome.describe())
                self.assertEqual(len(outcome.of_type("result")), 2)
                self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])

    def test_sets(self):
        for sizes in SETS.values():
            self.check(sizes)

    def test_listed_for_people(self):
        for arch in ARCHES:
            with self.subTest(arch=arch):
                outcome = self.expect(boot("run=trace:sqlite", arch=arch, keys="modules\nexit\n"), 0)
                listing = outcome.text[outcome.text.index("kfit> modules"):]
                self.assertIn("CRC-32", listing)
                self.assertIn("\n  sqlite ", listing)
                self.assertIn("\n  kfit.traces ", listing)

    def test_listed_if_there_are_none(self):
        menu = "multiboot2 /boot/kernel-i386.elf\nboot\n"
        outcome = self.expect(boot(keys="modules\nexit\n", iso=self.iso_with_menu(menu)), 0)
        self.assertIn("No modules in this boot.", outcome.text)

    def test_memory_too_small_for_the_module(self):
        """GRUB refuses to load it, or the kernel says what is missing; nothing hangs."""
        iso, _ = self.disc_with((40 * MIB,))
        for arch in ARCHES:
            with self.subTest(arch=arch):
                outcome = boot(keys="exit\n", iso=iso, memory=32 * MIB, extra=["-smbios", "type=2,serial=" + arch])
                self.expect_word(self.expect(outcome, 5), "memory")


if __name__ == "__main__":
    unittest.main(verbosity=2)
