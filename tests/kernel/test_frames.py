"""Page frames: what they cost on every size of machine, what the kernel leaves alone, and what it shows of it."""
import resource
import unittest

from harness import KernelTest, boot

MIB, GIB = 1 << 20, 1 << 30
SIZES = {"x86_64": (24 * MIB, 64 * MIB, 1100 * MIB, 6 * GIB), "i386": (24 * MIB, 64 * MIB, 3 * GIB)}
CALLS = ("alloc", "free", "run16_alloc", "run16_free", "run_alloc", "run_free")
HOST_MAX = 400 * MIB         # what the emulator may take of the host, however large the machine
SPLIT = ["-machine", "max-ram-below-4g=1G"]


def costs(arch, memory, **settings):
    return boot("out=json", keys="mem cost\n", arch=arch, memory=memory, icount=True, **settings)


class Costs(KernelTest):
    def test_nearly_flat_from_24_mib_up(self):
        for arch, sizes in SIZES.items():
            records = [self.expect(costs(arch, size), 0).one("frames") for size in sizes]
            least = records[0]
            self.assertEqual(least["unit"], "instructions")
            for size, record in zip(sizes, records):
                with self.subTest(arch=arch, memory=size):
                    self.flat(least, record)
                    # Each byte of the bitmaps is set a few times; no frame is touched, no frame is gone over.
                    self.assertLess(record["init"], 5 * record["bitmap_bytes"] + 10000)
                    self.assertLess(record["bitmap_bytes"], record["highest"] / 2)

    def flat(self, least, record):
        for call in CALLS:
            for bound in ("least", "most"):
                self.assertGreater(record[call][bound], 20)
                self.assertLessEqual(record[call][bound], 1.5 * least[call][bound], (call, bound))

    def test_repeats_to_the_digit_and_takes_nothing(self):
        for arch in SIZES:
            with self.subTest(arch=arch):
                outcome = boot("out=json", keys="mem cost\n" * 2, arch=arch, icount=True)
                first, second = self.expect(outcome, 0).of_type("frames")
                self.assertEqual(first, second)
                self.assertEqual(first, costs(arch, 128 * MIB).one("frames"))

    def test_memory_that_is_not_used_is_not_touched(self):
        self.expect(boot("run=selftest then=exit", memory=6 * GIB), 0)
        taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        self.assertLess(taken, HOST_MAX, "the emulator of a 6 GiB machine")


class Limits(KernelTest):
    def test_x86_64_uses_what_lies_above_4_gib(self):
        outcome = self.expect(boot("then=exit out=both", memory=6 * GIB), 0)
        record = outcome.one("boot")
        self.assertGreater(record["memory_usable"], 6 * GIB - 2 * MIB)
        self.assertGreater(record["frames_free"] * 4096, 6 * GIB - 8 * MIB)
        self.assertNotIn("left alone", outcome.text)

    def left_alone(self, **settings):
        """i386: bytes that are usable, and that are left alone as it says."""
        outcome = self.expect(boot("then=exit out=both", arch="i386", **settings), 0)
        said = [line for line in outcome.text.splitlines() if "lie above what this kernel can use" in line]
        self.assertEqual(len(said), 1, outcome.describe())
        record = outcome.one("boot")
        self.assertLessEqual(record["frames_free"] * 4096, record["memory_usable"])
        return record["memory_usable"], int(said[0].split()[0].replace(",", "")) * 1024

    def test_i386_says_what_it_leaves(self):
        usable, left = self.left_alone(memory=6 * GIB)
        self.assertEqual(left, 3 * GIB)
        self.assertTrue(3 * GIB - 2 * MIB < usable < 3 * GIB, usable)

    def test_i386_with_little_below_4_gib(self):
        usable, left = self.left_alone(memory=3 * GIB, extra=SPLIT)
        self.assertEqual(left, 2 * GIB)
        self.assertTrue(GIB - 2 * MIB < usable < GIB, usable)

    def test_x86_64_with_little_below_4_gib(self):
        record = self.expect(boot("run=selftest then=exit out=json", memory=3 * GIB, extra=SPLIT), 0).one("boot")
        self.assertTrue(3 * GIB - 2 * MIB < record["memory_usable"] < 3 * GIB)


class Views(KernelTest):
    def test_map_shows_what_grub_said_and_what_is_kept(self):
        outcome = self.expect(boot(keys="mem map\n"), 0)
        for line in ("  000000000000  00000009fbff           654,336  available",
                     "  000000100000  000007fdffff       133,038,080  available",
                     "  000000000000  0000000fffff         1,048,576  first MiB"):
            self.assertIn(line, outcome.text)
        for what in ("  kernel", "  module kfit.traces", "  screen", "  the frame allocator's bitmaps"):
            self.assertIn(what, outcome.text)

    def test_unknown_view(self):
        outcome = self.expect(boot(keys="mem frob\n"), 2)
        self.expect_word(outcome, "`mem map`")

    def test_wrong_frees_and_address_line_20(self):
        for arch in SIZES:
            outcome = self.expect(boot("run=selftest then=exit", arch=arch), 0)
            for name in ("wrong frees of frames are told apart", "address line 20 works"):
                self.assertIn("  ok     %s" % name, outcome.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
