"""Real programs give the same results, to the byte, under every allocator that frees."""
import os
import shutil
import unittest

from preload_harness import DEEP, PreloadTest, needs_level, run

SCALE = 4 if DEEP else 1      # two allocators walk over all blocks at each call: time grows with the square
PYTHON = "/usr/bin/python3"
DATE = "2024-02-03T04:05:06 +0000"
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_AUTHOR_DATE": DATE,
       "GIT_COMMITTER_DATE": DATE, "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
       "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}

C_FUNCTION = """
static int f%(n)d(const int *values, unsigned count)
{
    int sum = %(n)d;
    for (unsigned i = 0; i < count; i++)
        sum += values[i] %% (%(n)d + 7) > 3 ? values[i] * %(n)d : -sum;
    return sum;
}
"""
PYTHON_SCRIPT = """
import collections, json, re, threading
words = [str(i * 7919 %% 1009) * (i %% 40 + 1) for i in range(%(rounds)d)]
text = json.dumps({word: [word[::-1], len(word)] for word in words}, indent=1)
back = json.loads(text)
counts = collections.Counter(re.findall(r'[0-9]{3}', text))
rows = []
threads = [threading.Thread(target=lambda k=k: rows.append((k, sum(map(len, sorted(words, key=hash))))))
           for k in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
large = bytearray(1 << 20)
large.extend(text.encode() * 3)
print(len(back), len(large), counts.most_common(20), sorted(rows))
print(text)
"""
SQL = """
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < %(rows)d)
insert into t select i, printf('name %%d %%s', i * 7919 %% 1009, hex(zeroblob(i %% 60))), i * 0.25 from n;
create index names on t(name);
select count(*), sum(value), max(name) from t;
delete from t where id %% 3 = 0;
update t set name = name || name where id %% 5 = 0;
vacuum;
select a.id, b.name from t a join t b on a.id = b.id + 1 order by b.name desc limit 200;
pragma integrity_check;
"""
PERL_SCRIPT = """
my %%h; my @list;
for my $i (1 .. %(rounds)d) {
    my $word = join '', map { chr(97 + ($i * $_) %% 26) } 1 .. ($i %% 50 + 1);
    $h{$word} .= $i; push @list, $word; splice @list, 0, 10 if $i %% 37 == 0;
}
print "$_ $h{$_}\\n" for sort keys %%h;
my $text = join ',', @list; $text =~ s/([aeiou]+)/<$1>/g; print length $text, "\\n", $text, "\\n";
"""
CMAKE_LISTS = """
cmake_minimum_required(VERSION 3.22)
project(tiny VERSION 1.2.3 LANGUAGES %(languages)s)
set(names)
foreach(i RANGE 200)
  string(REPEAT "x${i}" 20 word)
  string(REGEX REPLACE "x1([0-9])" "(\\\\1)" word "${word}")
  list(APPEND names "${word}")
endforeach()
list(SORT names)
configure_file(input.in output.txt)
file(GENERATE OUTPUT generated.txt CONTENT "$<JOIN:${names},|>")
add_custom_target(all_names ALL COMMAND echo ${PROJECT_VERSION} DEPENDS input.in)
"""


class Place:
    """A folder of always the same name, fresh for each run, in which a program's commands are run."""

    def __init__(self, test, folder, alloc, harden):
        self.test, self.folder, self.alloc, self.harden = test, folder, alloc, harden
        self.seen = set()
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def run(self, *command, stdin=b"", **environment):
        """The output of a command that must succeed."""
        outcome = run(command, self.alloc, self.harden, cwd=self.folder, environment=environment, stdin=stdin)
        if self.alloc is not None:
            self.test.expect_clean(outcome)
        self.seen.update(process["program"] for process in outcome.processes)
        return self.test.expect(outcome, 0).output + outcome.errors


def gcc(place):
    place.write("input.c", "#include <stdio.h>\n#include <stdlib.h>\n" +
                "".join(C_FUNCTION % {"n": n} for n in range(10 * SCALE)) +
                "int (*const all[])(const int *, unsigned) = {" +
                "".join("f%d, " % n for n in range(10 * SCALE)) + "};\n")
    said = place.run("/usr/bin/gcc", "-O2", "-c", "input.c", "-o", "output.o")
    return said, place.read("output.o")


def python3(place):
    return place.run(PYTHON, "-I", "-c", PYTHON_SCRIPT % {"rounds": 300 * SCALE})


def git(place):
    for n in range(12 * SCALE):
        place.write("file%d" % n, "".join("line %d of %d\n" % (i * n % 97, n) for i in range(200)))
    said = [place.run("git", *words, **GIT) for words in (
        ["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"],
        ["mv", "file1", "moved"], ["commit", "-q", "-m", "second"], ["repack", "-adq"], ["log", "-p", "--stat"],
        ["fsck", "--strict", "--no-progress"], ["cat-file", "--batch-all-objects", "--batch-check"])]
    return said


def sqlite3(place):
    said = place.run("/usr/bin/sqlite3", "-batch", "data.db", stdin=(SQL % {"rows": 600 * SCALE}).encode("ascii"))
    return said, place.read("data.db")


def perl(place):
    return place.run("/usr/bin/perl", "-e", PERL_SCRIPT % {"rounds": 1500 * SCALE}, PERL_HASH_SEED="0")


def cmake(place):
    place.write("CMakeLists.txt", CMAKE_LISTS % {"languages": "C" if DEEP else "NONE"})
    place.write("input.in", "@PROJECT_NAME@ @PROJECT_VERSION@ @names@\n")
    place.run("/usr/bin/cmake", "-G", "Ninja", "-S", ".", "-B", "out")
    found = {}
    for folder, _, names in os.walk(os.path.join(place.folder, "out")):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), place.folder)
            if name.endswith((".ninja", ".txt", ".cmake")):    # the rest are logs and trials, with names that vary
                found[path] = place.read(path)
    return found


class Programs:
    """The tests of one level; `level` is set by the classes below."""

    def compare(self, use, *names):
        """`use` has the same result under each allocator as without, and ran the programs named under the library."""
        folder = os.path.join(self.folder(), "place")
        expected = use(Place(self, folder, None, 0))
        self.assertEqual(expected, use(Place(self, folder, None, 0)), "the program itself varies")
        for alloc in self.freeing():
            with self.subTest(alloc=alloc, harden=self.level):
                place = Place(self, folder, alloc, self.level)
                self.assertTrue(expected == use(place), "the results differ")
                self.assertLessEqual(set(names), place.seen)

    def test_gcc(self):
        self.compare(gcc, "gcc", "cc1", "as")

    def test_python3(self):
        self.compare(python3, "python3")

    def test_git(self):
        self.compare(git, "git")

    def test_sqlite3(self):
        self.compare(sqlite3, "sqlite3")

    def test_perl(self):
        self.compare(perl, "perl")

    def test_cmake(self):
        self.compare(cmake, "cmake")


class AtLevel1(Programs, PreloadTest):
    level = 1


@needs_level(3)
class AtLevel3(Programs, PreloadTest):
    level = 3


if __name__ == "__main__":
    unittest.main(verbosity=2)
