"""Which part of a long sweep a test runs: a sample that rotates with the commit, or all of it when $BOOTSTRAP_SWEEP is "all"."""
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


def share(items, count):
    """So many of the items, one after the other from where the commit's hash says; all of them outside a clone."""
    items = list(items)
    if os.environ.get("BOOTSTRAP_SWEEP") == "all" or count >= len(items):
        return items
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=SOURCE, capture_output=True, text=True, check=False).stdout.strip()
    if not commit:
        return items
    start = int(commit, 16) % len(items)
    print(f"{count} of {len(items)}, from number {start + 1} on, by the commit; scripts/test --all runs all", file=sys.stderr, flush=True)
    return [items[(start + number) % len(items)] for number in range(count)]
