#!/usr/bin/env python3
"""How much of alloc/ the host tests reach: runs every test linked with the instrumented library, adds up what gcov says,
prints it for each file with the lines that were never reached, and fails below the least that is asked for.

    coverage.py OBJECTS SOURCE LINES BRANCHES TEST...

OBJECTS is the folder with the library's objects and notes, SOURCE the checkout, LINES and BRANCHES percentages, each
TEST a program.

The branches of a line with an assertion are left out: its other side ends the program. Assertions are for the
programmer's mistakes, and no test should reach one. Inline functions of headers count once for all files that use them."""
import collections
import concurrent.futures
import glob
import json
import os
import subprocess
import sys

ENVIRONMENT = dict(os.environ, KFIT_TEST_OPS="20000", KFIT_TEST_HEAPS="3")  # reach is asked for here, not number


def run(test):
    done = subprocess.run([test], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return os.path.basename(test), done.returncode, done.stdout


def gcov(objects):
    """file -> line -> [times, [times of each branch]], added up over all objects."""
    found = collections.defaultdict(dict)
    for notes in sorted(glob.glob(os.path.join(objects, "**", "*.gcno"), recursive=True)):
        text = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes],
                              stdout=subprocess.PIPE, check=True).stdout
        for document in text.splitlines():
            for file in json.loads(document)["files"]:
                for line in file["lines"]:
                    add(found[os.path.realpath(file["file"])], line)
    return found


def add(lines, line):
    times = [branch["count"] for branch in line["branches"]]
    known = lines.setdefault(line["line_number"], [0, []])
    known[0] += line["count"]
    if len(known[1]) == len(times):
        known[1] = [a + b for a, b in zip(known[1], times)]
    else:  # the first, or an inline function that was compiled another way: the one with more branches stands
        known[1] = max(known[1], times, key=len)


def is_assertion(source, number):
    return number <= len(source) and "HEAP_ASSERT(" in source[number - 1]


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def file_row(path, lines, root):
    with open(path, encoding="utf-8") as source_file:
        source = source_file.read().splitlines()
    branches = [(number, count) for number, (_, counts) in sorted(lines.items()) if not is_assertion(source, number)
                for count in counts]
    missed_lines = [number for number, (count, _) in sorted(lines.items()) if count == 0]
    missed_branches = sorted({number for number, count in branches if count == 0} - set(missed_lines))
    return {"name": os.path.relpath(path, root), "lines": len(lines), "reached": len(lines) - len(missed_lines),
            "branches": len(branches), "taken": sum(count > 0 for _, count in branches),
            "missed_lines": missed_lines, "missed_branches": missed_branches}


def print_row(row):
    print("%-32s %5d lines %6.2f %%  %5d branches %6.2f %%" % (
        row["name"], row["lines"], percent(row["reached"], row["lines"]), row["branches"],
        percent(row["taken"], row["branches"])))
    if row["missed_lines"]:
        print("    never reached: " + " ".join(map(str, row["missed_lines"])))
    if row["missed_branches"]:
        print("    never both ways: " + " ".join(map(str, row["missed_branches"])))


def main():
    objects, root, least_lines, least_branches = sys.argv[1:5]
    for old in glob.glob(os.path.join(objects, "**", "*.gcda"), recursive=True):
        os.remove(old)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        failed = [(name, output) for name, status, output in pool.map(run, sys.argv[5:]) if status != 0]
    for name, output in failed:
        print("%s failed:\n%s" % (name, output))
    rooms = os.path.join(os.path.realpath(root), "alloc") + os.sep
    rows = [file_row(path, lines, os.path.realpath(root)) for path, lines in sorted(gcov(objects).items())
            if path.startswith(rooms)]
    for row in rows:
        print_row(row)
    total = {key: sum(row[key] for row in rows) for key in ("lines", "reached", "branches", "taken")}
    total.update(name="alloc/", missed_lines=[], missed_branches=[])
    print_row(total)
    lines, branches = percent(total["reached"], total["lines"]), percent(total["taken"], total["branches"])
    if failed or lines < float(least_lines) or branches < float(least_branches):
        sys.exit("coverage.py: %s %% of lines and %s %% of branches are asked for" % (least_lines, least_branches))


if __name__ == "__main__":
    main()
