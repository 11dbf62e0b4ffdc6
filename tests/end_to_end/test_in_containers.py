"""bootstrap inside containers: podman with its defaults as root and as an ordinary user, and a seccomp profile that refuses namespaces as docker's
does. What is built there is what is built outside, and what is missing of the box is said.

Uses the real archive. The containers are made of this machine's /usr and /etc.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from kit import LIMIT, SOURCE, RecipesCase, copy_programs

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402
from ordinary_user import as_user, ordinary_user  # noqa: E402

# What this kind of machine needs: hybrid cgroups and no right to raise limits.
PODMAN = ["podman", "--cgroup-manager=cgroupfs", "--runtime", "runc"]
RUN = ["run", "--rm", "--network", "host", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=10000:10000"]
# As docker's default profile answers those without CAP_SYS_ADMIN.
NO_NAMESPACES = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
    ],
}


@unittest.skipIf(os.geteuid() != 0, "only root can be both root and an ordinary user")
class Containers(RecipesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.end_namespaces)
        cls.programs = copy_programs(cls.work / "bin")

    @classmethod
    def end_namespaces(cls):
        for pause in cls.work.glob("*/libpod/tmp/pause.pid"):  # podman keeps an ordinary user's namespace alive with it
            os.kill(int(pause.read_text()), signal.SIGKILL)

    def places(self, name, owner):
        """Where a container's store and images are; and where podman's own files are, which must not be seen in it: its rootfs has a second /proc."""
        home = self.work / name
        engine = self.work / f"{name}-podman"
        if home.exists():
            return home, engine
        shutil.copytree(self.work / "recipes", home / "recipes")
        shutil.copytree(self.work / "keys", home / "keys")
        for directory in ("usr", "etc", "dev", "proc", "sys", "tmp", "run", "root"):
            (engine / "rootfs" / directory).mkdir(parents=True)
        for link in ("bin", "sbin", "lib", "lib64"):
            (engine / "rootfs" / link).symlink_to(f"usr/{link}")
        subprocess.run(["chown", "-R", f"{owner}:{owner}", home, engine], check=True)
        return home, engine

    def container(self, *arguments, user=None, options=(), name="root", owner=0):
        """Runs bootstrap in a container, where its folder belongs to this id."""
        home, engine = self.places(name, user.pw_uid if user else owner)
        command = [*PODMAN, "--root", engine / "containers", "--runroot", engine / "run", *RUN, *options]
        for directory in ("/usr", "/etc", self.programs):
            command += ["-v", f"{directory}:{directory}:ro"]
        command += ["-v", f"{home}:{home}", "--rootfs", engine / "rootfs"]
        command += [self.programs / "bootstrap", "--store", home / "store", "--images", home / "images", *arguments]
        if user:
            command = [*as_user(user), f"HOME={engine}", f"XDG_RUNTIME_DIR={engine}", *command]
        return subprocess.run([str(a) for a in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=LIMIT, cwd="/")

    def succeed(self, *arguments, **options):
        process = self.container(*arguments, **options)
        self.assertEqual(process.returncode, 0, process.stdout + process.stderr)
        return process

    def assert_as_outside(self, container, name):
        """The image that was built in the container has the digest that it has when this machine builds it."""

        def digests(images):
            index = json.loads((images / name / "index.json").read_text())
            return {entry["digest"] for entry in index["manifests"]}

        outside = self.bootstrap("--no-test", self.work / f"recipes/{name}.yml")
        self.assertEqual(outside.returncode, 0, outside.stderr)
        self.assertEqual(digests(self.work / container / "images"), digests(self.work / "images"))

    def steps(self, **options):
        info = json.loads(self.succeed("--json", "sandbox-info", **options).stdout)
        self.assertTrue(info["possible"], info)
        return info["steps"]

    def test_podman_with_its_defaults(self):
        self.assertEqual(self.steps(), ["no-proc"])
        built = self.succeed(self.work / "root/recipes/web.yml")  # whose service listens on port 80
        self.assertIn("note: the sandbox was weaker here: /proc is the one outside of the box", built.stderr)
        tested = json.loads(self.succeed("--json", "test", "web").stdout)
        self.assertIn("/proc is the one outside of the box", json.dumps(tested))
        ran = self.succeed("run", "--entrypoint", "id", "web")
        self.assertEqual(ran.stdout, "uid=0(root) gid=0(root) groups=0(root)\n")
        self.assertIn("note: /proc is the one outside of the box", ran.stderr)
        self.assert_as_outside("root", "web")

    def test_podman_that_covers_nothing(self):
        self.assertEqual(self.steps(options=["--security-opt", "unmask=ALL", "--hostname", "localhost"]), [])

    def test_podman_of_an_ordinary_user(self):
        podman = {"user": ordinary_user(), "name": "user"}
        self.assertEqual(self.steps(**podman), ["shared-ids", "no-proc"])
        built = self.succeed(self.work / "user/recipes/base.yml", **podman)
        self.assertIn("ids are shared with this container's users", built.stderr)
        self.assert_as_outside("user", "base")

    def test_a_user_namespace_without_an_id_to_spare(self):
        podman = {"name": "few", "owner": 300000, "options": ["--uidmap", "0:300000:65536", "--gidmap", "0:300000:65536"]}
        self.assertEqual(self.steps(**podman), ["shared-ids", "no-proc"])
        self.succeed("--no-test", self.work / "few/recipes/base.yml", **podman)
        self.assert_as_outside("few", "base")

    def test_namespaces_that_are_refused(self):
        profile = self.work / "seccomp.json"
        profile.write_text(json.dumps(NO_NAMESPACES))
        refused = self.container("sandbox-info", options=["--security-opt", f"seccomp={profile}"])
        self.assertEqual(refused.returncode, 7, refused.stdout)
        self.assertIn("--security-opt seccomp=unconfined", refused.stdout)


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
