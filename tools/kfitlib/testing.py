"""kfit test: installs what is missing, builds everything, and runs the tests."""
import os
import re
import subprocess
import sys

from . import build, places, tools
from .options import Parser
from .status import BAD_INPUT, FAILED, OK, Stop


def test(words):
    """kfit test [--deep] [PATTERN]"""
    parser = Parser("test", "Builds everything and runs the tests.")
    parser.add_argument("--deep", action="store_true", help="run the long tests, too")
    parser.add_argument("pattern", nargs="?", metavar="PATTERN", help="only tests whose name matches")
    asked = parser.parse_args(words)
    tools.install("build", "iso", "run", "uefi", "debug", "host", "test")
    tree = build.current("default", "all").tree
    command = ["ctest", "--test-dir", tree, "--output-on-failure", "-j2"]
    command += ["-R", asked.pattern] if asked.pattern else []
    command += [] if asked.deep else ["-LE", "deep"]
    _refuse_empty(command, asked.pattern)
    if asked.deep:
        os.environ["KFIT_DEEP"] = "1"
    return _run(command)


def _refuse_empty(command, pattern):
    """Stops if no test is chosen: nothing tested is no success."""
    listed = subprocess.run(command + ["-N"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if listed.returncode != 0:
        raise Stop(BAD_INPUT, "ctest refuses '%s': %s" % (pattern, listed.stderr.decode("utf-8", "replace").strip()))
    if re.search(rb"^Total Tests: 0$", listed.stdout, re.MULTILINE):
        raise Stop(BAD_INPUT, "no test matches '%s'" % pattern if pattern else "there are no tests")


def _run(command):
    """Passes ctest's output on, and says its closing line once more at the very end."""
    closing = ""
    with subprocess.Popen(command, cwd=places.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as ctest:
        for line in ctest.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            if re.match(rb"\d+% tests passed, ", line):
                closing = line.decode("ascii", "replace")
    print(closing.rstrip() or "ctest ended without a result", flush=True)
    return OK if ctest.returncode == 0 and closing.startswith("100%") else FAILED
