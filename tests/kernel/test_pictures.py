"""The pictures in README and docs are what kfit pictures draws, and drawn so that everybody can read them."""
import os
import re
import unittest
import xml.etree.ElementTree

from harness import ROOT, KernelTest
from kfitlib import pictures, typed
from kfitlib.status import Stop
from test_command import kfit

SVG = "{http://www.w3.org/2000/svg}"


class Pages(KernelTest):
    def test_every_picture_is_what_the_kernel_says(self):
        asked = pictures.all_asked()
        self.assertGreaterEqual(len(asked), 4)
        for name, picture in asked.items():
            with self.subTest(picture=name):
                self.assertEqual(picture.draw(), picture.shown(), "./kfit pictures --write %s" % name)

    def test_no_picture_is_left_over(self):
        self.assertEqual(sorted(os.listdir(pictures.FOLDER)), sorted(name + ".svg" for name in pictures.all_asked()))

    def test_command(self):
        status, output, errors = kfit("pictures", "split-and-merge")
        self.assertEqual((status, errors, output), (0, "", "docs/pictures/split-and-merge.svg is as it was\n"))
        status, output, errors = kfit("pictures", "nosuch")
        self.assertEqual((status, output, errors.count("\n")), (2, "", 1))
        self.assertIn("split-and-merge", errors)


class Drawing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lines = ["use first-fit heap=4K", "alloc 1000 as a", "alloc 600 as b", "free a", "map",
                 "alloc 4000 as c", "map"]
        cls.rows = pictures.rows_of(typed.records(lines))

    def test_records(self):
        self.assertEqual([row.caption() for row in self.rows],
                         ["first-fit: free a", "first-fit: alloc 4000 as c - REFUSED"])
        self.assertEqual(self.rows[0].extents, [["meta", 0, 8], ["free", 8, 1008], ["used", 1016, 608, "b"],
                                                ["free", 1624, 2464], ["meta", 4088, 8]])
        self.assertEqual(self.rows[0].sum(), "3,472 free in 2 holes, largest 2,464")

    def test_same_records_same_bytes(self):
        text = pictures.svg("T", self.rows)
        self.assertEqual(text, pictures.svg("T", self.rows))
        self.assertTrue(text.isascii())

    def test_to_scale(self):
        root = xml.etree.ElementTree.fromstring(pictures.svg("T", self.rows[:1]))
        boxes = [group.find(SVG + "rect") for group in root.findall(SVG + "g")]
        widths = [float(box.get("width")) for box in boxes]
        for extent, width in zip(self.rows[0].extents, widths):
            self.assertAlmostEqual(width, extent[2] * (pictures.WIDTH - 2 * pictures.EDGE) / 4096, delta=0.06)
        self.assertEqual([box.get("class") for box in boxes], ["meta", "free", "used", "free", "meta"])

    def test_for_those_who_do_not_see_it(self):
        root = xml.etree.ElementTree.fromstring(pictures.svg("A & <title>", self.rows))
        self.assertEqual(root.get("role"), "img")
        self.assertEqual(root.find(SVG + "title").text, "A & <title>")
        self.assertEqual([root.find(SVG + "title").get("id"), root.find(SVG + "desc").get("id")],
                         root.get("aria-labelledby").split())
        self.assertIn("hole 1,008, b 608, hole 2,464", root.find(SVG + "desc").text)
        self.assertIn("REFUSED", root.find(SVG + "desc").text)

    def test_without_colour(self):
        """Each kind has an outline, a hatching or a darkness of its own."""
        looks = [re.search(r"\.%s \{ (.*?) \}" % kind, pictures.STYLE).group(1) for kind in pictures.KINDS]
        self.assertEqual(len(set(looks)), len(pictures.KINDS))
        self.assertIn("url(#used)", looks[0])
        self.assertIn("dasharray", looks[1])

    def test_too_many_blocks(self):
        with self.assertRaises(Stop):
            pictures.rows_of([{"type": "heap", "alloc": "x", "heap": 1, "extents": [], "extents_left_out": 1}])


class Asking(KernelTest):
    def page(self, text):
        path = os.path.join(self.folder(), "page.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def link(self, page, name):
        return os.path.relpath(os.path.join(ROOT, "docs", "pictures", name + ".svg"), os.path.dirname(page))

    def asked(self, lines):
        page = self.page("")
        with open(page, "w", encoding="utf-8") as file:
            file.write("<!-- picture: x: %s -->\n![T](%s)\n" % (lines, self.link(page, "x")))
        return pictures.asked_in(page)[0]

    def test_lines(self):
        self.assertEqual(self.asked("use first-fit\n   heap=4K ; map").lines, ["use first-fit heap=4K", "map"])

    def test_faults_are_named(self):
        for text in ("<!-- picture: x: map -->\n", "<!-- picture: X: map -->\n![T](a)\n",
                     "<!-- picture: x: map -->\n![T](elsewhere.svg)\n"):
            with self.subTest(text=text), self.assertRaises(Stop) as caught:
                pictures.asked_in(self.page(text))
            self.assertEqual(caught.exception.status, 2)
        for lines, said in (("use first-fit", "map"), ("use nosuch-fit; map", "nosuch-fit")):
            with self.subTest(lines=lines), self.assertRaises(Stop) as caught:
                self.asked(lines).draw()
            self.assertEqual(caught.exception.status, 2)
            self.assertIn("picture x", caught.exception.message)
            self.assertIn(said, caught.exception.message)


if __name__ == "__main__":
    unittest.main(verbosity=2)
