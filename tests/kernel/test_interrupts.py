"""Timer and serial input by interrupt: what they must not change, what they must survive, and the watchdog on the timer."""
import concurrent.futures
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import unittest

from harness import ARCHES, DEEP, ROOT, TIMEOUT, KernelTest, boot, menu_keys, policies

COUNTS = {"timer": "timer", "serial": "serial line", "spurious_7": "spurious on line 7",
          "spurious_15": "spurious on line 15", "unexpected": "unexpected"}


def counts(outcome, which=-1):
    """What an `irq` in the text said, the last one if not told otherwise."""
    text = outcome.text.split("Interrupts since the start:")[1:][which]
    return {key: int(re.search(r"%s +([\d,]+)" % name, text).group(1).replace(",", "")) for key, name in COUNTS.items()}


def at_once(*boots):
    """Boots two at a time; each is the settings of one. They share standard error: whose lines are whose is not known."""
    standard_error = sys.stderr
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda settings: boot(**settings), boots))
    sys.stderr = standard_error
    return outcomes


class SameCosts(KernelTest):
    """Costs by instruction counting do not know whether interrupts came, nor when."""

    RATES = (0, 97, 100, 1000, 10000) if DEEP else (0, 10000)
    RUNS = ["compare churn:ops=1000:resize=100:align=50 vm=demand", "compare comb:blocks=300 vm=immediate",
            "run churn:ops=200:size=1-100K:resize=300 vm=demand heap=60M", "run churn:ops=300 check=every vm=immediate"]
    RUNS += ["compare trace:%s heap=96M" % name for name in ("sqlite", "perl", "lua")] if DEEP else []
    BOOT = "out=both run=trace:sqlite,perl,lua alloc=bump heap=96M" if DEEP else "out=both"

    def at_rate(self, arch, rate):
        keys = "timer %d\nirq\n" % rate + "".join(run + "\n" for run in self.RUNS) + "irq\nexit\n"
        return {"options": self.BOOT, "keys": keys, "arch": arch, "icount": True, "memory": 256 << 20, "timeout": 1000}

    def test_at_every_rate(self):
        for arch in ARCHES:
            outcomes = at_once(*(self.at_rate(arch, rate) for rate in self.RATES))
            quiet = self.expect(outcomes[0], 0).of_type("result")
            self.assertGreaterEqual(len(quiet), 2 * len(policies()) + 2)
            ticks = [counts(outcome)["timer"] - counts(outcome, 0)["timer"] for outcome in outcomes]
            self.assertEqual(ticks[0], 0, "the timer was off")
            self.assertGreater(ticks[-1], 5000, "interrupts did fall into the runs")
            for rate, outcome in zip(self.RATES, outcomes):
                with self.subTest(arch=arch, rate=rate):
                    self.assertEqual(self.expect(outcome, 0).of_type("result"), quiet)

    def test_trace_under_the_default_timer(self):
        """A trace whose heap comes page by page, with the timer as it is and without."""
        name = "best-fit"
        for arch in ARCHES:
            keys = ("irq\nrun trace:sqlite alloc=%s\nirq\ntimer 0\nrun trace:sqlite alloc=%s\nexit\n" % (name, name))
            outcome = self.expect(boot("out=both vm=demand run=trace:sqlite alloc=bump heap=96M", keys=keys, arch=arch,
                                       icount=True), 0)
            with_timer, without = outcome.of_type("result")[1:]
            self.assertEqual(with_timer, without)
            self.assertGreater(with_timer["faults"], 100)
            self.assertGreater(counts(outcome)["timer"] - counts(outcome, 0)["timer"], 500)


class Input(KernelTest):
    def test_comes_by_interrupt(self):
        for outcome in at_once(*({"keys": "irq\nexit\n", "arch": arch, "firmware": firmware}
                                 for firmware in ("bios", "uefi") for arch in ARCHES)):
            self.expect(outcome, 0)
            self.assertGreater(counts(outcome)["serial"], 0, outcome.describe())
            self.assertEqual(counts(outcome)["unexpected"], 0, outcome.describe())

    def test_long_paste(self):
        """64 KiB in one go: every line comes back, or the loss is told."""
        lines = ["%05d" % number + "x" * 250 for number in range(256)]
        keys = "".join(line + "\n" for line in lines) + "irq\nexit\n"
        self.assertGreaterEqual(len(keys), 1 << 16)
        for outcome in at_once(*({"keys": keys, "arch": arch} for arch in ARCHES)):
            self.expect(outcome, 2)
            lost = [line for line in lines if line not in outcome.text]
            self.assertTrue(not lost or "overrun" in outcome.text, "%d lines lost without a word" % len(lost))
            self.assertEqual(lost, [], "QEMU's line waits for the guest: nothing is to be lost")


class Machines(KernelTest):
    """Where the timer or every interrupt is missing, all goes on by polling."""

    KEYS = "timer 100\nrun churn:ops=500\nirq\nrun selftest:machine\nexit\n"

    def check_polling(self, outcome):
        self.expect(outcome, 5)
        self.assertIn("no tick came", outcome.text)
        self.assertIn("Check      ok", outcome.text)
        self.assertIn("ok     spurious interrupts", outcome.text)
        self.assertNotIn("FAILED", outcome.text)
        self.assertEqual(counts(outcome)["timer"], 0)

    def test_without_a_timer(self):
        for outcome in at_once(*({"keys": self.KEYS, "arch": arch, "extra": ["-M", "pit=off"]} for arch in ARCHES)):
            self.check_polling(outcome)
            self.assertGreater(counts(outcome)["serial"], 0)

    def test_without_a_controller(self):
        for outcome in at_once(*({"keys": self.KEYS, "arch": arch, "extra": ["-M", "pic=off"]} for arch in ARCHES)):
            self.check_polling(outcome)
            self.assertEqual(counts(outcome)["serial"], 0)

    def test_other_machines(self):
        for extra in (["-M", "hpet=off"], ["-no-acpi"], ["-smp", "4"]):
            with self.subTest(extra=extra):
                outcome = self.expect(boot(keys=self.KEYS, extra=extra), 0)
                self.assertGreater(counts(outcome)["timer"], 0)
                self.assertNotIn("FAILED", outcome.text)

    def test_isa_only(self):
        """A machine without PCI and without SMBIOS strings: by the menu's entry for the shell."""
        menu = [("automatically in", menu_keys("Shell only")), ("kfit> ", self.KEYS)]
        outcome = boot(menu=True, type_when=menu, extra=["-M", "isapc", "-cpu", "max"])
        self.expect(outcome, 0)
        self.assertGreater(counts(outcome)["timer"], 0)
        self.assertNotIn("FAILED", outcome.text)


class Spurious(KernelTest):
    def test_survived_and_counted(self):
        for outcome in at_once(*({"keys": "run selftest:machine\nirq\nexit\n", "arch": arch} for arch in ARCHES)):
            self.expect(outcome, 0)
            self.assertIn("ok     spurious interrupts pass, and the timer ticks on", outcome.text)
            seen = counts(outcome)
            self.assertEqual((seen["spurious_7"], seen["spurious_15"], seen["unexpected"]), (1, 1, 0))
            self.assertGreater(seen["timer"], 0)


class Timer(KernelTest):
    def test_rates(self):
        outcome = boot(keys="timer 18\ntimer 10000\ntimer 0\nexit\n")
        self.expect(outcome, 0)
        for words in ("ticks 18.2 times", "ticks 10026.7 times", "timer is off"):
            self.assertIn(words, outcome.text)

    def test_refused(self):
        rates = ("1", "17", "10001", "-1", "x", "", "99999999999999999999", "100 100")
        outcome = self.expect(boot(keys="".join("timer %s\n" % rate for rate in rates) + "exit\n"), 2)
        self.assertEqual(outcome.text.count("timer takes 0 (off) or 18 to 10000"), len(rates), outcome.text)


class Watchdog(KernelTest):
    def test_hang_in_a_run(self):
        command = subprocess.Popen([os.path.join(ROOT, "kfit"), "run", "--json", "-"], stdin=subprocess.PIPE, cwd=ROOT,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(command.communicate, b"crash hang\n", TIMEOUT)
            self.check_kernels()
            self.check_command(command, *answer.result())

    def check_kernels(self):
        options = [{"options": "out=both", "keys": "crash hang\nexit\n", "arch": arch} for arch in ARCHES]
        begun = time.monotonic()
        for arch, outcome in zip(ARCHES, at_once(*options)):
            self.expect(outcome, 6)
            record = outcome.one("panic")
            self.assertEqual((record["class"], record["vector"]), ("hang", 32))
            self.assertIn("kfit: hang: the run makes no progress", outcome.text)
            self.assertIn("rax" if arch == "x86_64" else "eax", outcome.text)
            self.assertEqual(outcome.one("end")["exit"], 6)
        self.assertGreater(time.monotonic() - begun, 10)

    def check_command(self, command, output, errors):
        """Asked for records alone it says what a status 6 of the kernel means, in one line."""
        self.assertEqual((command.returncode, errors.count(b"\n")), (6, 1), errors)
        self.assertIn(b"hang", errors)
        self.assertEqual(json.loads(output.splitlines()[-1])["exit"], 6)


class Monitor:
    """QEMU's own control line, beside the guest's."""

    def __init__(self, path):
        self.extra = ["-qmp", "unix:%s,server=on,wait=off" % path]
        self.path = path

    def __enter__(self):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(TIMEOUT)
        self.line.connect(self.path)
        self.file = self.line.makefile("rw")
        self.file.readline()
        self.tell("qmp_capabilities")
        return self

    def __exit__(self, *_):
        self.line.close()

    def send(self, command, **arguments):
        """Waits for no answer: for commands that may end the machine before it comes."""
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()

    def tell(self, command, **arguments):
        self.send(command, **arguments)
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer or "error" in answer:
                return answer.get("return")

    def rests(self):
        """Whether the processor stands in a hlt."""
        return "HLT=1" in self.tell("human-monitor-command", **{"command-line": "info registers"})


class Rest(KernelTest):
    """A processor with nothing to do rests, and an NMI wakes nothing that has stopped for good."""

    def watched(self, act, **settings):
        """Boots, and calls act(monitor) in between; returns the Boot and what act gave."""
        monitor = Monitor(os.path.join(self.folder(), "monitor"))
        given = []

        def later():
            deadline = time.monotonic() + TIMEOUT
            while time.monotonic() < deadline and not given:
                try:
                    with monitor:
                        given.append(act(monitor))
                except (OSError, ValueError):
                    time.sleep(0.1)

        actor = threading.Thread(target=later, daemon=True)
        actor.start()
        outcome = boot(extra=monitor.extra, **settings)
        actor.join(10)
        self.assertEqual(len(given), 1, outcome.describe())
        return outcome, given[0]

    @staticmethod
    def await_rest(monitor):
        """Waits until the processor has rested for half a second: neither firmware nor GRUB do that."""
        deadline, rested = time.monotonic() + TIMEOUT, 0
        while rested < 10 and time.monotonic() < deadline:
            rested = rested + 1 if monitor.rests() else 0
            time.sleep(0.05)
        return rested >= 10

    def test_shell_rests(self):
        def act(monitor):
            rests = self.await_rest(monitor)
            monitor.send("quit")
            return rests
        outcome, rests = self.watched(act)
        self.assertTrue(rests and outcome.text.endswith("kfit> "), outcome.describe())

    def test_nmi_after_the_halt(self):
        def act(monitor):
            before = self.await_rest(monitor)
            for _ in range(3):
                monitor.tell("inject-nmi")
                time.sleep(0.1)
            after = self.await_rest(monitor)
            monitor.send("quit")
            return before, after
        for arch in ARCHES:
            with self.subTest(arch=arch):
                outcome, rests = self.watched(act, options="then=halt", arch=arch)
                self.assertEqual(rests, (True, True), outcome.describe())
                self.assertIn("Halted.", outcome.text)
                self.assertNotIn("panic", outcome.text)

    def test_nmi_in_the_shell_is_a_panic(self):
        def act(monitor):
            self.await_rest(monitor)
            monitor.send("inject-nmi")
            return True
        outcome, _ = self.watched(act, options="out=both")
        self.expect(outcome, 3)
        self.assertIn("non-maskable interrupt", outcome.one("panic")["message"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
