"""The tables in README and docs are those that kfit tables makes, as far as a short run can tell: the program that is replayed
fastest, and every allocator and option there is."""
import os
import re
import unittest

from harness import ROOT, KernelTest, boot, policies

from kfitlib import tables


def columns(table):
    """{allocator: {head: cell}} of a Markdown table."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return {row[0].strip("`"): dict(zip(lines[0], row)) for row in lines[2:]}


class Pages(KernelTest):
    def tables_of(self, name):
        """All copies of a table in the pages."""
        found = []
        for page in tables.pages():
            with open(page, encoding="utf-8") as file:
                found += [columns(match.group(3)) for match in tables.TABLE.finditer(file.read()) if match.group(2) == name]
        self.assertTrue(found, name)
        return found

    def test_each_table_stands_in_a_page_with_every_allocator(self):
        for name in tables.TABLES:
            for table in self.tables_of(name):
                with self.subTest(table=name):
                    self.assertEqual(list(table), policies())

    def test_figures_of_sqlite(self):
        records = {record["alloc"]: record for record in
                   self.expect(boot("compare=all run=trace:sqlite out=json then=exit"), 0).of_type("result")}
        for table in self.tables_of("heap"):
            shown = {name: int(re.sub("[*,]", "", row["sqlite"])) for name, row in table.items()}
            self.assertEqual(shown, {name: (record["heap"] + 512) // 1024 for name, record in records.items()})
        for table in self.tables_of("holes"):
            for name, row in table.items():
                if row["sqlite"] != "-":
                    self.assertEqual(row["sqlite"].strip("*"), str(records[name]["ext_frag"] / 10), name)

    def test_a_page_is_rewritten_between_its_marks(self):
        page = os.path.join(self.folder(), "page.md")
        with open(page, "w", encoding="utf-8") as file:
            file.write("a\n<!-- table: heap -->\nold\n<!-- end of table -->\nb\n<!-- table: holes -->\nkept\n<!-- end of table -->\n")

        class Results:
            """Two allocators, alike but for their heaps."""
            def of(self, _):
                return {"one": {"heap": 2048}, "two": {"heap": 1 << 20}}
        self.assertTrue(tables.rewrite(page, Results(), ["heap"]))
        self.assertFalse(tables.rewrite(page, Results(), ["heap"]))
        with open(page, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("| `one` |" + " **2** |" * 5 + "\n| `two` |" + " 1,024 |" * 5 + "\n<!-- end of table -->\nb\n", text)
        self.assertIn("kept\n", text)
        self.assertNotIn("old", text)


class Reference(unittest.TestCase):
    def test_every_option_of_an_allocator_is_told(self):
        outcome = boot("", keys="".join("allocators %s\n" % name for name in policies()) + "exit\n")
        with open(os.path.join(ROOT, "docs", "reference.md"), encoding="utf-8") as file:
            reference = file.read()
        options = set(re.findall(r"^ +:([a-z]+)=", outcome.text.replace("\r", ""), re.MULTILINE))
        self.assertGreaterEqual(options, {"grow", "order", "merge", "split", "min", "sl"})
        for option in options:
            self.assertIn("| `%s` |" % option, reference)


if __name__ == "__main__":
    unittest.main()
