"""kfit preload as a person and scripts use it: arguments, statuses, signals, the table and the file of statistics."""
import os
import re
import signal
import subprocess
import time
import unittest

from preload_harness import ROOT, PreloadTest, fields, highest_level, policies

KFIT = os.path.join(ROOT, "kfit")


def kfit(*words, stdin=b"", **environment):
    """Runs the command; returns (status, standard output, standard error)."""
    done = subprocess.run([KFIT, "preload", *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, **environment), timeout=300, check=False)
    return done.returncode, done.stdout.decode("ascii"), done.stderr.decode("ascii")


class Arguments(PreloadTest):
    def test_refused(self):
        too_high = str(highest_level() + 1)
        cases = (
            (["first-fti", "--", "true"], "no allocator 'first-fti': did you mean first-fit? There are bump, "),
            (["nosuch", "--", "true"], "no allocator 'nosuch'; there are bump, "),
            (["first-fit:gorw=4K", "--", "true"], "'gorw=4K': did you mean grow=?"),
            (["first-fit:grow=5K", "--", "true"], "'grow=5K': grow is a multiple of 4096"),
            (["first-fit", "--harden", too_high, "--", "true"], "harden '%s': a number from 0 to" % too_high),
            (["first-fit", "--harden", "x", "--", "true"], "harden 'x'"),
            (["first-fit", "--heap", "12Q", "--", "true"], "heap '12Q': a number from 1048576"),
            (["first-fit", "--heap", "4K", "--", "true"], "heap '4K': a number from 1048576"),
            (["first-fit", "--stats", "/nonexistent/file", "--", "true"], "No such file"),
            (["a" * 300, "--", "true"], "longer than 240"),
            (["first-fit"], "the program is missing"), (["first-fit", "--"], "the program is missing"),
            (["--", "true"], "ALLOC"), (["first-fit", "true", "--", "true"], "true"),
            (["first-fit", "--nosuch", "--", "true"], "--nosuch"),
        )
        for words, said in cases:
            with self.subTest(words=words):
                status, output, errors = kfit(*words)
                self.assertEqual((status, output, errors.count("\n")), (2, "", 1), errors)
                self.assertIn(said, errors)

    def test_every_allocator(self):
        for alloc in policies():
            with self.subTest(alloc=alloc):
                status, output, errors = kfit(alloc, "--harden", "1", "--heap", "64M", "--", "echo", "a", "--", "b")
                self.assertEqual((status, output), (0, "a -- b\n"), errors)
                self.assertRegex(errors, r"(?m)^echo +\d+ .* ok$")

    def test_help(self):
        status, output, errors = kfit("--help")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("--harden", output)

    def test_settings_are_not_inherited(self):
        status, _, errors = kfit("first-fit", "--", "echo", KFIT_PRELOAD_HARDEN="99", KFIT_PRELOAD_ALLOC="nosuch")
        self.assertEqual(status, 0, errors)


class Endings(PreloadTest):
    def test_status_of_the_program(self):
        for command, expected in ((["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -KILL $$"], 137), (["false"], 1),
                                  (["no-such-program"], 127), (["/etc/passwd"], 126)):
            with self.subTest(command=command):
                self.assertEqual(kfit("first-fit", "--", *command)[0], expected)

    def test_misuse(self):
        status, _, errors = kfit("best-fit", "--", self.program("misuse"), "twice")
        self.assertEqual(status, 134, errors)
        self.assertRegex(errors, r"^HEAP: double free at 0x[0-9a-f]+ \((block 0x[0-9a-f]+ size [0-9]+, )?allocator best-fit, op #\d+\)\n")
        self.assertRegex(errors, r"(?m)^misuse .* double free$")

    def test_damage(self):
        status, output, errors = kfit("best-fit", "--", self.program("misuse"), "overflow")
        self.assertEqual((status, output), (4, "a line\n"), errors)
        self.assertRegex(errors, r"(?m)^misuse .* corrupted block header$")

    def test_input_and_output_are_the_programs(self):
        self.assertEqual(kfit("first-fit", "--", "cat", stdin=b"through\n")[:2], (0, "through\n"))

    def test_other_descriptors_are_the_programs(self):
        script = "exec 5> %s/out; %s preload first-fit -- sh -c 'echo five >&5'" % (self.programs, KFIT)
        subprocess.run(["bash", "-c", script], stderr=subprocess.DEVNULL, check=True)
        with open(os.path.join(self.programs, "out"), encoding="ascii") as said:
            self.assertEqual(said.read(), "five\n")

    def test_signals_reach_the_program(self):
        script = "trap 'echo told; exit 9' TERM; echo ready; while :; do sleep 0.1; done"
        with subprocess.Popen([KFIT, "preload", "first-fit", "--", "bash", "-c", script], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as command:
            self.assertEqual(command.stdout.readline(), b"ready\n")
            command.send_signal(signal.SIGTERM)
            self.assertEqual(command.stdout.read(), b"told\n")
            self.assertEqual(command.wait(60), 9)

    def test_interrupted_from_the_terminal(self):
        """Ctrl-C goes to both; what becomes of it is the program's business."""
        script = "trap 'echo told; exit 9' INT; echo ready; while :; do sleep 0.1; done"
        with subprocess.Popen([KFIT, "preload", "first-fit", "--", "bash", "-c", script], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, start_new_session=True) as command:
            self.assertEqual(command.stdout.readline(), b"ready\n")
            time.sleep(0.2)
            os.killpg(command.pid, signal.SIGINT)
            self.assertEqual(command.wait(60), 9)


class Statistics(PreloadTest):
    def test_table(self):
        _, output, errors = kfit("first-fit", "--", self.program("recycle"))
        self.assertEqual(output, "")
        self.assertRegex(errors, r"^\nfirst-fit, harden 1: the heap of each process as it ended, in bytes\n"
                                 r"program  +pid +calls  used peak   heap  holes  largest hole  ext_frag %  check\n"
                                 r"recycle +\d+  200,000         80  4,096      1         4,080         0\.0  ok\n$")

    def test_table_of_many_processes(self):
        script = "for i in $(seq 30); do /bin/true; done; echo done"
        errors = kfit("first-fit", "--", "bash", "-c", script)[2]
        self.assertEqual(len(re.findall(r"(?m)^(?:true|bash|seq) ", errors)), 20, errors)
        self.assertRegex(errors, r"and \d+ with smaller heaps; --stats FILE takes down all of them\n$")
        self.assertIn("\nbash ", errors)      # the largest

    def test_file_is_added_to(self):
        told = os.path.join(self.folder(), "told")
        for count in (1, 2):
            status, _, errors = kfit("first-fit", "--stats", told, "--", self.program("recycle"))
            self.assertEqual((status, errors), (0, ""))
            with open(told, encoding="ascii") as lines:
                self.assertEqual([fields(line.rstrip())["program"] for line in lines], ["recycle"] * count)

    def test_file_is_found_from_elsewhere(self):
        folder = self.folder()
        script = "cd %s && %s preload first-fit --stats told -- bash -c 'cd /; exit 0'" % (folder, KFIT)
        subprocess.run(["bash", "-c", script], check=True)
        self.assertTrue(os.path.getsize(os.path.join(folder, "told")))

    def test_nothing_told(self):
        status, _, errors = kfit("first-fit", "--", "sh", "-c", "kill -KILL $$")
        self.assertEqual(status, 137)
        self.assertIn("kfit: no process has told its statistics", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
