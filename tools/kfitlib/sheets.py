"""kfit sheet: question sheets on placement, another one for each seed, and the key to them.

Nothing here works out an answer: the kernel's own quiz is played with each seed, all of them in one boot and every
answer left blank, and its records (`quiz`, one a question, and `score` at the end) hold the maps, the answers and the
reasons.

On paper all questions of a sheet are seen at once, and a map before the second question would answer the first. So
questions in a row share one map, as long as nothing but the requests asked for touches the heap: a series. Its letters
are those of its first map; what is left of a hole keeps the letter.
"""
import argparse
import os
import re
import sys
import textwrap

from . import disc, typed
from .options import Parser
from .status import BAD_INPUT, OK, Stop

QUESTIONS_MOST = 12          # of one quiz (lab/quiz.h): so many blank answers are typed; the shell ignores the rest
MOST_SHEETS = 1000
SEED_MOST = (1 << 64) - 1
WIDTH = 78
NEW_PAGE = "\f"
GROWS, REFUSED, GROWN = "G", "R", "N"
BITS = {"x86_64": "64", "i386": "32"}


# ---- what is asked for ----

def _number(text, least, most):
    if re.fullmatch(r"[0-9]{1,20}|0x[0-9a-fA-F]{1,16}", text):
        value = int(text, 16 if text.startswith("0x") else 10)
        if least <= value <= most:
            return value
    raise argparse.ArgumentTypeError("'%s' is no number from %d to %d" % (text, least, most))


def _seed(text):
    return _number(text, 0, SEED_MOST)


def _count(text):
    return _number(text, 1, MOST_SHEETS)


def _word(text):
    if not re.fullmatch(r"[!-~]{1,200}", text):
        raise argparse.ArgumentTypeError("'%s' is no name: one word of printable ASCII, at most 200 characters" % text)
    return text


def _parse(words):
    parser = Parser("sheet", "Prints question sheets on where blocks go, one for each seed, and the key to them, all "
                    "from the kernel's own runs.")
    parser.add_argument("scenario", metavar="SCENARIO", type=_word, help="the quiz, for example best-wins")
    parser.add_argument("--seed", metavar="N", type=_seed, default=1, help="of the first sheet (default 1)")
    parser.add_argument("--count", metavar="K", type=_count, default=1, help="sheets: seeds N to N+K-1 (default 1)")
    parser.add_argument("--alloc", metavar="A,B", type=_word,
                        help="ask under these allocators, one after the other (default: the scenario's own)")
    parser.add_argument("--arch", choices=tuple(BITS), default="x86_64", help="which kernel (default x86_64)")
    parser.add_argument("--scenario", metavar="FILE", action="append", default=[], dest="own",
                        help="a scenario of your own, named after FILE up to its first dot; repeatable")
    parser.add_argument("--output", metavar="FILE", help="write the sheets there (default: standard output)")
    parser.add_argument("--key", metavar="FILE", help="write the key there (default: standard output, last)")
    asked = parser.parse_args(words)
    if asked.scenario.startswith("trace:"):
        parser.error("a sheet is made of a scenario or a workload; '%s' has too many holes for letters" % asked.scenario)
    if asked.alloc is not None and "" in asked.alloc.split(","):
        parser.error("--alloc takes names of allocators with a comma between two")
    if asked.seed + asked.count - 1 > SEED_MOST:
        parser.error("the last seed would be %d; the largest is %d" % (asked.seed + asked.count - 1, SEED_MOST))
    if None not in (asked.output, asked.key) and os.path.abspath(asked.output) == os.path.abspath(asked.key):
        parser.error("--output and --key name the same file")
    return asked


# ---- the quizzes ----

class Series:
    """Questions one after the other on one heap, which nothing else touches in between."""

    def __init__(self, first):
        self.first, self.questions = first, []

    def letter(self, hole):
        """The letter of the series for a hole of one of its questions."""
        for known in self.first["holes"]:
            if known["at"] <= hole["at"] < known["at"] + known["size"]:
                return known["letter"]
        return GROWN

    def answer(self, question):
        """The letter of the series that is right."""
        for hole in question["holes"]:
            if hole["letter"] == question["answer"]:
                return self.letter(hole)
        return question["answer"]


class Sheet:
    """The series that one seed makes."""

    def __init__(self, seed, questions):
        self.seed, self.series = seed, []
        for question in questions:
            if not question["continues"]:
                self.series.append(Series(question))
            self.series[-1].questions.append(question)


def _line(asked, seed, alloc):
    return "quiz %s%s quiz=seed:%d" % (asked.scenario, " alloc=" + alloc if alloc else "", seed)


def play(asked):
    """The sheets, all of them from one boot."""
    allocs = asked.alloc.split(",") if asked.alloc is not None else [None]
    seeds = range(asked.seed, asked.seed + asked.count)
    lines = []
    for seed in seeds:
        for alloc in allocs:
            lines += [_line(asked, seed, alloc)] + [""] * QUESTIONS_MOST
    quizzes = _quizzes(typed.records(lines, asked.arch, disc.check([], asked.own)))
    return [_sheet(asked, seed, allocs, quizzes[number * len(allocs):]) for number, seed in enumerate(seeds)]


def _quizzes(records):
    """The questions of each quiz."""
    quizzes, questions = [], []
    for record in records:
        if record["type"] == "quiz":
            questions.append(record)
        elif record["type"] == "score":
            quizzes.append(questions)
            questions = []
    return quizzes


def _sheet(asked, seed, allocs, quizzes):
    """The sheet of the first quizzes, one for each allocator."""
    questions = []
    for alloc, quiz in zip(allocs, quizzes):
        if not quiz:
            raise Stop(BAD_INPUT, "%s asks nothing%s with seed %d: no request of it has two to six holes to choose from"
                       % (asked.scenario, " under " + alloc if alloc else "", seed))
        questions += quiz
    return Sheet(seed, questions)


# ---- on paper ----

def _head(left, right):
    gap = WIDTH - len(left) - len(right)
    return ([left + " " * gap + right] if gap > 0 else [left] + textwrap.wrap(right, WIDTH)) + ["=" * WIDTH, ""]


def _hole(letter, hole):
    return "  %s  %-8s  %12s" % (letter, "0x%04x" % hole["at"], "{:,}".format(hole["size"]))


def _request(question):
    align = " at a multiple of {:,}".format(question["align"]) if "align" in question else ""
    return "{:,} bytes{}, a block of {:,}".format(question["asked"], align, question["block_size"])


def _series_text(series, number):
    """The map, the choice and the requests; `number`: of the first question."""
    last = number + len(series.questions) - 1
    which, whom = "Question %d" % number, "it"
    if last > number:
        which, whom = "Questions %d to %d" % (number, last), "the first of them"
    lines = ["%s, under %s. The heap before %s:" % (which, series.first["alloc"], whom), ""]
    lines += series.first["map"] + ["", "     from             bytes"]
    lines += [_hole(hole["letter"], hole) for hole in series.first["holes"]]
    if list(series.first["order"]) != sorted(series.first["order"]):
        lines.append("     in the order of %s: %s" % (series.first["alloc"], " ".join(series.first["order"])))
    lines += ["  %s  none of them: the heap grows, to %s bytes at most" % (GROWS, "{:,}".format(series.first["limit"])),
              "  %s  none: the request is refused" % REFUSED]
    if last > number:
        lines += ["  %s  a hole in what the heap has grown by before" % GROWN, "",
                  "One request comes after the other, nothing is freed between them, and what is",
                  "left of a hole keeps its letter."]
    for question in series.questions:
        lines += ["", "%4d.  %s" % (number, _request(question)), "       into ____  because " + "_" * 50]
        number += 1
    return lines + [""], number


def sheet_text(asked, sheet):
    """One student's page."""
    lines = _head("Where does each block go?", "%s, sheet %d" % (asked.scenario, sheet.seed))
    lines += ["Name " + "_" * 41 + "  Date " + "_" * 24, "",
              "Sizes are in bytes, offsets hexadecimal from the heap's first byte. A block is",
              "what the allocator makes of a request (header, rounding) in the %s-bit kernel." % BITS[asked.arch], ""]
    number = 1
    for series in sheet.series:
        text, number = _series_text(series, number)
        lines += text
    return "\n".join(lines)


def _answer_text(series, question, number):
    answer = series.answer(question)
    meaning = {GROWS: "the heap grows", REFUSED: "refused"}.get(question["answer"], "")
    lines = ["%4d.  %s:  %s%s" % (number, _request(question), answer, ", " + meaning if meaning else "")]
    lines += ["     %s  %s" % (_hole(series.letter(hole), hole), hole["reason"]) for hole in question["holes"]]
    return lines + [""]


def key_text(asked, sheets):
    """The answers of all sheets, with the kernel's reasons."""
    which = "sheet %d" % sheets[0].seed
    if len(sheets) > 1:
        which = "sheets %d to %d" % (sheets[0].seed, sheets[-1].seed)
    lines = _head("Answer key, %s-bit kernel" % BITS[asked.arch], "%s, %s" % (asked.scenario, which))
    for sheet in sheets:
        number, alloc = 1, None
        for series in sheet.series:
            if series.first["alloc"] != alloc:
                alloc = series.first["alloc"]
                lines += ["Sheet %d, under %s: %s" % (sheet.seed, alloc, series.first["rule"]), ""]
            for question in series.questions:
                lines += _answer_text(series, question, number)
                number += 1
    return "\n".join(lines)


# ---- the command ----

def _write(option, name, text):
    try:
        with open(name, "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise Stop(BAD_INPUT, "%s %s: %s" % (option, name, error.strerror)) from error


def sheet(words):
    """kfit sheet SCENARIO [--seed N] [--count K] [options]"""
    asked = _parse(words)
    made = play(asked)
    pages, key = NEW_PAGE.join(sheet_text(asked, one) for one in made), key_text(asked, made)
    if asked.output is not None:
        _write("--output", asked.output, pages)
    else:
        sys.stdout.write(pages)
    if asked.key is not None:
        _write("--key", asked.key, key)
    else:
        sys.stdout.write((NEW_PAGE if asked.output is None else "") + key)
    return OK
