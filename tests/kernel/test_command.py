"""The kfit command as scripts use it: arguments, standard input and output, records, traces, statuses."""
import json
import os
import pty
import select
import signal
import subprocess
import time
import unittest

from harness import ROOT, KernelTest

KFIT = os.path.join(ROOT, "kfit")


def kfit(*words, stdin=b"", timeout=300):
    """Runs the command; returns (status, standard output, standard error)."""
    done = subprocess.run([KFIT, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
                          timeout=timeout, check=False)
    return done.returncode, done.stdout.decode("ascii"), done.stderr.decode("ascii", "replace")


class Arguments(KernelTest):
    def test_refused(self):
        trace = os.path.join(self.folder(), "a trace.gz")
        with open(trace, "wb") as file:
            file.write(b"\x1f\x8bnot really")
        cases = (
            (["rnu"], "run"), (["run", "--arch", "arm"], "arm"), (["run", "--memory", "12Q"], "12Q"),
            (["run", "--timeout", "0"], "0"), (["run", "--nosuch"], "--nosuch"), (["run", "a\nb"], "printable"),
            (["run", "--trace", "/nonexistent"], "No such file"), (["run", "--trace", ROOT], "/"),
            (["run", "--trace", trace], "letters"), (["run", "--scenario", "/nonexistent"], "No such file"),
            (["menu", "--scenario", ROOT], "/"), (["run", "--scenario", trace], "letters"), (["run", "--json", "/nonexistent/file"], "No such file"),
            (["compare", "sqltie"], "sqlite"), (["compare"], "TRACE"), (["menu", "surplus"], "surplus"),
            (["demo", "--arch", "i386"], "--arch"), (["doctor", "surplus"], "surplus"), ([], "usage"),
        )
        for words, said in cases:
            with self.subTest(words=words):
                status, output, errors = kfit(*words)
                self.assertEqual((status, output), (2, ""), errors)
                self.assertIn(said, errors)

    def test_one_line_for_an_error(self):
        status, _, errors = kfit("run", "--arch", "arm")
        self.assertEqual((status, errors.count("\n")), (2, 1), errors)

    def test_damaged_gzip(self):
        trace = os.path.join(self.folder(), "cut.trace.gz")
        with open(os.path.join(ROOT, "traces", "sqlite.trace.gz"), "rb") as whole, open(trace, "wb") as cut:
            cut.write(whole.read(5000))
        status, _, errors = kfit("run", "--trace", trace, "run=trace:cut then=exit")
        self.assertEqual(status, 2, errors)
        self.assertIn("damaged gzip", errors)

    def test_help(self):
        for words in (["help"], ["--help"], ["run", "--help"]):
            status, output, errors = kfit(*words)
            self.assertEqual((status, errors), (0, ""))
            self.assertIn("kfit", output)


class Streams(KernelTest):
    def test_plain_output(self):
        status, output, errors = kfit("run", "alloc=best-fit run=trace:sqlite then=exit")
        self.assertEqual((status, errors), (0, ""), output)
        self.assertTrue(output.startswith("kfit "), output)
        self.assertNotIn("\r", output)
        self.assertNotIn("\x1b", output)
        self.assertLessEqual(max(len(line) for line in output.splitlines()), 100)

    def test_shell_ends_with_the_input(self):
        self.assertEqual(kfit("run")[0], 0)
        status, output, errors = kfit("run", stdin=b"help\nhelp")
        self.assertEqual(status, 0, output + errors)
        self.assertGreaterEqual(output.count("help"), 2)

    def test_long_input_is_not_lost(self):
        lines = 1000
        status, output, _ = kfit("run", stdin=b"".join(b"nosuch%d\n" % number for number in range(lines)))
        self.assertIn(status, (0, 2))
        for number in range(lines):
            self.assertIn("nosuch%d" % number, output)

    def test_input_is_left_alone_with_then_exit(self):
        script = 'while read line; do echo "line $line"; %s run "run=none then=exit" > /dev/null; done' % KFIT
        done = subprocess.run(["sh", "-c", script], input=b"1\n2\n3\n", stdout=subprocess.PIPE, check=True, timeout=300)
        self.assertEqual(done.stdout, b"line 1\nline 2\nline 3\n")

    def test_error_is_repeated_once_on_standard_error(self):
        for out in ("text", "json", "both"):
            with self.subTest(out=out):
                status, _, errors = kfit("run", "aloc=first-fit out=%s then=exit" % out)
                self.assertEqual((status, errors.count("\n")), (2, 1), errors)
                self.assertIn("aloc", errors)


class Records(KernelTest):
    def test_file(self):
        path = os.path.join(self.folder(), "records")
        status, output, errors = kfit("run", "--json", path, "alloc=best-fit run=trace:sqlite then=exit")
        self.assertEqual(status, 0, output + errors)
        self.assertNotIn("@kfit", output)
        with open(path, encoding="ascii") as lines:
            records = [json.loads(line) for line in lines]
        self.assertEqual([record["type"] for record in records], ["boot", "result", "end"])
        self.assertEqual({record["schema"] for record in records}, {"kfit/1"})

    def test_standard_output_instead_of_the_text(self):
        status, output, errors = kfit("run", "--json", "-", "run=none then=exit")
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual([json.loads(line)["type"] for line in output.splitlines()], ["boot", "end"])

    def test_text_beside_the_records(self):
        path = os.path.join(self.folder(), "records")
        status, output, errors = kfit("run", "--json", path, "alloc=best-fit run=trace:sqlite out=both then=exit")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("best-fit", output)
        self.assertNotIn("@kfit", output)


class Traces(KernelTest):
    def trace(self, name, text):
        path = os.path.join(self.folder(), name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def test_own_trace(self):
        path = self.trace("mine.v1.trace", "a 0 100\na 1 200\nf 0\nf 1\n")
        status, output, errors = kfit("run", "--trace", path, "--json", "-", "run=trace:mine then=exit")
        self.assertEqual((status, errors), (0, ""))
        result = next(json.loads(line) for line in output.splitlines() if '"result"' in line)
        self.assertEqual((result["ops"], result["peak_live"]), (4, 300))

    def test_bad_line(self):
        path = self.trace("bad.trace", "a 0 100\nx 1 200\n")
        status, _, errors = kfit("run", "--trace", path, "run=trace:bad then=exit")
        self.assertEqual(status, 2, errors)
        self.assertIn("2", errors)
        self.assertIn("x 1 200", errors)

    def test_two_of_one_name(self):
        first, second = self.trace("same.a", "a 0 1\n"), self.trace("same.b", "a 0 1\n")
        status, _, errors = kfit("run", "--trace", first, "--trace", second)
        self.assertEqual(status, 2)
        self.assertIn("same", errors)

    def test_compare(self):
        path = self.trace("mine.trace", "a 0 100\na 1 200\nf 0\nf 1\n")
        status, output, errors = kfit("compare", "sqlite", path, "--alloc", "first-fit,best-fit", "--arch", "i386")
        self.assertEqual((status, errors), (0, ""), output)
        for word in ("first-fit", "best-fit", "sqlite", "mine"):
            self.assertIn(word, output)


class Interruption(KernelTest):
    def test_ctrl_c_ends_it_and_restores_the_terminal(self):
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(ROOT)
            os.execvp("bash", ["bash", "-c", "%s run; echo status $?; stty -a" % KFIT])
        self.addCleanup(os.close, terminal)
        said = self.read_until(terminal, b"kfit")
        time.sleep(1)
        os.write(terminal, b"\x03")
        said += self.read_until(terminal, b"iexten")
        os.waitpid(child, 0)
        self.assertIn(b"status 130", said)
        self.assertNotIn(b"-icanon", said)
        self.assertNotRegex(said, rb"-echo\b")

    def read_until(self, terminal, word):
        said, deadline = b"", time.monotonic() + 120
        while word not in said and time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                said += os.read(terminal, 4096)
        self.assertIn(word, said)
        return said

    def test_terminated(self):
        run = subprocess.Popen([KFIT, "run", "then=halt"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=ROOT)
        run.stdout.read(5)
        machine = subprocess.run(["pgrep", "-P", str(run.pid)], stdout=subprocess.PIPE, check=True).stdout.split()
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(30), 128 + signal.SIGTERM)
        run.stdout.close()
        for number in machine:
            self.assertFalse(os.path.exists("/proc/%d" % int(number)), "QEMU runs on")

    def test_no_end_in_time(self):
        status, _, errors = kfit("run", "--timeout", "3", "run=none then=halt")
        self.assertEqual(status, 6)
        self.assertIn("no end within 3 s", errors)


class Debugger(KernelTest):
    def test_stops_at_the_start_with_the_heap_commands(self):
        for arch in ("x86_64", "i386"):
            with self.subTest(arch=arch):
                script = (b"backtrace\nbreak heap_alloc if kfit_current_heap && kfit_current_heap->counters.live > 20\n"
                          b"continue\nkfit-heap\nkfit-blocks 5\n")
                _, output, errors = kfit("debug", "--arch", arch, "--timeout", "60", "alloc=best-fit run=trace:sqlite",
                                         stdin=script)
                self.assertRegex(output, r"Breakpoint 1, kernel_main", errors)
                self.assertRegex(output, r"policy +best-fit", errors)
                self.assertRegex(output, r"blocks more", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
