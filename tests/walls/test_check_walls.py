"""ci/check-walls finds each kind of breach: a tree is made for each rule that breaks it and nothing else."""
import importlib.machinery
import importlib.util
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "ci", "check-walls")


def load():
    """The script as a module; its name has no .py."""
    loader = importlib.machinery.SourceFileLoader("check_walls", SCRIPT)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_walls", loader))
    loader.exec_module(module)
    return module


CHECK = load()
LONG = "int f(void)\n{\n" + "    g();\n" * 58 + "}\n"      # 61 lines

# (file, its text, what the breach says); the text's first line is a comment unless that is the point
BREACHES = (
    ("alloc/a.c", "/* a */\n#include <lab/run.h>\n", "alloc/a.c:2: alloc/ may not include <lab/run.h>"),
    ("alloc/policy/a.c", "/* a */\n#include <string.h>\n", "alloc/policy/a.c:2:"),
    ("lab/a.c", "/* a */\n\n#include <mm/pmm.h>\n", "lab/a.c:3:"),
    ("mm/pmm.c", "/* a */\n#include <alloc/heap.h>\n", "mm/pmm.c:2:"),
    ("arch/x86/a.c", "/* a */\n#include <mm/vmm.h>\n", "arch/x86/a.c:2:"),
    ("src/lib/a.c", "/* a */\n#include <arch/cpu.h>\n", "src/lib/a.c:2:"),
    ("src/boot/a.c", "/* a */\n#include <mm/pmm.h>\n", "src/boot/a.c:2:"),
    ("src/dev/a.c", "/* a */\n#include <console/console.h>\n", "src/dev/a.c:2:"),
    ("src/user/a.c", "/* a */\n#include <lab/text.h>\n", "src/user/a.c:2: src/user/ may not include <lab/text.h>"),
    ("src/boot/a.c", "/* a */\n#include <user/elf.h>\n", "src/boot/a.c:2:"),
    ("programs/a.c", "/* a */\n#include <mm/vmm.h>\n", "programs/a.c:2: programs/ may not include <mm/vmm.h>"),
    ("programs/a.c", "/* a */\n#include <user/program.h>\n", "programs/a.c:2:"),
    ("programs/a.c", "/* a */\n#ifdef __i386__\n#endif\n", "programs/a.c:2: asks for the architecture"),
    ("tools/preload/a.c", "/* a */\n#include <stdio.h>\n",
     "tools/preload/a.c:2: tools/preload/ may not include <stdio.h>"),
    ("tools/preload/a.c", '/* a */\n#include "../../alloc/starts.h"\n', "tools/preload/a.c:2:"),
    ("lab/a.c", '/* a */\n#include "../alloc/block.h"\n', 'lab/a.c:2: "../alloc/block.h" is no file of the room lab'),
    ("src/a.c", '/* a */\n#include "shell/line.h"\n', "src/a.c:2:"),
    ("lab/a.c", "/* a */\n#if UINTPTR_MAX > 0xFFFFFFFF\n#endif\n", "lab/a.c:2: asks for the architecture"),
    ("mm/a.h", "/* a */\n#ifdef __x86_64__\n#endif\n", "mm/a.h:2: asks for the architecture"),
    ("src/a.c", "int x;\n", "src/a.c:1: the first line must be a comment"),
    ("arch/i386/a.asm", "bits 32\n", "arch/i386/a.asm:1: the first line"),
    ("lab/a.c", "/* a */\n" + LONG, "lab/a.c:2: f has 61 lines"),
    ("tools/a.py", '"""a"""\ndef f():\n' + "    g()\n" * 60, "tools/a.py:2: f has 61 lines"),
    ("mm/a.c", "/* a */\n" + "int x;\n" * 600, "mm/a.c:601: 601 lines; at most 600"),
)

GOOD = (
    ("alloc/a.c", '/* a */\n#include "fit.h"\n#include <alloc/heap.h>\n#include <stddef.h>\n'),
    ("alloc/fit.h", "/* a */\n"),
    ("alloc/policy/a.c", '/* a */\n#include "../fit.h"\n'),
    ("mm/kheap.c", "/* a */\n#include <alloc/heap.h>\n#include <mm/vmm.h>\n"),
    ("arch/x86/a.c", '/* a */\n#include "pt_format.h"\n#if KERNEL_BASE\n#endif\n'),
    ("arch/i386/pt_format.h", "/* a */\n"),
    ("src/boot/a.c", "/* a */\n#include <mm/memmap.h>\n"),
    ("src/user/a.c", "/* a */\n#include <mm/kheap.h>\n#include <arch/user.h>\n"),
    ("programs/a.c", "/* a */\n#include <user/calls.h>\n#include <alloc/heap.h>\n#include <lab/program.h>\n"),
    ("tools/preload/a.c", "/* a */\n#include <alloc/heap.h>\n#include <sys/mman.h>\n"),
    ("lab/a.c", "/* a */\n" + LONG.replace("    g();\n", "", 1)),
)


class Sources(unittest.TestCase):
    def breaches(self, *files):
        with tempfile.TemporaryDirectory(prefix="kfit-walls-") as root:
            for path, text in files:
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="ascii") as file:
                    file.write(text)
            subprocess.run(["git", "init", "-q", root], check=True)
            walls = CHECK.Walls(root)
            walls.check_includes()
            walls.check_arch_questions()
            walls.check_shape()
            walls.check_private_words()
            return walls.breaches

    def test_each_breach_is_found_alone(self):
        for path, text, message in BREACHES:
            with self.subTest(path=path, message=message):
                found = self.breaches((path, text))
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(message), found)

    def test_good_files_pass(self):
        self.assertEqual(self.breaches(*GOOD), [])

    def test_private_place(self):
        found = self.breaches(("docs/a.md", "see /hom" + "e/somebody/file\n"))
        self.assertEqual(len(found), 1, found)
        self.assertIn("docs/a.md:1: names a place", found[0])

    def test_status_and_summary(self):
        with tempfile.TemporaryDirectory(prefix="kfit-walls-") as root:
            os.makedirs(os.path.join(root, "lab"))
            with open(os.path.join(root, "lab", "a.c"), "w", encoding="ascii") as file:
                file.write("int x;\n")
            done = subprocess.run([SCRIPT, "--root", root], stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"1 breach\n", done.stdout)


class Objects(unittest.TestCase):
    """alloc/ of a small tree that needs something from outside, and a build without -mno-red-zone."""

    def test_undefined_symbol(self):
        with tempfile.TemporaryDirectory(prefix="kfit-walls-") as root:
            for path, text in (("alloc/a.c", "int kernel_thing(void);\nint a(void) { return kernel_thing(); }\n"),
                               ("lab/b.c", "int a(void);\nint b(void) { return a(); }\n"),
                               ("lab/c.c", "int c(unsigned long long x, unsigned long long y) { return x / y > 3; }\n"),
                               ("tree/generated/policies.c", "int z;\n")):
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="ascii") as file:
                    file.write(text)
            walls = CHECK.Walls(root)
            walls.check_symbols(os.path.join(root, "tree"))
        self.assertEqual(len(walls.breaches), 2, walls.breaches)    # once for each width
        self.assertTrue(all("alloc/a.c:1: needs kernel_thing at -m" in line for line in walls.breaches), walls.breaches)

    def test_preload_library(self):
        with tempfile.TemporaryDirectory(prefix="kfit-walls-") as root:
            walls = CHECK.Walls(root)
            walls.check_preload(root)
            self.assertEqual(len(walls.breaches), 1)
            self.assertIn("libkfit-preload.so is not in", walls.breaches.pop())
            source = "".join("int %s(void) { return 0; }\n" % name for name in CHECK.PRELOAD_GIVES - {"pvalloc"})
            source += "int puts(const char *);\nint surplus(void) { return puts(0); }\n"
            with open(os.path.join(root, "a.c"), "w", encoding="ascii") as file:
                file.write(source)
            subprocess.run(["gcc", "-w", "-fno-builtin", "-shared", "-fPIC", os.path.join(root, "a.c"), "-o",
                            os.path.join(root, CHECK.PRELOAD_LIBRARY)], check=True)
            walls.check_preload(root)
        self.assertEqual([breach.split(": ", 1)[1] for breach in walls.breaches], [
            "the library needs puts: it may allocate", "the library lacks pvalloc", "the library shows surplus"])

    def test_red_zone(self):
        with tempfile.TemporaryDirectory(prefix="kfit-walls-") as root:
            with open(os.path.join(root, "build.ninja"), "w", encoding="ascii") as file:
                file.write("rule cc\n  command = gcc $flags -c $in -o $out\n"
                           "build d/kernel-x86_64.dir/good.o: cc good.c\n  flags = -m64 -mno-red-zone\n"
                           "build d/kernel-x86_64.dir/bad.o: cc bad.c\n  flags = -m64\n"
                           "build d/kernel-i386.dir/other.o: cc other.c\n  flags = -m32\n")
            walls = CHECK.Walls(root)
            walls.check_red_zone(root)
        self.assertEqual(walls.breaches, ["bad.c:1: is built for x86_64 without -mno-red-zone"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
