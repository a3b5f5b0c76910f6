"""The programs and packages kfit needs: ci/dependencies, read and looked for."""
import glob
import os
import re
import shutil
import subprocess

from . import places
from .status import NO_TOOL, Stop


class Tool:
    """One line of ci/dependencies."""

    def __init__(self, line):
        self.group, self.probe, self.oldest, self.package, self.why = [word.strip() for word in line.split("|", 4)]
        self.name = self.package if self.probe.startswith("/") else self.probe

    @property
    def install(self):
        """The command that brings it."""
        before = "dpkg --add-architecture i386; " if self.package.endswith(":i386") else ""
        return before + "apt-get install " + self.package

    def is_there(self):
        if self.probe.startswith("/"):
            return bool(glob.glob(self.probe))
        return shutil.which(self.probe) is not None

    def fault(self):
        """What is wrong with it: an empty string if nothing is. Runs a command to see that it works."""
        if not self.is_there():
            return "missing"
        if self.probe.startswith("/"):
            return ""
        try:
            said = subprocess.run([self.probe, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return "does not run (%s)" % error
        if said.returncode != 0:
            return "does not run (status %d)" % said.returncode
        return self._age(said.stdout.decode("ascii", "replace"))

    def _age(self, version_text):
        if self.oldest == "-":
            return ""
        found = re.search(r"\d+(\.\d+)+", version_text)
        if found and _numbers(found.group()) < _numbers(self.oldest):
            return "is %s; %s or newer is needed" % (found.group(), self.oldest)
        return ""


def _numbers(version):
    return [int(part) for part in version.split(".")]


def all_tools():
    """Every tool of ci/dependencies, in its order."""
    with open(os.path.join(places.CI, "dependencies"), encoding="ascii") as lines:
        return [Tool(line) for line in lines if line.strip() and not line.startswith("#")]


def need(*groups):
    """Stops with status 8 if a tool of these groups is missing: names it, why it is needed, and how to get it."""
    missing = [tool for tool in all_tools() if tool.group in groups and not tool.is_there()]
    if missing:
        lines = ["%s is missing (%s): %s" % (tool.name, tool.why, tool.install) for tool in missing]
        lines.append("to install all that kfit needs: ci/install-deps; to see it: ./kfit doctor")
        raise Stop(NO_TOOL, "\n".join(lines))


def install(*groups):
    """Installs what these groups lack; ci/install-deps says what it is about to do."""
    if all(tool.is_there() for tool in all_tools() if tool.group in groups):
        return
    done = subprocess.run([os.path.join(places.CI, "install-deps"), *groups], check=False)
    if done.returncode != 0:
        raise Stop(NO_TOOL, "the packages above could not be installed; ./kfit doctor names what is missing")


def nearest(word, names):
    """` Did you mean ...?` for a mistyped name, or an empty string."""
    import difflib
    close = difflib.get_close_matches(word, names, 1, 0.5)
    return " Did you mean '%s'?" % close[0] if close else ""
