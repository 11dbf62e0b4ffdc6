"""A full disk, a failing one, a kill and a power cut at any file operation of a build or an update: what was there before stays whole, the error names the file,
and the next run comes to the same image and leaves nothing of the failed one behind.

    test_faults.py --faults 50      at fifty operations of each program spread over all, instead of six
    test_faults.py --all            at every one
"""
import argparse
import collections
import os
import shutil
import signal
import sys
import time
import unittest

from faults import REASONS, FaultsCase
from kit import Archive, copy_programs

LIBRARY = os.environ.get("FAULT_INJECTION", "")
PROGRAMS = ("bootstrap", "bootstrap-downloader")  # for the third see test_worker_faults.py
FAULTS = 6


class Faults(FaultsCase):
    def setUp(self):
        super().setUp()
        self.archive = Archive(self.work / "made")
        self.archive.add("base", files={"/usr/share/base": "base\n"})
        self.archive.add("hello", files={"/usr/share/hello": "hello\n"})
        self.publish(2)
        self.archive.recipe(self.recipes / "base.yml", ["base"])
        self.recipe = self.recipes / "web.yml"
        self.recipe.write_text('name: web\nversion: "1.0"\nextends: base.yml\npackages: {include: [hello]}\n')
        self.mirror = ["--mirror", f"made=file://{self.archive.directory}"]
        self.program = copy_programs(self.work / "bin") / "bootstrap"

    def publish(self, hours):
        self.archive.release_fields["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(time.time() - hours * 3600))
        self.archive.publish()

    def build(self):
        return [*self.mirror, "--json", self.recipe]

    def update(self):
        return [*self.mirror, "--json", "update", self.recipe]

    def prepare_update(self):
        self.succeed(*self.build())
        self.archive.packages = [fields for fields in self.archive.packages if fields["Package"] != "hello"]
        self.archive.add("hello", version="1.1", files={"/usr/share/hello": "hello again\n"})
        self.publish(1)
        return [*self.update(), "--allow=all"]

    def run_with_fault(self, arguments, program, kind="", at=0):
        fault = self.plan(program, self.state, kind, at)
        # Of the environment the downloader is given no more than it has a use for.
        self.program.with_name("faults").write_text("".join(f"{name}={value}\n" for name, value in fault.items()))
        fault["LD_PRELOAD"] = LIBRARY
        fault["TMPDIR"] = str(self.work)  # where a killed run leaves the keys that it checked signatures with
        result = self.bootstrap(*arguments, env=fault)
        self.wait_for_helpers()
        return result

    def wait_for_helpers(self):
        """A power cut takes all processes at once; those that a killed program had started end a moment after it."""
        deadline = time.monotonic() + 30
        while any(self.is_ours(process) for process in os.scandir("/proc") if process.name.isdigit()):
            self.assertLess(time.monotonic(), deadline, "a helper outlives its program")
            time.sleep(0.01)

    def is_ours(self, process):
        try:
            return os.readlink(f"{process.path}/exe").startswith(str(self.program.parent))
        except OSError:
            return False  # gone meanwhile

    def lose_power(self, done):
        """Takes away what these operations have not flushed: the content of files, and new names in directories."""
        file_of, dirty, new_names = {}, set(), set()
        for operation, path, *target in done:
            path_then = file_of.get(path, path)
            if operation == "write":
                dirty.add(path_then)
            elif operation == "fsync":
                dirty.discard(path_then)
                new_names = {name for name in new_names if os.path.dirname(name) != path}
            if operation in ("rename", "link"):
                file_of[target[0]] = path_then
                new_names.add(target[0])
            elif operation in ("mkdir", "open"):
                new_names.add(path)
        for path in filter(os.path.isfile, sorted(file_of)):
            if file_of[path] in dirty:
                os.truncate(path, 0)
        for path in filter(os.path.exists, sorted(new_names)):
            if not self.kept.joinpath(os.path.relpath(path, self.state)).exists():
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def check_message(self, result, kind):
        self.assertGreater(result.code, 0, result)
        self.assertIn(REASONS[kind], result.err + result.out, result)
        self.assertIn(str(self.state), result.err + result.out, "the file is not named")

    def inject(self, arguments):
        self.keep()
        for program in PROGRAMS:
            self.go_back()
            self.assertEqual(self.run_with_fault(arguments, program).code, 0)
            expected = self.digests()
            count = len(self.operations())
            told = collections.Counter()
            for kind in ("ENOSPC", "EIO", "KILL", "POWER"):
                for at in range(1, count + 1, max(1, count // FAULTS)):
                    with self.subTest(program=program, kind=kind, at=at):
                        self.go_back()
                        self.inject_one(arguments, program, kind, at, expected)
                        told[kind] += 1
            print(f"{program}, {count} operations: {dict(told)}", file=sys.stderr)

    def inject_one(self, arguments, program, kind, at, expected):
        result = self.run_with_fault(arguments, program, "KILL" if kind == "POWER" else kind, at)
        operations = self.operations()
        if len(operations) < at:
            return  # what runs side by side shares some of the work
        with self.subTest(operation=operations[at - 1]):
            if kind in REASONS:
                if result.code != 0:  # what only saves time may fail
                    self.check_message(result, kind)
            elif program == "bootstrap":
                self.assertEqual(result.code, -signal.SIGKILL, result)
            else:
                self.assertGreater(result.code, 0, result)
                self.assertIn("the downloader", result.err + result.out, result)
            if kind == "POWER":
                self.lose_power(operations[: at - 1] + operations[at:])
            self.age_leftovers()
            self.check_images()
            self.check_locks()
            self.bootstrap("store", "check") if kind == "POWER" else self.succeed("store", "check")
            self.check_recovery(arguments, expected)

    def test_a_first_build(self):
        self.inject(self.build())

    def test_an_update(self):
        self.inject(self.prepare_update())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--faults", type=int, default=FAULTS, help="of each kind, for each program and run")
    parser.add_argument("--all", action="store_true", help="faults at every operation")
    arguments, rest = parser.parse_known_args()
    FAULTS = sys.maxsize if arguments.all else arguments.faults
    unittest.main(argv=[sys.argv[0], *rest])
