"""kfit doctor: each tool, whether it is there and works, and what brings it."""
import sys

from . import tools
from .options import Parser
from .status import NO_TOOL, OK

GROUPS = {
    "build": "to build the kernels",
    "iso": "to make the bootable disc",
    "run": "to run it",
    "uefi": "for --firmware uefi and uefi32",
    "debug": "for kfit debug",
    "host": "for kfit preload",
    "test": "for kfit test",
}


def doctor(words):
    """kfit doctor"""
    Parser("doctor", "Names each missing or unusable tool, why it is needed, and what installs it.").parse_args(words)
    print("python3 %d.%d: good" % sys.version_info[:2])
    faults = 0
    known = tools.all_tools()
    for group, purpose in GROUPS.items():
        print("\n%s" % purpose)
        for tool in [tool for tool in known if tool.group == group]:
            fault = tool.fault()
            print("  %-20s %-8s %s" % (tool.name, "good" if not fault else "MISSING" if fault == "missing" else "BAD",
                                       tool.why))
            if fault:
                faults += 1
                print("  %-20s %s: %s" % ("", fault, tool.install))
    print("\nnothing is missing" if not faults else
          "\n%d missing or unusable; ci/install-deps installs all of it" % faults)
    return NO_TOOL if faults else OK
