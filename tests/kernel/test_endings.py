"""How a run can end badly: each way has its own status, and is said in one clear line."""
import os
import subprocess
import time
import unittest

from harness import KernelTest, boot

# A flat Multiboot2 image that says hello on the serial line and then does what the test wants.
TINY = """
bits 32
org 0x100000
header: dd 0xE85250D6, 0, header_end - header, -(0xE85250D6 + (header_end - header)) & 0xFFFFFFFF
        dw 2, 0
        dd 24, header, header, image_end, 0     ; where the image is loaded
        dw 3, 0
        dd 12, entry                            ; where it starts
        dd 0
        dw 0, 0
        dd 8
header_end:
hello:  db %(hello)s
hello_end:
no_idt: dw 0
        dd 0
entry:  mov esi, hello
        mov ecx, hello_end - hello
        mov dx, 0x3F8
        rep outsb
%(then)s
stay:   jmp stay
image_end:
"""

SPEAKS = "'kfit 0 (a tiny image)', 13, 10"


def exit_with(value):
    return "        mov al, %d\n        out 0xF4, al\n" % value


class TinyKernels(KernelTest):
    def tiny(self, then, hello=SPEAKS):
        """A disc whose kernels are such an image."""
        folder = self.folder()
        source, image = os.path.join(folder, "tiny.asm"), os.path.join(folder, "tiny.bin")
        with open(source, "w", encoding="ascii") as text:
            text.write(TINY % {"hello": hello, "then": then})
        subprocess.run(["nasm", "-fbin", "-o", image, source], check=True)
        return self.iso_with_kernel(image)

    def test_triple_fault(self):
        outcome = boot(iso=self.tiny("        lidt [no_idt]\n        int3"))
        self.expect_word(self.expect(outcome, 7), "reset or vanished")

    def test_hang(self):
        outcome = boot(iso=self.tiny(""), timeout=3)
        self.expect_word(self.expect(outcome, 6), "no end within 3 s")

    def test_statuses(self):
        for status in range(7):
            with self.subTest(status=status):
                outcome = self.expect(boot(iso=self.tiny(exit_with(0x10 + status))), status)
                self.assertEqual(bool(outcome.message), status != 0, outcome.describe())

    def test_foreign_exit_code(self):
        self.expect_word(self.expect(boot(iso=self.tiny(exit_with(0x30))), 7), "no status")

    def test_success_without_a_word_is_none(self):
        outcome = boot(iso=self.tiny(exit_with(0x10), hello="' '"))
        self.expect_word(self.expect(outcome, 7), "never said a word")

    def test_no_kernel_at_all(self):
        folder = self.folder()
        image = os.path.join(folder, "image")
        with open(image, "wb") as file:
            file.write(b"no multiboot2 header" * 2000)
        begun = time.monotonic()
        outcome = boot(iso=self.iso_with_kernel(image))
        self.expect_word(self.expect(outcome, 7), "GRUB cannot load")
        self.assertLess(time.monotonic() - begun, 60, "GRUB's error must end the run, not the time")


class Machines(KernelTest):
    def test_too_little_memory_for_grub(self):
        for firmware, megabytes in (("bios", 1), ("bios", 2), ("uefi", 16)):
            with self.subTest(firmware=firmware, megabytes=megabytes):
                outcome = boot("then=exit", firmware=firmware, memory=megabytes << 20)
                self.expect_word(self.expect(outcome, 5), "memory")


if __name__ == "__main__":
    unittest.main(verbosity=2)
