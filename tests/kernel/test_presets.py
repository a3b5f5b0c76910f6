"""The kernels of the other presets (another compiler, checks compiled in) boot, pass the self-tests and place a trace alike.
Each preset is built once, in the checkout's build-<preset>, as `cmake --preset` does it; the deep boot matrix uses the same."""
import unittest

from harness import ARCHES, KernelTest, boot, other_presets
from kfitlib import build

OPTIONS = "alloc=best-fit run=trace:sqlite out=both"


class Presets(KernelTest):
    def test_kernels_boot(self):
        self.assertIn("clang", other_presets())
        usual = {arch: boot(OPTIONS + " then=exit", arch=arch).one("result")["placement"] for arch in ARCHES}
        for preset in other_presets():
            iso = build.current(preset).iso
            for arch in ARCHES:
                with self.subTest(preset=preset, arch=arch):
                    outcome = boot(OPTIONS, keys="run selftest\nexit\n", arch=arch, iso=iso)
                    self.expect(outcome, 0)
                    self.assertEqual(outcome.of_type("result")[0]["placement"], usual[arch])
                    self.assertNotIn("FAILED", outcome.text)
                    self.assertGreater(outcome.text.count("\n  ok  "), 8, outcome.describe())
                    self.assertEqual(outcome.one("end")["frames_free"], outcome.one("boot")["frames_free"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
