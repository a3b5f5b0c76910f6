"""Golden texts: what the kernel printed once, was read and found good, and must print again to the letter.

    KFIT_GOLDEN=update ctest -R kernel/desk       writes what is printed now; read the change before committing it
"""
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def check(test, name, text):
    """Compares `text` with golden/NAME.txt."""
    path = os.path.join(FOLDER, name + ".txt")
    if os.environ.get("KFIT_GOLDEN") == "update":
        os.makedirs(FOLDER, exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    with open(path, encoding="ascii") as file:
        test.assertEqual(file.read(), text, "%s: run again with KFIT_GOLDEN=update if it is meant so" % path)
