"""Both kernels boot on 64-bit and 32-bit UEFI, and GRUB's menu works on the serial line."""
import unittest

from harness import ARCHES, KernelTest, boot, menu_keys, policies

CTRL_B, CTRL_E, CTRL_N, CTRL_X = "\x02", "\x05", "\x0e", "\x18"


class Uefi(KernelTest):
    def test_both_kernels(self):
        for firmware in ("uefi", "uefi32"):
            for arch in ARCHES:
                with self.subTest(firmware=firmware, arch=arch):
                    outcome = self.expect(boot("alloc=best-fit run=trace:sqlite out=json then=exit", arch=arch,
                                               firmware=firmware, memory=256 << 20), 0)
                    self.assertEqual(outcome.one("boot")["firmware"], "efi")
                    self.assertEqual(outcome.one("boot")["arch"], arch)
                    self.assertEqual(outcome.one("result")["check"], "ok")

    def test_same_result_as_bios(self):
        options = "alloc=first-fit run=trace:sqlite out=json then=exit"
        digests = {boot(options, firmware=firmware).one("result")["placement"] for firmware in ("bios", "uefi")}
        self.assertEqual(len(digests), 1)


class Menu(KernelTest):
    def test_names_every_allocator(self):
        outcome = boot(menu=True, type_when=[("automatically in", menu_keys("Shell only")), ("kfit> ", "exit\n")])
        self.expect(outcome, 0)
        for name in policies()[:8]:     # what a menu of 24 lines shows at once
            self.assertIn(name + ": ", outcome.text)
        self.assertLess(outcome.text.index("Compare all (tour)"), outcome.text.index(policies()[0] + ": "))

    def test_edited_entry(self):
        """e, down to the options, back over the closing quote, and one more option."""
        edit = CTRL_N * 2 + CTRL_E + CTRL_B + " out=json" + CTRL_X
        outcome = boot(menu=True, type_when=[("automatically in", CTRL_N + "e"), ("boot_kernel", edit)])
        self.expect(outcome, 0)
        self.assertEqual(outcome.one("result")["alloc"], policies()[0], outcome.describe())
        self.assertIn("out=json", outcome.one("boot")["cmdline"])

    def test_default_of_the_32_bit_kernel(self):
        outcome = self.expect(boot(menu=True, arch="i386", keys=""), 0)
        self.assertIn("i386", outcome.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
