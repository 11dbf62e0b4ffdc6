"""Runs of a small image with busybox in it, for the tests of `bootstrap run`."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from kit import LIMIT, SOURCE, Case, copy_programs

sys.path.insert(0, str(SOURCE / "tests/support"))

APPLETS = "sh sleep cat echo ls id stty tty tail httpd seq touch rm test mkdir chmod kill true hostname grep dd nc head readlink mkfifo ln env ps".split()


class BoxCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.case = Case()
        cls.case.setUp()
        cls.addClassCleanup(cls.case.doCleanups)
        cls.work = cls.case.work
        # Where an ordinary user finds them too: the clone may be in a home that nobody else can enter.
        cls.program = copy_programs(cls.work / "programs") / "bootstrap"
        shutil.copytree(SOURCE / "keys", cls.work / "keys")
        links = cls.work / "recipes/links"
        links.mkdir(parents=True)
        for applet in APPLETS:
            (links / applet).symlink_to("busybox")
        (cls.work / "recipes/page").mkdir()
        (cls.work / "recipes/page/index.html").write_text("the page\n")
        (cls.work / "recipes/box.yml").write_text(
            "name: box\narchitectures: [amd64]\n"
            "repositories:\n  - {archive: debian, suites: [bookworm], signed-by: [../keys/debian-archive-bookworm.asc]}\n"
            "packages: {variant: custom, include: [busybox-static, base-files, base-passwd]}\nscripts: skip\n"
            "files:\n  - {source: links/, target: /usr/bin}\n  - {source: page/, target: /srv}\n"
        )
        process = subprocess.run([*cls.argv(), str(cls.work / "recipes/box.yml")], capture_output=True, text=True, check=False)
        if process.returncode != 0:
            raise AssertionError(process.stderr)

    @classmethod
    def argv(cls, *arguments):
        return [a if isinstance(a, bytes) else str(a) for a in (cls.program, "--store", cls.work / "store", "--images", cls.work / "images", *arguments)]

    def setUp(self):
        self.started = []  # the process ids, by which what a run leaves can be told from what others have

    def popen(self, *arguments, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True} | options
        process = subprocess.Popen(self.argv("run", *arguments), **options)
        self.started.append(process.pid)
        return process

    def run_box(self, *arguments, **options):
        given = options.pop("input", None)
        with self.popen(*arguments, stderr=subprocess.PIPE, **options) as process:
            try:
                out, err = process.communicate(given, timeout=LIMIT)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json_of(self, *arguments):
        return json.loads(self.run_box("--json", *arguments).stdout)

    def start(self, *arguments):
        process = self.popen(*arguments)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def leavings(self):
        """What the runs of this test have left on this machine."""
        ours = re.compile("bootstrap-(" + "|".join(map(str, self.started)) + r")\.\d+$")
        groups = [name for _, names, _ in os.walk("/sys/fs/cgroup") for name in names if ours.match(name)]
        with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
            return groups + [line for line in mounts if str(self.work) in line] + list((self.work / "store").glob("tmp*"))
