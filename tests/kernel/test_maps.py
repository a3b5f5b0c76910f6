"""Memory maps with holes, made by GRUB itself with badram and cutmem: the kernel's own count of usable memory is what a
frame-by-frame model of the map says, the self-tests pass, and a trace is placed as if there were no hole.

Covers P-10 and P-02 of the hazards.
"""
import os
import unittest

from harness import ARCHES, KernelTest, boot, widths

PAGE, MIB = 4096, 1 << 20
SIZE = 64 * MIB
# What SeaBIOS gives as available on the machine `pc` with 64 MiB.
AVAILABLE = ((0, 0x9FC00), (MIB, SIZE - 0x20000))


def cut(low, high):
    """[low, high) is taken out of the map."""
    return "cutmem 0x%x 0x%x" % (low, high), [(low, high)]


def badram(address, mask):
    """Each address that equals `address` where the mask has ones is bad; GRUB throws away its whole page."""
    fixed = mask | PAGE - 1
    bad = [(page, page + PAGE) for page in range(0, SIZE, PAGE) if (page ^ address) & fixed & ~(PAGE - 1) == 0]
    return "badram 0x%x,0x%x" % (address, mask), bad


def both(*shapes):
    return "\n".join(command for command, _ in shapes), [hole for _, holes in shapes for hole in holes]


SHAPES = {
    "whole": ("true", []),
    "page-at-3M": cut(3 * MIB, 3 * MIB + PAGE),
    "megabyte-at-4M": cut(4 * MIB, 5 * MIB),
    "isa-hole": cut(15 * MIB, 16 * MIB),
    "page-at-16M": cut(16 * MIB, 16 * MIB + PAGE),
    "odd-ends": cut(17 * MIB + 1, 18 * MIB + 5),
    "odd-inside-a-page": cut(20 * MIB + 100, 20 * MIB + 101),
    "odd-touching": both(cut(22 * MIB + 7, 23 * MIB - 9), cut(23 * MIB - 9, 23 * MIB + 3)),
    "top-half": cut(SIZE // 2, SIZE),
    "below-640K": cut(0x8000, 0x9000),
    "bad-page": badram(30 * MIB, 0xFFFFF000),
    "bad-byte": badram(30 * MIB + 12, 0xFFFFFFFF),
    "bad-megabyte": badram(12 * MIB, 0xFFF00000),
    "alternate-pages": badram(24 * MIB, 0xFFFC1000),         # 32 bad pages in 256 KiB
    "alternate-megabytes": badram(33 * MIB, 0xFE100000),     # the odd ones of the upper 32 MiB
}
# More holes than the kernel keeps track of. (GRUB itself needs a minute for 1,000 of them.)
TOO_MANY = badram(24 * MIB, 0xFFF01000)                      # 128 bad pages in 1 MiB


def usable_bytes(holes):
    """Whole available pages that no hole touches, in bytes."""
    gone = set()
    for low, high in holes:
        gone.update(range(low // PAGE, -(-high // PAGE)))
    return sum(PAGE for low, high in AVAILABLE for page in range(-(-low // PAGE), high // PAGE) if page not in gone)


class Maps(KernelTest):
    @classmethod
    def setUpClass(cls):
        """One disc: the shape is chosen by another SMBIOS string, and then the usual menu goes on."""
        case = cls("disc_of_shapes")
        cls.addClassCleanup(case.doCleanups)
        cls.iso = case.disc_of_shapes()

    def disc_of_shapes(self):
        tree = self.disc_tree()
        menu = os.path.join(tree, "boot", "grub", "grub.cfg")
        with open(menu, encoding="ascii") as text:
            usual = text.read()
        with open(menu, "w", encoding="ascii") as text:
            text.write("insmod mmap\nsmbios --type 2 --get-string 7 --set=shape\n"
                       'source "/boot/grub/shapes/$shape"\n' + usual)
        folder = os.path.join(tree, "boot", "grub", "shapes")
        os.mkdir(folder)
        for name, (command, _) in {**SHAPES, "too-many": TOO_MANY}.items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as text:
                text.write(command + "\n")
        return self.iso_of(tree, "mmap")

    def boot(self, shape, arch):
        return boot("alloc=best-fit run=trace:sqlite out=both", keys="run selftest:machine alloc=first-fit\nexit\n", arch=arch,
                    iso=self.iso, memory=SIZE, extra=["-smbios", "type=2,serial=" + shape])

    def test_shapes(self):
        for arch in ARCHES:
            placements = set()
            for number, (shape, (_, holes)) in enumerate(SHAPES.items()):
                if arch not in widths(number):
                    continue
                with self.subTest(arch=arch, shape=shape):
                    outcome = self.expect(self.boot(shape, arch), 0)
                    self.assertEqual(outcome.one("boot")["memory_usable"], usable_bytes(holes), outcome.describe())
                    self.assertNotIn("FAILED", outcome.text)
                    self.assertGreater(outcome.text.count("\n  ok  "), 8, outcome.describe())
                    self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])
                    placements.add(outcome.of_type("result")[0]["placement"])
            self.assertEqual(len(placements), 1, "the trace is placed in another way")

    def test_too_many_holes(self):
        """More than the kernel keeps track of: one line that says so, status 5."""
        for arch in ARCHES:
            with self.subTest(arch=arch):
                outcome = self.expect(self.boot("too-many", arch), 5)
                self.expect_word(outcome, "memory map too long: raise MEMMAP_MAX")
                self.assertEqual(outcome.text.count("kfit: error: "), 1, outcome.describe())
                self.assertEqual(outcome.of_type("result"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
