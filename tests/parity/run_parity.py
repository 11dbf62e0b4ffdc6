#!/usr/bin/env python3
"""Tree parity: builds the same package set with bootstrap and with mmdebstrap, from the same suites, and compares the trees.

    run_parity.py --bootstrap PROGRAM [--keep DIR] [--jobs N] [SET...]

Without a SET it is a sample that rotates with the commit; with BOOTSTRAP_SWEEP=all it is all of them. Exits 1 when a difference is not in allowed-differences.txt.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))
import compare_trees  # noqa: E402
import sweep  # noqa: E402
from apt_sources import archive_url, require_archive  # noqa: E402

# How many of the sets a test run compares, unless all are asked for.
SAMPLE = 4

# name -> (variant, include). The last one has a preinst that diverts a file of another package.
SETS = {
    "essential": ("essential", []),
    "apt": ("apt", []),
    "minbase": ("minbase", []),
    "web": ("minbase", ["nginx", "ca-certificates"]),
    "postgresql": ("minbase", ["postgresql"]),
    "redis": ("minbase", ["redis-server"]),
    "openssh": ("minbase", ["openssh-server"]),
    "mariadb": ("minbase", ["mariadb-server"]),
    "php-fpm": ("minbase", ["php-fpm"]),
    "jre": ("minbase", ["default-jre-headless"]),
    "systemd": ("minbase", ["systemd-sysv"]),
    "ping": ("minbase", ["iputils-ping"]),
    "python3": ("minbase", ["python3"]),
    "exim4": ("minbase", ["exim4-daemon-light"]),
    "divert": ("minbase", ["molly-guard", "systemd-sysv"]),
}

BASE = """\
name: {name}
architectures: [amd64]
repositories:
  - {{archive: debian, suites: [bookworm, bookworm-updates], components: [main], signed-by: [{keys}/debian-archive-bookworm.asc]}}
  - {{archive: debian-security, suites: [bookworm-security], components: [main], signed-by: [{keys}/debian-archive-bookworm-security.asc], security: true}}
packages: {{variant: {variant}, include: []}}
"""
CHILD = "name: {name}\nextends: {parent}.yml\npackages: {{include: [{include}]}}\n"


def run(argv, log, **options):
    with open(log, "ab") as file:
        result = subprocess.run(argv, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, **options)
    if result.returncode != 0:
        tail = "\n".join(pathlib.Path(log).read_text(errors="replace").splitlines()[-25:])
        raise RuntimeError(f"{argv[0]} ended with {result.returncode}:\n{tail}")


def build_ours(name, work, program):
    """A set with packages of its own is a child recipe of its variant, as people write them."""
    variant, include = SETS[name]
    recipes = work / "recipes"
    recipes.mkdir(exist_ok=True)
    (recipes / f"{variant}.yml").write_text(BASE.format(name=variant, variant=variant, keys=SOURCE / "keys"))
    if include:
        (recipes / f"{name}.yml").write_text(CHILD.format(name=name, parent=variant, include=", ".join(include)))
    log = work / f"{name}.ours.log"
    common = [program, "--store", str(work / "store"), "--images", str(work / "images")]
    run([*common, "--no-test", str(recipes / f"{name}.yml")], log)
    run([*common, "export", name, str(work / f"{name}.ours.tar")], log)
    return work / f"{name}.ours.tar"


def created(name, work):
    """The time that our image carries: mmdebstrap is given the same one."""
    blobs = work / "images" / name / "blobs"
    index = json.loads((work / "images" / name / "index.json").read_text())
    manifest = json.loads((blobs / index["manifests"][0]["digest"].replace(":", "/")).read_text())
    config = json.loads((blobs / manifest["config"]["digest"].replace(":", "/")).read_text())
    return int(datetime.datetime.fromisoformat(config["created"].replace("Z", "+00:00")).timestamp())


def build_theirs(name, work):
    variant, include = SETS[name]
    target = work / f"{name}.theirs.tar"
    lines = []
    for archive, suites in (("debian", ["bookworm", "bookworm-updates"]), ("debian-security", ["bookworm-security"])):
        lines += [f"deb {archive_url(archive)} {suite} main" for suite in suites]
    # Some packages write the host's name into their configuration: it gets the one that our sandbox has.
    argv = ["unshare", "--uts", "sh", "-c", 'hostname localhost; exec "$@"', "sh", "mmdebstrap", "--quiet", f"--variant={variant}"]
    if include:
        argv.append("--include=" + ",".join(include))
    run([*argv, "bookworm", str(target), *lines], work / f"{name}.theirs.log", env={**os.environ, "TMPDIR": str(work), "SOURCE_DATE_EPOCH": str(created(name, work))})
    return target


def compare(name, ours, work, allowed):
    """The number of our paths, and the differences that are not allowed."""
    theirs = build_theirs(name, work)
    left, right = compare_trees.Tree(ours), compare_trees.Tree(theirs)
    ours.unlink()
    theirs.unlink()
    unexplained = []
    for path, kind, text in compare_trees.differences(left, right):
        if not allowed.covers(name, path, kind):
            unexplained.append(f"{path}: {kind}: {text}")
    return len(left.nodes), unexplained


def scratch_parent():
    """Both tools write hundreds of megabytes per set: memory where there is plenty, disk elsewhere."""
    free = shutil.disk_usage("/dev/shm").free if os.path.isdir("/dev/shm") else 0
    return "/dev/shm" if free > 8 << 30 else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--keep", type=pathlib.Path, help="work in this directory and leave it")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("sets", nargs="*", default=[])
    arguments = parser.parse_args()
    require_archive()
    names = arguments.sets or sweep.share(SETS, SAMPLE)
    allowed = compare_trees.Allowed(HERE / "allowed-differences.txt")
    work = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="parity-", dir=scratch_parent()))
    work.mkdir(exist_ok=True)
    work.chmod(0o755)
    failed = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            # One core for ours, recipe after recipe, while mmdebstrap keeps the others busy.
            pending = []
            for name in names:
                ours = build_ours(name, work, arguments.bootstrap)
                pending.append((name, pool.submit(compare, name, ours, work, allowed)))
            for name, result in pending:
                count, unexplained = result.result()
                print(f"{'FAILED' if unexplained else 'equal '} {name}: {count} paths", flush=True)
                for line in unexplained[:60]:
                    print("   ", line)
                failed += bool(unexplained)
    finally:
        if not arguments.keep:
            shutil.rmtree(work, ignore_errors=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
