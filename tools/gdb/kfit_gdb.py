"""Heap commands for gdb: kfit-heap (what the current heap is and has counted) and kfit-blocks (its blocks, one a line).

The kernel keeps a pointer to the heap of the run under way in the global `kfit_current_heap`; it is NULL between runs.
The layout that kfit-blocks walks is drawn in alloc/block.h.
"""
import gdb

USED, PREV_USED = 1, 2


def current_heap():
    """The struct heap of the run under way."""
    pointer = gdb.parse_and_eval("kfit_current_heap")
    if int(pointer) == 0:
        raise gdb.GdbError("no heap is in use: stop inside a run, for example with `break heap_alloc`")
    return pointer.dereference()


def word_type():
    return gdb.lookup_type("unsigned long")


def read_word(address):
    """The machine word at an address of the guest."""
    return int(gdb.Value(address).cast(word_type().pointer()).dereference())


class HeapCommand(gdb.Command):
    """kfit-heap: the current heap's policy, region and counters."""

    def __init__(self):
        super().__init__("kfit-heap", gdb.COMMAND_DATA)

    def invoke(self, _argument, _from_tty):
        heap = current_heap()
        print("policy     %s: %s" % (heap["ops"]["name"].string(), heap["ops"]["summary"].string()))
        base, committed = int(heap["base"]), int(heap["committed"])
        print("region     0x%x .. 0x%x: %d bytes committed, %d reserved" % (base, base + committed, committed,
                                                                         int(heap["reserved"])))
        for field in heap["counters"].type.fields():
            print("%-18s %d" % (field.name, int(heap["counters"][field.name])))
        if int(heap["fault"]["class"]) != 0:
            print("fault      %s at 0x%x" % (heap["fault"]["class"], int(heap["fault"]["address"])))


class BlocksCommand(gdb.Command):
    """kfit-blocks [MOST]: the blocks of the current heap in address order, at most MOST of them (default 50).

    For policies of the fit family only; others have no block headers. Stops at the first wrong header."""

    def __init__(self):
        super().__init__("kfit-blocks", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        heap = current_heap()
        if "fit_walk" not in str(heap["ops"]["walk"]):
            raise gdb.GdbError("policy %s has no blocks of the fit family's format" % heap["ops"]["name"].string())
        most = int(argument, 0) if argument else 50
        print("%10s  %18s  %10s  %s" % ("offset", "payload", "bytes", "state"))
        walk(int(heap["base"]), int(heap["committed"]), most)


def walk(base, committed, most):
    """Prints the blocks of one region; sizes are whole blocks, headers included."""
    word = word_type().sizeof
    align, below_used, shown = 2 * word, True, 0
    offset, end = align - word, committed - word
    while offset < end:
        header = read_word(base + offset)
        size = header & ~(USED | PREV_USED)
        used = bool(header & USED)
        fault = block_fault(base, offset, size, header, end, below_used)
        if shown < most or fault:
            print("%10d  0x%016x  %10d  %s%s" % (offset, base + offset + word, size, "used" if used else "free",
                                               fault and "  <- " + fault))
        if fault:
            return
        offset, below_used, shown = offset + size, used, shown + 1
    if shown > most:
        print("... %d blocks more" % (shown - most))
    print("%10d  end mark; %d blocks" % (offset, shown))


def block_fault(base, offset, size, header, end, below_used):
    """Which invariant of alloc/block.h a block breaks, or an empty string."""
    word = word_type().sizeof
    if size < 4 * word or size % (2 * word) or size > end - offset:
        return "size cannot be (I1)"
    if bool(header & PREV_USED) != below_used:
        return "flag about the block below is wrong (I2)"
    if not header & USED and read_word(base + offset + size - word) != size:
        return "boundary tag differs (I3)"
    if not header & USED and not below_used:
        return "two holes touch (I4)"
    return ""


HeapCommand()
BlocksCommand()
