"""The machine: QEMU's command line for one run."""
import os
import shutil
import subprocess

from .status import BAD_INPUT, MACHINE, NO_TOOL, Stop

QEMU = {"x86_64": "qemu-system-x86_64", "i386": "qemu-system-i386"}
OVMF = "/usr/share/OVMF/"
ICOUNT_SHIFT = 7             # as the file `icount` on the disc says (cmake/iso.cmake)
EXIT_BASE = 0x10             # the kernel writes EXIT_BASE + status to the exit port
OPTIONS_MAX = 60000          # characters that QEMU's SMBIOS table is sure to hold
LEAST_MEMORY = {             # MiB; below, GRUB or the firmware itself does not come up, and most say nothing
    "bios": 2, "uefi": 64, "uefi32": 64,
}

_FIRMWARE = {
    "uefi": ("pc", "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", []),
    # 32-bit firmware exists only as a build that wants a q35 machine with SMM.
    "uefi32": ("q35,smm=on", "OVMF32_CODE_4M.secboot.fd", "OVMF32_VARS_4M.fd",
               ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1"]),
}
_NO_SERIAL = ["-serial", "none"]
FIRMWARES = ("bios", "uefi", "uefi32")


class Machine:
    """What to boot and on what. The defaults are those of `kfit run`."""

    def __init__(self, iso, **settings):
        self.iso = iso
        self.arch = "x86_64"
        self.firmware = "bios"
        self.board = None         # QEMU's -M; None: the one the firmware asks for
        self.serial = True        # False: the machine has no serial port, and the kernel can only be judged by its status
        self.memory = 128 << 20
        self.options = ""         # the kernel's
        self.icount = False
        self.display = False
        self.menu = False         # GRUB's menu instead of booting at once
        self.qemu = QEMU["x86_64"]   # both kernels run on it, as on today's machines
        self.extra = []           # further arguments of QEMU
        for name, value in settings.items():
            if not hasattr(self, name):
                raise TypeError("Machine has no '%s'" % name)
            setattr(self, name, value)

    def command(self, folder):
        """QEMU's command line; `folder` is a temporary one for files that live as long as the machine. Where setpriv is
        there (Debian always has it), QEMU ends with kfit even if kfit is killed outright."""
        if self.memory < LEAST_MEMORY[self.firmware] << 20:
            raise Stop(MACHINE, "%d KiB are too little memory: with --firmware %s GRUB and firmware need %dM"
                       % (self.memory >> 10, self.firmware, LEAST_MEMORY[self.firmware]))
        check_options(self.options)
        board, drives = self._firmware(folder)
        command = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        command += [self.qemu, "-accel", "tcg", "-M", board, "-m", "%dK" % (self.memory >> 10), "-nic", "none",
                    "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-monitor", "none"]
        command += ["-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"] if self.serial else _NO_SERIAL
        command += ["-cdrom", self.iso] if self.iso else []
        command += drives + ["-display", _window() if self.display else "none"]
        command += ["-smbios", "type=11,value=" + self._marker()]
        if not self.menu:
            # The blank in front: an empty string would read as "Not Specified", and the kernel never sees it.
            # A tab is a blank to GRUB, but not to the patterns in its menu.
            command += ["-smbios", "type=1,serial= " + self.options.replace("\t", " ").replace(",", ",,")]
        if self.icount:
            command += ["-icount", "shift=%d,sleep=off" % ICOUNT_SHIFT, "-rtc", "clock=vm"]
        return command + self.extra

    def _marker(self):
        return "kfit/1:" + ("menu:" if self.menu else "") + self.arch + (":icount" if self.icount else "")

    def _firmware(self, folder):
        """The board, and the arguments that bring the firmware; its variables are a fresh copy for every run."""
        if self.firmware == "bios":
            return self.board or "pc", []
        board, code, variables, arguments = _FIRMWARE[self.firmware]
        copy = os.path.join(folder, "variables.fd")
        try:
            shutil.copyfile(OVMF + variables, copy)
            os.stat(OVMF + code)
        except OSError as error:
            package = "ovmf-ia32" if self.firmware == "uefi32" else "ovmf"
            raise Stop(NO_TOOL, "%s is missing (UEFI firmware for QEMU): apt-get install %s"
                       % (error.filename or code, package)) from error
        return self.board or board, arguments + [
            "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + OVMF + code,
            "-drive", "if=pflash,unit=1,format=raw,file=" + copy.replace(",", ",,")]


def check_options(options):
    """Stops with status 2 if kernel options cannot reach GRUB as they are."""
    bad = next((letter for letter in options if not (letter == "\t" or " " <= letter <= "~")), None)
    if bad is not None:
        raise Stop(BAD_INPUT, "kernel options are one line of printable ASCII; %s cannot be passed on" % ascii(bad))
    if len(options) > OPTIONS_MAX:
        raise Stop(BAD_INPUT, "the kernel options have %d characters; at most %d can be passed on"
                   % (len(options), OPTIONS_MAX))


def _window():
    """The kind of window this QEMU can open here."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise Stop(NO_TOOL, "--display needs a graphical session: neither DISPLAY nor WAYLAND_DISPLAY is set")
    kinds = subprocess.run([QEMU["x86_64"], "-display", "help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           check=False).stdout.decode("ascii", "replace").split()
    for kind in ("gtk", "sdl"):
        if kind in kinds:
            return kind
    raise Stop(NO_TOOL, "QEMU cannot open a window here (--display): apt-get install qemu-system-gui")
