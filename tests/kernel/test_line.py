"""The shell's line on the real machine: scripts pasted whole, random bytes, keys, completion, help."""
import os
import random
import re
import unittest

from harness import ARCHES, DEEP, ROOT, KernelTest, boot, boot_all

PROMPT = "kfit> "
PASTE = 1 << 16
RANDOM_BYTES = 1000000 if DEEP else 30000

# What random bytes are mixed with, so that they get somewhere.
WORDS = (b"help ", b"runs\r", b"allocators ", b"run ", b"mem map\r", b"stats\r", b"map\r", b"irq\n", b"translate 0x", b"# ",
         b"alloc=", b"compare=all,", b"first-fit:order=", b"scenario:", b"seed=", b"\t", b"\t\t", b"\033[A", b"\033[B",
         b"\033[D", b"\033[C", b"\033[3~", b"\033OF", b"\r", b"\r\n", b"\010", b"\025", b"\027", b"\020", b"\016", b"\014")
# Left out, so that the shell goes on to the end: Ctrl-D ends it, and without these letters there is neither `exit` nor
# `crash`. The streams are fixed by their seeds, so what does not happen once never does.
LEFT_OUT = b"\x04xs"


def script(size, seed):
    """Lines of comments and of unknown commands, some longer than a row, with each kind of line end; and the commands."""
    junk, lines, commands, length = random.Random(seed), [], [], 0
    while length < size:
        number = len(lines)
        rest = " ".join("".join(junk.choice("abcdefghijkmn=:,-") for _ in range(junk.randrange(1, 12)))
                        for _ in range(junk.choice((0, 1, 3, 8, 40, 90))))[:900].rstrip()
        if junk.random() < 0.3:
            commands.append("q%05d" % number)
            lines.append((commands[-1] + " " + rest).rstrip())
        else:
            lines.append(("# %05d %s" % (number, rest)).rstrip())
        length += len(lines[-1]) + 1
    ends = [junk.choice(("\n", "\n", "\r", "\r\n")) for _ in lines]
    ends[-1] = "\n"
    return lines, commands, "".join(line + end for line, end in zip(lines, ends))


class Paste(KernelTest):
    def test_64_kib(self):
        """Each line is read as it was sent, each command is carried out, in order."""
        for number, arch in enumerate(ARCHES):
            lines, commands, text = script(PASTE, number)
            self.assertGreaterEqual(len(text), PASTE)
            self.assertGreater(max(map(len, lines)), 500)
            outcome = self.expect(boot("out=both", keys=text + "exit\n", arch=arch), 2)
            told = outcome.text.replace("\r", "").replace("\b", "").split("\n")
            shown = [line[len(PROMPT):].rstrip() for line in told if line.startswith(PROMPT)]
            self.assertEqual(shown, lines + ["exit"])
            words = [record["word"] for record in outcome.of_type("error")]
            self.assertEqual(words, commands)

    def test_a_tab_in_a_paste_is_a_blank(self):
        outcome = self.expect(boot(keys="help\tmem\nru\tn\t\n\texit\t\n"), 2)
        self.assertIn("Usage: mem", outcome.text)
        self.assertIn("unknown command 'ru'", outcome.text)

    def test_too_long_a_line(self):
        for length, status in ((1023, 0), (1024, 2), (70000, 2)):
            outcome = self.expect(boot(keys="#" + "x" * (length - 1) + "\nirq\nexit\n"), status)
            self.assertEqual("longer than 1023 characters" in outcome.text, status == 2, outcome.describe())
            self.assertIn("unexpected", outcome.text)


class RandomBytes(KernelTest):
    def stream(self, seed):
        junk = random.Random(seed)
        allowed = [byte for byte in range(256) if byte not in LEFT_OUT]
        pieces, length = [], 0
        while length < RANDOM_BYTES:
            piece = junk.choice(WORDS) if junk.random() < 0.3 else bytes([junk.choice(allowed)])
            pieces.append(piece)
            length += len(piece)
        return b"".join(pieces).decode("latin-1")

    def test_the_shell_lives(self):
        """Afterwards a line is answered as ever."""
        calls = [{"keys": self.stream(seed) + "\003translate 0x5678\nexit\n", "arch": arch, "timeout": 1200}
                 for seed, arch in enumerate(ARCHES)]
        for outcome in boot_all(calls):
            self.expect(outcome, 2)
            last = outcome.text.replace("\r", "").rpartition(PROMPT + "translate 0x5678\n")
            self.assertIn("0x5678", last[2], outcome.text[-2000:])
            self.assertGreater(outcome.text.count(PROMPT), RANDOM_BYTES // 300)


class Keys(KernelTest):
    """Typed key by key, with a pause behind each."""

    def test_editing_history_completion(self):
        for arch in ARCHES:
            steps = ((PROMPT, "memx\177 zap\027ma\t"), ("map", "\r"),           # the second word is `map`
                     ("firmware", "sta\t"), ("stats", "\r"),
                     ("Placement", "\020\020"), ("mem map", "\025run tr\t"),   # Ctrl-P twice, Ctrl-U
                     ("trace:", "\t"), ("sqlite", "\003"),
                     (PROMPT, "com\t"), ("compare", "sc\t"), ("scenario:", "cro\t"), ("crowd", "\003"),
                     (PROMPT, "exit\r"))
            outcome = self.expect(boot("run=trace:sqlite check=off", type_when=steps, arch=arch), 0)
            self.assertNotIn("\033", outcome.text)

    def test_a_second_tab_lists(self):
        steps = ((PROMPT, "alloca\t"), ("allocators", "b\t"), ("buddy", "\025exit\r"))
        text = self.expect(boot(type_when=steps), 0).text
        self.assertRegex(text, r"bump +bump-sized +best-fit +buddy\n" + PROMPT + "allocators b")


class Help(KernelTest):
    def names(self, text):
        groups = dict(re.findall(r"^  (\w+) +((?:[\w-]+ ?)+(?:\n {14}(?:[\w-]+ ?)+)*)$", text, re.M))
        return groups.keys(), [name for names in groups.values() for name in names.split()]

    def answers(self, commands, options=""):
        """What each line of the shell was answered."""
        outcome = boot(options, keys="".join(command + "\n" for command in commands))
        told = outcome.text.replace("\r", "").split("\n" + PROMPT)[1:]
        self.assertEqual([answer.split("\n")[0] for answer in told][:len(commands)], commands)
        return [answer.partition("\n")[2] for answer in told]

    def test_every_command_and_group(self):
        overview = self.answers(["help"])[0]
        groups, commands = self.names(overview)
        self.assertGreater(len(commands), 15)
        self.assertFalse(set(groups) & set(commands))
        pages = [overview] + self.answers(["help " + name for name in (*groups, *commands)])[:-1]
        for page in pages:
            self.assertLessEqual(page.count("\n"), 24, page)
            self.assertLess(max(map(len, page.split("\n"))), 80, page)
        for name, page in zip(groups, pages[1:]):
            self.assertTrue(page.startswith(name + ": "), page)
        for name, page in zip(commands, pages[1 + len(groups):]):
            self.assertRegex(page, r"\AUsage: %s( .*)?\n.+\n" % name)
            for other in re.findall(r"^See also: (.*)$", page, re.M):
                self.assertFalse(set(other.split(", ")) - set(commands), page)
        listed = [name for page in pages[1:1 + len(groups)] for name in re.findall(r"^  (\S+) ", page, re.M)]
        self.assertEqual(sorted(listed), sorted(commands))

    def test_examples_can_be_typed(self):
        _, commands = self.names(self.answers(["help"])[0])
        pages = self.answers(["help " + name for name in commands])
        examples = [line for page in pages for line in re.findall(r"^Example: (.*)$", page, re.M)]
        harmless = [line for line in examples if not line.startswith(("crash", "quiz"))]     # a quiz reads on
        self.assertGreater(len(harmless), 5)
        before = ["use heap=64K", "alloc 8000 as a"]        # what the examples of a heap at hand need
        lines = [line for example in harmless for line in (*before, example)]
        answers = self.answers(lines, "run=trace:sqlite check=off")
        for example, answer in zip(harmless, answers[len(before)::len(before) + 1]):
            self.assertNotIn("kfit: error", answer.replace("kfit: error: HEAP: double free", ""), example)

    def test_the_reference_has_every_command(self):
        _, commands = self.names(self.answers(["help"])[0])
        with open(os.path.join(ROOT, "docs", "reference.md"), encoding="utf-8") as file:
            written = set(re.findall(r"`([a-z]+)[ `]", file.read()))
        self.assertEqual(set(commands) - written, set())

    def test_unknown(self):
        outcome = self.expect(boot(keys="help hlep\nhelp zzzzzz\n"), 2)
        self.assertIn("no command or group 'hlep': did you mean help?", outcome.text)
        self.assertIn("no command or group 'zzzzzz'; `help` lists them", outcome.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
