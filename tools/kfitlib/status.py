"""The exit statuses of the kfit command, and the exception that carries one."""

OK = 0
FAILED = 1       # the run finished, but something in it failed
BAD_INPUT = 2    # bad arguments, kernel options or traces
PANIC = 3
CORRUPT = 4
MACHINE = 5      # the machine will not do
HANG = 6         # no end in time, or no progress seen by the kernel's watchdog
VANISHED = 7     # the guest reset or ended without a word
NO_TOOL = 8
INTERRUPTED = 130  # Ctrl-C, as shells count it

# What to say about a status when the guest itself has reported nothing on standard error.
MEANING = {
    FAILED: "the run finished, but something in it failed: the text above names it",
    BAD_INPUT: "the kernel refused its options or a trace",
    PANIC: "the kernel panicked: its report stands above",
    CORRUPT: "heap corruption was detected: the report stands above",
    MACHINE: "this machine will not do: too little memory, or a processor feature is missing",
    HANG: "the kernel found that its run hangs: its report stands above",
}


class Stop(Exception):
    """Ends the command: a status, and one clear line (or more, the clearest first) for standard error."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message
