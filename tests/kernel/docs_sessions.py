"""The console sessions in docs/ and README.md: found, run, and compared with what the pages print.

A session is a fenced block marked `console`. Its first line is a command behind `$ `, or, without one, the block begins
with what is typed at the kernel's shell behind `kfit> ` (and, in a quiz, behind `answer> `) and is run by

    ./kfit run --icount

or by the command in a comment before the block: <!-- session: ./kfit run --icount --arch i386 -->. What is printed must be
as the page shows it, to the letter. A line that is `...` stands for any lines. In a block marked `console any-numbers`
figures may differ: they depend on where the linker put something, or on the machine.

A block marked `sh` is run as a script, whose commands must all succeed; nothing is compared.

    KFIT_DOCS=update ctest -R kernel/docs       writes what was printed into the pages instead
"""
import os
import re
import subprocess

from harness import ROOT
from kfitlib import tables

DEFAULT = "./kfit run --icount"
PROMPT = "kfit> "
PROMPTS = re.compile(r"(?:kfit|answer)> ?(.*)")       # a quiz has its own
BLOCK = re.compile(r"(?:<!-- session: (?P<command>[^\n]*?) -->\n)?```console(?P<marks>[^\n]*)\n(?P<body>.*?)```", re.S)


pages = tables.pages


class Session:
    """One block of one page."""

    def __init__(self, page, text, match):
        self.page, self.start, self.end = page, match.start("body"), match.end("body")
        self.line = text.count("\n", 0, match.start()) + 1
        self.name = "%s:%d" % (os.path.relpath(page, ROOT), self.line)
        self.any_numbers = "any-numbers" in match.group("marks")
        self.lines = match.group("body").splitlines()
        self.command = match.group("command") or DEFAULT
        self.has_command = bool(self.lines) and self.lines[0].startswith("$ ")
        if self.has_command:
            self.command = self.lines[0][2:]
        self.typed = [found.group(1) for found in map(PROMPTS.fullmatch, self.lines) if found]

    def shown(self):
        """What the page says is printed."""
        return self.lines[1:] if self.has_command else self.lines

    def run(self):
        """What is printed, as lines like those of the page."""
        keys = "".join(line + "\n" for line in self.typed)
        done = subprocess.run(["bash", "-c", self.command], cwd=ROOT, input=keys.encode("ascii"), timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        lines = [line.rstrip() for line in done.stdout.decode("utf-8", "replace").replace("\r", "").split("\n")]
        if self.typed and not self.has_command:
            first = next((i for i, line in enumerate(lines) if line.startswith(PROMPT)), 0)
            lines = lines[first:]
        while lines and lines[-1] in ("", PROMPT.strip()):
            lines.pop()
        return lines


def sessions(page):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    return text, [Session(page, text, match) for match in BLOCK.finditer(text)]


def scripts(page):
    """The blocks marked `sh`, as (name, text)."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    return [("%s:%d" % (os.path.relpath(page, ROOT), text.count("\n", 0, match.start()) + 1), match.group(1))
            for match in re.finditer(r"^```sh\n(.*?)^```", text, re.S | re.M)]


def _plain(line, any_numbers):
    if not any_numbers:
        return line.rstrip()
    line = re.sub(r"\b(0x[0-9a-f]+|[0-9a-f]*\d[0-9a-f,.]*)\b", "#", line)
    return re.sub(r"[ ]+", " ", line).strip()


def difference(shown, printed, any_numbers=False):
    """None, or a few words on the first line that is not as shown."""
    at = 0
    for i, line in enumerate(shown):
        if line == "...":
            rest = shown[i + 1:]
            for skip in range(at, len(printed) + 1):
                if difference(rest, printed[skip:], any_numbers) is None:
                    return None
            return "nothing printed fits what stands behind the `...`: %r" % (rest[:1],)
        if at >= len(printed):
            return "the page shows one more line: %r" % line
        if _plain(line, any_numbers) != _plain(printed[at], any_numbers):
            return "the page shows   %r\n     printed was     %r" % (line, printed[at])
        at += 1
    return None if at == len(printed) else "printed was one more line: %r" % printed[at]


def _refresh(shown, printed):
    """What a page would show now: all that is printed, or, between `...`, the lines that differ in figures only."""
    if "..." not in shown:
        return printed
    fresh, at = [], 0
    for line in shown:
        same = [i for i in range(at, len(printed)) if _plain(line, True) == _plain(printed[i], True)]
        if line != "..." and same:
            line, at = printed[same[0]], same[0] + 1
        fresh.append(line)
    return fresh


def update(page):
    """Writes what is printed now into those of the page's sessions that show something else."""
    text, found = sessions(page)
    for session in reversed(found):
        printed = session.run()
        if difference(session.shown(), printed, session.any_numbers) is None:
            continue
        head = session.lines[:1] if session.has_command else []
        body = "\n".join(head + _refresh(session.shown(), printed)) + "\n"
        text = text[:session.start] + body + text[session.end:]
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)
