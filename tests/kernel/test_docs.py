"""Every console session in docs/ and README.md prints what the page shows. See docs_sessions.py for the rules."""
import os
import unittest

import docs_sessions
from harness import KernelTest


class Sessions(KernelTest):
    def test_every_session(self):
        for page in docs_sessions.pages():
            if os.environ.get("KFIT_DOCS") == "update":
                docs_sessions.update(page)
            for session in docs_sessions.sessions(page)[1]:
                with self.subTest(session=session.name):
                    printed = session.run()
                    wrong = docs_sessions.difference(session.shown(), printed, session.any_numbers)
                    if wrong:
                        self.fail("%s: %s\n%s" % (session.name, wrong, "\n".join(printed)))


class Comparing(unittest.TestCase):
    """The comparison itself."""

    def test_same_and_different(self):
        self.assertIsNone(docs_sessions.difference(["a", "b"], ["a", "b"]))
        self.assertIsNotNone(docs_sessions.difference(["a", "b"], ["a"]))
        self.assertIsNotNone(docs_sessions.difference(["a"], ["a", "b"]))
        self.assertIsNotNone(docs_sessions.difference(["a 1"], ["a 2"]))

    def test_dots_stand_for_lines(self):
        self.assertIsNone(docs_sessions.difference(["a", "...", "z"], ["a", "b", "c", "z"]))
        self.assertIsNone(docs_sessions.difference(["a", "..."], ["a"]))
        self.assertIsNotNone(docs_sessions.difference(["a", "...", "z"], ["a", "b"]))

    def test_refreshing_between_dots(self):
        shown = ["...", "b 1", "c 2", "...", "z 3", "..."]
        printed = ["a 0", "b 7", "c 8", "d 9", "z 9", "y"]
        self.assertEqual(docs_sessions._refresh(shown, printed), ["...", "b 7", "c 8", "...", "z 9", "..."])

    def test_any_numbers(self):
        self.assertIsNone(docs_sessions.difference(["at 0x1f  12 free"], ["at 0xffe 7 free"], True))
        self.assertIsNotNone(docs_sessions.difference(["at 0x1f 12 free"], ["at 0x1f 12 used"], True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
