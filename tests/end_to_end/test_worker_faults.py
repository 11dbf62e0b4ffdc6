"""Memory that is used up, a failing disk and a kill at any file operation of a worker, while it unpacks, lets scripts run, and tests: the run fails and says why,
what was there before stays whole, and the next run comes to the same image.

    test_worker_faults.py --faults 200      at two hundred operations of each worker, instead of a few

Uses the real archive. The worker is the program's own, with the faults linked into it: it is started with a clean environment.
"""
import argparse
import collections
import os
import shutil
import sys
import unittest

from faults import REASONS, FaultsCase
from kit import SOURCE, Archive, copy_programs
from made_packages import made_packages

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402

FAULTY_WORKER = os.environ.get("FAULTY_WORKER", "")
KINDS = ("ENOSPC", "EIO", "KILL")
FAULTS = 1  # of each kind, for each worker
BASE = """\
name: base
architectures: [amd64]
repositories:
  - {{archive: debian, suites: [bookworm], signed-by: [{keys}/debian-archive-bookworm.asc]}}
packages: {{variant: essential, include: [passwd]}}
paths: {{exclude: [/usr/share/locale/*, /usr/share/doc/*, /usr/share/man/*, /usr/share/zoneinfo/*]}}
"""
WEB = """\
name: web
extends: base.yml
repositories:
  - {archive: made, suites: [stable], signed-by: [archive.asc]}
packages: {include: [made-conf, made-user, made-text, made-index, made-wrapper]}
tests:
  - {name: tool, run: [/usr/bin/made-tool], stdout: {contains: wrapper}}
"""


class WorkerFaults(FaultsCase):
    def setUp(self):
        super().setUp()
        archive = Archive(self.work / "made")
        for name, package in made_packages("1.0").items():
            archive.add(name, "1.0", **package)
        archive.publish()
        archive.recipe(self.recipes / "base.yml", [])
        (self.recipes / "base.yml").write_text(BASE.format(keys=SOURCE / "keys"))
        (self.recipes / "web.yml").write_text(WEB)
        self.build = ["--mirror", f"made=file://{archive.directory}", "--json", self.recipes / "web.yml"]
        self.succeed("--json", self.recipes / "base.yml")
        self.succeed(*self.build[:2], "lock", self.recipes / "web.yml")
        programs = copy_programs(self.work / "bin")
        self.program = programs / "bootstrap"
        shutil.copy2(FAULTY_WORKER, programs / "bootstrap-worker")
        self.keep()

    def run_with_fault(self, job, kind="", at=0):
        plan = self.plan(job, "", kind, at)
        self.program.with_name("faults").write_text("".join(f"{name}={value}\n" for name, value in plan.items()))
        result = self.bootstrap(*self.build)
        self.program.with_name("faults").unlink()
        return result

    def inject(self, job):
        self.go_back()
        result = self.run_with_fault(job)
        self.assertEqual(result.code, 0, result)
        expected = self.digests()
        count = len(self.operations())
        told = collections.Counter()
        faults = len(KINDS) * FAULTS
        for number in range(faults):  # of each kind in turn, spread over all
            kind, at = KINDS[number % len(KINDS)], 1 + (count - 1) * number // (faults - 1)
            with self.subTest(job=job, kind=kind, at=at):
                self.go_back()
                result = self.run_with_fault(job, kind, at)
                told[f"{kind}: exit {result.code}"] += 1
                with self.subTest(operation=self.operations()[at - 1]):
                    self.check_failure(result, kind)
                    self.check_images()
                    self.check_locks()
                    self.succeed("store", "check")
                    self.check_recovery(self.build, expected)
        print(f"{job}, {count} operations: {dict(told)}", file=sys.stderr)

    def check_failure(self, result, kind):
        if kind == "KILL":
            self.assertIn("worker", result.err + result.out, result)
            self.assertGreater(result.code, 0, result)
        elif result.code != 0:  # what only saves time may fail
            self.assertIn(REASONS[kind], result.err + result.out, result)

    def test_every_worker_of_a_build(self):
        for job in ("assemble", "smoke"):
            self.inject(job)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--faults", type=int, default=FAULTS, help="of each kind, for each worker; at least 1")
    arguments, rest = parser.parse_known_args()
    FAULTS = arguments.faults
    require_archive()
    unittest.main(argv=[sys.argv[0], *rest])
