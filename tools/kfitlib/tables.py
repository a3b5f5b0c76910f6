"""kfit tables: the tables of README and docs, made anew from runs of the kernel.

A table stands in a page between two comments,

    <!-- table: heap -->
    ...
    <!-- end of table -->

and is written there by `kfit tables --write`. All figures are of the 64-bit kernel in instruction-counting mode, so that
they repeat to the last digit with the same build.
"""
import glob
import io
import json
import os
import re

from . import disc
from .commands import machine, ready
from .guest import Guest
from .machine import check_options
from .options import Parser, machine_options
from .places import ROOT
from .status import OK, Stop
from .stream import Serial

TRACES = ("sqlite", "perl", "lua", "redis", "gcc")
PATIENCE = 3600    # seconds for one boot: allocators that walk over all blocks take minutes
LEVELS = range(5)
TABLE = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end of table -->)", re.S)


class Results:
    """Runs, each done once, when it is first asked for."""

    def __init__(self):
        self.built = ready()
        self.known = {}

    def of(self, options):
        """The result records of a run with these kernel options: {allocator: record}, in the order of the kernel's table."""
        if options not in self.known:
            self.known[options] = self._boot(options)
        return self.known[options]

    def _boot(self, options):
        asked = machine_options("tables", "").parse_args(["--icount"])
        options += " out=json then=exit"
        check_options(options)
        records = io.StringIO()
        with disc.iso_with(self.built, []) as iso:
            status = Guest(machine(asked, iso, options=options), Serial(text=None, records=records), timeout=PATIENCE).run()
        if status != OK:
            raise Stop(status, "the run '%s' failed" % options)
        found = [json.loads(line) for line in records.getvalue().splitlines()]
        return {record["alloc"]: record for record in found if record["type"] == "result"}


def markdown(head, rows):
    """A table whose first column is text and whose others are figures; the best of a column is bold."""
    lines = ["| %s |" % " | ".join(head), "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| %s |" % " | ".join(row) for row in rows]
    return "\n".join(lines) + "\n"


def tenths(permille):
    return "%d.%d" % divmod(permille, 10)


def across_traces(results, figure, better=min):
    """A column for each trace, a row for each allocator; figure(record) is a number or None."""
    columns = [results.of("compare=all run=trace:" + trace) for trace in TRACES]
    rows = []
    for name in columns[0]:
        cells = []
        for column in columns:
            best = better(number for number in map(figure, column.values()) if number is not None)
            number = figure(column[name])
            cells.append("-" if number is None else ("**{:,}**" if number == best else "{:,}").format(number))
        rows.append(["`%s`" % name] + cells)
    return markdown(["allocator"] + list(TRACES), rows)


def heap(results):
    """KiB of heap at the end."""
    return across_traces(results, lambda record: (record["heap"] + 512) // 1024)


def holes(results):
    """External fragmentation in percent, where the holes say something."""
    def figure(record):
        hides = record["untracked"] > 0 or record["alloc"] == "bump-sized"
        return None if hides else record["ext_frag"] / 10
    return across_traces(results, figure)


def alloc_cost(results):
    """Mean instructions of an allocation."""
    return across_traces(results, lambda record: record["cost"]["alloc"]["mean"])


def free_cost(results):
    """Mean instructions of a free."""
    return across_traces(results, lambda record: record["cost"]["free"]["mean"])


def hardening(results):
    """Mean instructions of alloc / free at each level, under a churn of 200 blocks."""
    columns = [results.of("compare=all run=churn:ops=4000:live=200:size=16-512 harden=%d check=off" % level)
               for level in LEVELS]
    rows = []
    for name in columns[0]:
        costs = [column[name]["cost"] for column in columns]
        rows.append(["`%s`" % name] + ["{:,} / {:,}".format(cost["alloc"]["mean"], cost["free"]["mean"]) for cost in costs])
    return markdown(["allocator"] + ["harden=%d" % level for level in LEVELS], rows)


TABLES = {"heap": heap, "holes": holes, "alloc_cost": alloc_cost, "free_cost": free_cost, "hardening": hardening}


def pages():
    return [os.path.join(ROOT, "README.md")] + sorted(glob.glob(os.path.join(ROOT, "docs", "**", "*.md"), recursive=True))


def rewrite(page, results, wanted):
    """Puts the tables of that name into the page; True if any stands there."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    fresh = TABLE.sub(lambda found: found.group(1) + TABLES[found.group(2)](results) + found.group(4)
                      if found.group(2) in wanted else found.group(0), text)
    if fresh != text:
        with open(page, "w", encoding="utf-8") as file:
            file.write(fresh)
    return fresh != text


def tables(words):
    """kfit tables [NAME...] [--write]"""
    parser = Parser("tables", "Makes the tables of README and docs anew, from runs of the 64-bit kernel that count instructions. "
                    "All of them take about half an hour.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these: " + ", ".join(TABLES))
    parser.add_argument("--write", action="store_true", help="write them into the pages (default: print them)")
    asked = parser.parse_args(words)
    unknown = [name for name in asked.names if name not in TABLES]
    if unknown:
        parser.error("there is no table '%s'; there are %s" % (unknown[0], ", ".join(TABLES)))
    wanted = asked.names or list(TABLES)
    results = Results()
    if not asked.write:
        for name in wanted:
            print("%s: %s\n\n%s" % (name, TABLES[name].__doc__, TABLES[name](results)), flush=True)
        return OK
    for page in pages():
        if rewrite(page, results, wanted):
            print("%s has new figures" % os.path.relpath(page, ROOT), flush=True)
    return OK
