"""Every console session in docs/ and README.md prints what the page shows. See docs_sessions.py for the rules."""
import os
import subprocess
import tempfile
import unittest

import docs_sessions
from harness import ROOT, KernelTest


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


class Commands(KernelTest):
    """Every block marked `sh` runs through, command by command, in a folder where the checkout's files are at hand."""

    def test_every_block(self):
        for page in docs_sessions.pages():
            for name, script in docs_sessions.scripts(page):
                with self.subTest(block=name), tempfile.TemporaryDirectory() as folder:
                    for entry in os.listdir(ROOT):
                        os.symlink(os.path.join(ROOT, entry), os.path.join(folder, entry))
                    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, timeout=600,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                          check=False)
                    self.assertEqual(done.returncode, 0, "%s\n%s" % (name, done.stdout.decode("utf-8", "replace")))


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
