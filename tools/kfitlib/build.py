"""Makes the build that kfit runs: configures once, builds when something has changed, quietly unless it fails."""
import fcntl
import os
import shutil
import subprocess

from . import places
from .status import FAILED, Stop
from .terminal import Progress


class Build:
    """A build tree that is up to date."""

    def __init__(self, tree):
        self.tree = tree
        self.iso = os.path.join(tree, "kfit.iso")
        self.iso_tree = os.path.join(tree, "iso")

    def kernel(self, arch):
        """The kernel with its symbols."""
        return os.path.join(self.tree, "kernel-%s.elf" % arch)

    def grub_modules(self):
        with open(os.path.join(self.tree, "generated", "grub_modules.txt"), encoding="ascii") as words:
            return words.read()


def current(preset=None, target="iso"):
    """The build tree, brought up to date. Without a preset: the full one if it is configured, else the kernels'."""
    if preset is None:
        preset = "default" if _is_configured(places.TREES["default"]) else "kernel"
    tree = places.TREES.get(preset) or os.path.join(places.ROOT, "build-" + preset)
    try:
        os.makedirs(tree, exist_ok=True)
        lock = open(os.path.join(tree, ".kfit-lock"), "w", encoding="ascii")
    except OSError as error:
        raise Stop(FAILED, "cannot build in %s: %s" % (tree, error.strerror)) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_configured(tree):
            _forget(tree)
            _quietly(["cmake", "--preset", preset], tree, "configuring")
        _quietly(["ninja", "-C", tree, target], tree, "building")
    return Build(tree)


def _is_configured(tree):
    """Whether the tree was configured, and for this checkout: a copied checkout brings another one's cache along."""
    try:
        with open(os.path.join(tree, "CMakeCache.txt"), encoding="utf-8", errors="replace") as cache:
            ours = any(line.rstrip("\n") == "CMAKE_HOME_DIRECTORY:INTERNAL=" + places.ROOT for line in cache)
    except OSError:
        return False
    return ours and os.path.exists(os.path.join(tree, "build.ninja"))


def _forget(tree):
    """Removes the configuration of a tree, if it has one."""
    shutil.rmtree(os.path.join(tree, "CMakeFiles"), ignore_errors=True)
    for name in ("CMakeCache.txt", "build.ninja"):
        if os.path.exists(os.path.join(tree, name)):
            os.remove(os.path.join(tree, name))


def _quietly(command, tree, what):
    """Runs a step of the build with its output in a log, whose end is shown if the step fails."""
    log_name = os.path.join(tree, "kfit-%s.log" % what)
    progress = Progress()
    with open(log_name, "wb") as log:
        step = subprocess.Popen(command, cwd=places.ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while progress.wanted and _still_runs(step):
                progress.tell(what + " " + _last_line(log_name))
            step.wait()
        except BaseException:
            step.terminate()
            step.wait()
            raise
        finally:
            progress.clear()
    if step.returncode != 0:
        with open(log_name, encoding="utf-8", errors="replace") as lines:
            end = "".join(lines.readlines()[-40:]).rstrip()
        raise Stop(FAILED, "%s failed; the end of %s:\n%s" % (what, log_name, end))


def _still_runs(step):
    try:
        step.wait(0.25)
    except subprocess.TimeoutExpired:
        return True
    return False


def _last_line(name):
    with open(name, "rb") as log:
        log.seek(max(0, os.path.getsize(name) - 400))
        lines = log.read().decode("utf-8", "replace").split()
    return next((word for word in reversed(lines) if word.startswith("[") and word.endswith("]")), "")
