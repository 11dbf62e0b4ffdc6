#!/usr/bin/env python3
"""What the README promises of a fresh machine, on fresh ones: all of tests/fresh/journey on bookworm and on trixie, side by side. From the same locks both must
make the same images, and the Debian package that each made of itself must do alone on another (tests/fresh/installed).

    test_fresh.py [RELEASE...]
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402

PROGRAM = os.environ.get("BOOTSTRAP", str(SOURCE / "build/release/bootstrap"))
RELEASES = ("bookworm", "trixie")
RECIPES = ("base", "web")


def write_locks(shared, scratch):
    """What both releases build from, however the archive moves meanwhile."""
    for name in ("recipes", "keys"):
        shutil.copytree(SOURCE / name, scratch / name, ignore=shutil.ignore_patterns("*.lock.json"))
    recipes = [scratch / f"recipes/{name}.yml" for name in RECIPES]
    subprocess.run([str(a) for a in (PROGRAM, "--store", scratch / "store", "lock", *recipes)], check=True, stdout=subprocess.DEVNULL)
    for name in RECIPES:
        shutil.copy(scratch / f"recipes/{name}.lock.json", shared)


def enter(release, shared, *command):
    argv = [SOURCE / "scripts/fresh-root", "--bind", f"{shared}:/shared", release, *command]
    return subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)


def travel(release, shared, jobs):
    """From the source, and then on another fresh machine from the package that was made of it."""
    journey = enter(release, shared, "env", f"JOBS={jobs}", "tests/fresh/journey")
    if journey.returncode == 0:
        installed = enter(release, shared, "tests/fresh/installed")
        journey.returncode = installed.returncode
        journey.stdout += installed.stdout
    return journey


def main():
    require_archive()
    if os.geteuid() != 0:
        print("only root can enter another root", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    releases = sys.argv[1:] or RELEASES
    jobs = max(1, len(os.sched_getaffinity(0)) // len(releases))
    failed = False
    with tempfile.TemporaryDirectory(prefix="fresh-shared-") as shared, tempfile.TemporaryDirectory(prefix="fresh-locks-") as scratch:
        write_locks(pathlib.Path(shared), pathlib.Path(scratch))
        with concurrent.futures.ThreadPoolExecutor(len(releases)) as pool:
            for release, journey in zip(releases, pool.map(lambda release: travel(release, shared, jobs), releases)):
                steps = [line for line in journey.stdout.splitlines() if line.startswith(b"== ") or journey.returncode != 0]
                print(f"{release}: {'passed' if journey.returncode == 0 else 'FAILED'}", b"\n".join(steps).decode(errors="replace"), sep="\n", flush=True)
                failed |= journey.returncode != 0
        digests = {release: pathlib.Path(shared, f"{release}.digests") for release in releases}
        digests = {release: path.read_text() for release, path in digests.items() if path.exists()}
    for release, text in digests.items():
        print(f"{release}, from the same locks:", text, sep="\n")
    if len(set(digests.values())) != 1 or len(digests) != len(releases):
        print("the releases do not make the same images from the same locks")
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
