"""Question sheets and their key, made by kfit sheet: to the letter at both widths, the same from one seed, and right.

    KFIT_GOLDEN=update ctest -R kernel/sheet       writes tests/kernel/golden/ anew
"""
import json
import os
import time
import unittest

from harness import ROOT, KernelTest
from kfitlib import sheets
from kfitlib.status import Stop
from test_command import kfit

GOLDEN = os.path.join(ROOT, "tests", "kernel", "golden")


class Golden(KernelTest):
    def expect_golden(self, name, text):
        path = os.path.join(GOLDEN, name)
        if os.environ.get("KFIT_GOLDEN") == "update":
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        with open(path, encoding="ascii") as file:
            self.assertEqual(text, file.read(), path)

    def test_to_the_letter(self):
        for arch, bits in sheets.BITS.items():
            with self.subTest(arch=arch):
                status, output, errors = kfit("sheet", "best-wins", "--seed", "3", "--count", "2", "--arch", arch,
                                              "--alloc", "first-fit,best-fit")
                self.assertEqual((status, errors), (0, ""))
                self.expect_golden("sheet-%s.txt" % bits, output)


class Paper(KernelTest):
    def sheet(self, *words):
        status, output, errors = kfit("sheet", *words)
        self.assertEqual((status, errors), (0, ""))
        return output

    def test_one_seed_is_one_sheet(self):
        first = self.sheet("best-wins", "--seed", "7", "--count", "2").split(sheets.NEW_PAGE)
        self.assertEqual(len(first), 3)
        again = self.sheet("best-wins", "--seed", "8").split(sheets.NEW_PAGE)
        self.assertEqual(first[1], again[0])
        requests = [[line for line in page.splitlines() if "a block of" in line] for page in first[:2]]
        self.assertGreaterEqual(len(requests[0]), 2)
        self.assertNotEqual(requests[0], requests[1])

    def test_a_scenario_of_ones_own(self):
        path = os.path.join(self.folder(), "mine.kfit")
        with open(path, "w", encoding="ascii") as file:
            file.write("title mine\nuse best-fit heap=4K\nalloc 500 as a\nalloc 40\nalloc 300 as b\nalloc 40\n"
                       "free a\nfree b\nask\nalloc 200\n")
        text = self.sheet("mine", "--scenario", path)
        self.assertIn("mine, sheet 1", text)
        self.assertIn("Question 1, under best-fit.", text)
        self.assertNotIn("Question 2", text)

    def test_the_list_is_shown_where_it_is_not_by_address(self):
        self.assertIn("     in the order of first-fit: ", self.sheet("list-order"))
        self.assertNotIn("in the order of", self.sheet("best-wins"))

    def test_files_hold_what_is_printed_otherwise(self):
        folder = self.folder()
        names = [os.path.join(folder, name) for name in ("sheets", "key")]
        printed = self.sheet("first-wins", "--count", "2")
        self.assertEqual(self.sheet("first-wins", "--count", "2", "--output", names[0], "--key", names[1]), "")
        texts = []
        for name in names:
            with open(name, encoding="ascii", newline="") as file:
                texts.append(file.read())
        self.assertEqual(texts[0] + sheets.NEW_PAGE + texts[1], printed)
        self.assertEqual(self.sheet("first-wins", "--count", "2", "--output", names[0]), texts[1])

    def test_fits_the_page_and_does_not_tell(self):
        output = self.sheet("churn:ops=200:live=6", "--alloc", "first-fit,tlsf", "--seed", "0x10")
        self.assertLessEqual(max(len(line) for line in output.splitlines()), sheets.WIDTH)
        page, key = output.split(sheets.NEW_PAGE)
        for word in ("taken", "too small", "left over", "looked at"):
            self.assertNotIn(word, page)
            self.assertIn(word, key)

    def test_a_class_of_thirty(self):
        begun = time.monotonic()
        output = self.sheet("best-wins", "--count", "30")
        self.assertEqual(output.count(sheets.NEW_PAGE), 30)
        self.assertLess(time.monotonic() - begun, 60)

    def test_refused(self):
        cases = (
            (["nosuch"], "nosuch"), (["trace:sqlite"], "a scenario or a workload"),
            (["best-wins", "--count", "0"], "--count"), (["best-wins", "--count", "1001"], "1001"),
            (["crowd"], "asks nothing"), (["churn:ops=60:live=6", "--alloc", "bump"], "asks nothing under bump"),
            (["best-wins", "--alloc", "best-fti"], "best-fit"), (["best-wins", "--alloc", "best-fit,"], "comma"),
            (["best-wins", "--seed", "-1"], "-1"), (["best-wins", "--seed", str(1 << 64)], str(1 << 64)),
            (["best-wins", "--seed", str((1 << 64) - 1), "--count", "2"], "largest"), (["best wins"], "best wins"),
            (["best-wins", "--output", "a", "--key", "./a"], "same file"), ([], "SCENARIO"),
            (["best-wins", "--key", "/nonexistent/key", "--output", "/dev/null"], "/nonexistent/key"),
        )
        for words, said in cases:
            with self.subTest(words=words):
                status, output, errors = kfit("sheet", *words)
                self.assertEqual((status, output, errors.count("\n")), (2, "", 1), errors)
                self.assertIn(said, errors)


class Answers(unittest.TestCase):
    """The key, against the rules as a person would apply them."""

    RULES = {
        "first-fit": lambda large: min(large, key=lambda hole: hole["at"]),
        "best-fit": lambda large: min(large, key=lambda hole: (hole["size"], hole["at"])),
        "worst-fit": lambda large: min(large, key=lambda hole: (-hole["size"], hole["at"])),
    }

    def test_by_the_rules(self):
        asked = sheets._parse(["first-wins", "--count", "10", "--alloc", ",".join(self.RULES)])
        answers = set()
        for sheet in sheets.play(asked):
            for question in (question for series in sheet.series for question in series.questions):
                large = [hole for hole in question["holes"] if hole["size"] >= question["block_size"]]
                wanted = self.RULES[question["alloc"]](large)["letter"] if large else None
                with self.subTest(seed=sheet.seed, question=question["question"]):
                    self.assertEqual(question["answer"] if question["answer"] not in "GR" else None, wanted,
                                     json.dumps(question))
                answers.add(question["answer"])
                for hole in question["holes"]:
                    self.check_verdict(question, hole)
        self.assertGreaterEqual(len(answers), 4)

    def check_verdict(self, question, hole):
        is_small = hole["size"] < question["block_size"]
        self.assertEqual(hole["verdict"] == "too_small", is_small)
        self.assertEqual(hole["verdict"] == "taken", hole["letter"] == question["answer"])
        missing = hole.get("missing", -hole.get("left_over", 0))
        self.assertEqual(missing, question["block_size"] - hole["size"])

    def test_letters_of_a_series(self):
        def question(number, holes, answer):
            return {"question": number, "continues": number > 1, "answer": answer,
                    "holes": [{"letter": "ABCDEF"[i], "at": at, "size": size} for i, (at, size) in enumerate(holes)]}
        sheet = sheets.Sheet(1, [question(1, [(0, 100), (200, 50)], "B"), question(2, [(0, 100), (230, 20)], "A"),
                                 question(3, [(60, 40), (400, 80)], "B"), question(4, [(60, 40), (400, 80)], "G")])
        self.assertEqual(len(sheet.series), 1)
        series = sheet.series[0]
        self.assertEqual([series.answer(one) for one in series.questions], ["B", "A", sheets.GROWN, "G"])
        self.assertEqual([series.letter(hole) for hole in series.questions[1]["holes"]], ["A", "B"])

    def test_a_change_between_begins_a_new_series(self):
        holes = [{"letter": "A", "at": 0, "size": 100}]
        sheet = sheets.Sheet(1, [{"continues": False, "holes": holes}, {"continues": True, "holes": holes},
                                 {"continues": False, "holes": holes}])
        self.assertEqual([len(series.questions) for series in sheet.series], [2, 1])

    def test_bad_words(self):
        for words in (["a\tb"], ["a", "--alloc", "x y"], ["a", "--seed", "1K"]):
            with self.assertRaises(Stop):
                sheets._parse(words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
