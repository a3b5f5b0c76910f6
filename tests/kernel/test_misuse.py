"""Mistakes with a heap in both kernels: each is told in its exact words under every allocator, from its level on, and the
machine ends with status 4. What a level does not see is said too."""
import re
import unittest

from harness import ARCHES, KernelTest, boot, policies

AT = r" at 0x[0-9a-f]+ \("
BLOCK = r"block 0x[0-9a-f]+%s, "
ANY, ASKED = r" size \d+", " size 97"
END = r"allocator %s, op #\d+%s\)"
HISTORY = r", allocated by #\d+"

# kind -> its level, its words, the size of the block it names, and its history (None: neither need be known).
KINDS = {
    "double-free": (1, "double free", ANY, None),
    "free-again": (3, "(double free|invalid free: interior)", ANY, None),
    "free-interior": (1, "invalid free: interior", ANY, None),
    "free-unaligned": (1, "invalid free: unaligned", ANY, None),
    "free-outside": (1, "invalid free: not in heap", "", None),
    "free-other": (1, "invalid free: other heap", "", None),
    "resize-freed": (1, "invalid realloc", ANY, None),
    "resize-interior": (1, "invalid realloc", ANY, None),
    "header": (2, "corrupted block header", ANY, None),
    "links": (2, "corrupted (free list|block header)", ANY, None),
    "overflow-1": (3, "buffer overflow: 1 bytes past end", ASKED, HISTORY),
    "overflow-8": (3, "buffer overflow: 8 bytes past end", ASKED, HISTORY),
    "overflow-64": (3, "buffer overflow: 64 bytes past end", ASKED, HISTORY),
    "underflow-1": (3, "buffer underflow", "", ""),
    "underflow-8": (3, "buffer underflow", "", ""),
    "write-after-free": (3, r"write after free: offset 48, found 0x85 expected 0xdf", ASKED, HISTORY + r", freed by #\d+"),
}
NOTHING_THERE = ("header", "links")  # a policy may have neither; these have both
BOTH = ("first-fit", "next-fit", "best-fit", "worst-fit", "buddy", "segregated", "tlsf")


def expected(kind, policy):
    _, words, size, history = KINDS[kind]
    block = "(%s)?" % (BLOCK % (size or "")) if history is None else BLOCK % size
    more = "(, [^)]*)?" if history is None else history
    return r"HEAP: %s%s%s%s" % (words, AT, block, END % (re.escape(policy), more))


class Misuse(KernelTest):
    def test_every_kind_under_every_allocator(self):
        for arch in ARCHES:
            keys = ""
            for kind, (level, *_) in KINDS.items():
                for harden in range(level, 5):
                    keys += "misuse %s compare=all harden=%d\n" % (kind, harden)
            outcome = boot("out=text", keys=keys + "exit\n", arch=arch)
            self.expect(outcome, 4)
            answers = outcome.text.replace("\r", "").split("kfit> misuse ")[1:]
            self.assertEqual(len(answers), keys.count("\n"), outcome.describe())
            for answer in answers:
                self.check_answer(arch, answer)

    def check_answer(self, arch, answer):
        line, *lines = answer.splitlines()
        kind = line.split()[0]
        for policy in policies():
            with self.subTest(arch=arch, line=line, policy=policy):
                told = [text for text in lines if re.search("(allocator|:) %s( |,)" % re.escape(policy), text)]
                self.assertEqual(len(told), 1, answer)
                if kind in NOTHING_THERE and policy not in BOTH and "nothing there" in told[0]:
                    continue
                self.assertRegex(told[0], expected(kind, policy))

    def test_status_of_a_single_one(self):
        for arch in ARCHES:
            outcome = boot("harden=3 alloc=best-fit out=both", keys="misuse overflow-1\nexit\n", arch=arch)
            self.expect(outcome, 4)
            self.assertRegex(outcome.one("error")["message"], expected("overflow-1", "best-fit"))

    def test_below_its_level_a_mistake_goes_unnoticed(self):
        outcome = boot("", keys="misuse overflow-1\nmisuse write-after-free harden=2\nexit\n")
        self.expect(outcome, 0)
        self.assertIn("overflow-1: unnoticed by first-fit at harden=1; it is seen from harden=3 on.", outcome.text)
        self.assertIn("write-after-free: unnoticed by first-fit at harden=2; it is seen from harden=3 on.", outcome.text)

    def test_wrong_words_are_refused(self):
        outcome = boot("out=both", keys="misuse\nmisuse overflow\nmisuse header harden=5\nexit\n")
        self.expect(outcome, 2)
        messages = [record["message"] for record in outcome.of_type("error")]
        self.assertEqual(messages, ["no such mistake; `misuse` lists them", "harden=5: harden takes a level from 0 to 4"])
        for kind, (level, *_) in KINDS.items():
            self.assertRegex(outcome.text, r"  misuse %s +seen from harden=%d on: " % (kind, level))


if __name__ == "__main__":
    unittest.main()
