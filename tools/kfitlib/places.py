"""Where things are in the checkout."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRACES = os.path.join(ROOT, "traces")
CI = os.path.join(ROOT, "ci")
TREES = {"default": os.path.join(ROOT, "build"), "kernel": os.path.join(ROOT, "build-kernel")}
