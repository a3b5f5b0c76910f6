"""Entry of the kfit command: ../kfit starts it with a Python it has found."""
import sys

if sys.version_info < (3, 9):
    sys.stderr.write("kfit: python3 is %d.%d; kfit needs 3.9 or newer\n" % sys.version_info[:2])
    sys.exit(8)

from kfitlib.main import main  # noqa: E402  (after the version check)

sys.exit(main(sys.argv[1:]))
