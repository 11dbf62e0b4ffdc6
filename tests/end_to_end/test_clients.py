"""Real clients read our images: skopeo and a registry, podman, umoci, GNU tar, Python's streaming tarfile; each sees the tree that we see.

Uses the real archive: recipes/web.yml.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import unittest
import urllib.request

from kit import PROGRAM, SOURCE, Case

sys.path.insert(0, str(SOURCE / "tests/support"))
sys.path.insert(0, str(SOURCE / "tests/parity"))
import compare_trees  # noqa: E402
from apt_sources import require_archive  # noqa: E402

# What this kind of machine needs: hybrid cgroups and no right to raise limits.
PODMAN = ["podman", "--cgroup-manager=cgroupfs", "--runtime", "runc"]
PODMAN_RUN = ["run", "--rm", "--network", "none", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=10000:10000"]
REGISTRY = "127.0.0.1:5999"


def run(*argv, **options):
    process = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=300, **options)
    if process.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, argv))}\nexit {process.returncode}\n{process.stdout}\n{process.stderr}")
    return process.stdout


@unittest.skipIf(os.geteuid() != 0, "podman and umoci are tried as root")
class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.case = Case()
        cls.case.setUp()
        cls.work = cls.case.work
        for name in ("recipes", "keys"):
            shutil.copytree(SOURCE / name, cls.work / name)
        common = ["--store", cls.work / "store", "--images", cls.work / "images"]
        run(PROGRAM, *common, cls.work / "recipes/web.yml")
        run(PROGRAM, *common, "export", "web", cls.work / "web.tar")
        cls.common = common
        cls.tree = compare_trees.Tree(cls.work / "web.tar")
        cls.oci = f"oci:{cls.work}/images/web:latest"
        cls.podman = [*PODMAN, "--root", cls.work / "containers", "--runroot", cls.work / "run"]

    @classmethod
    def tearDownClass(cls):
        if hasattr(cls, "case"):
            subprocess.run([*map(str, cls.podman), "rmi", "--all", "--force"], capture_output=True, check=False)
            cls.case.doCleanups()

    def assert_same_tree(self, tar, ignore=()):
        other = compare_trees.Tree(tar)
        found = [d for d in compare_trees.differences(self.tree, other) if d[0] not in ignore]
        self.assertEqual(found, [])

    def tar_of(self, directory):
        """GNU tar of a directory as another client unpacked it."""
        target = self.work / "other.tar"
        run("tar", "--xattrs", "--xattrs-include=*", "--format=posix", "-C", directory, "-cf", target, ".")
        return target

    def manifest(self):
        index = json.loads((self.work / "images/web/index.json").read_text())
        entry = next(e for e in index["manifests"] if e["annotations"]["org.opencontainers.image.ref.name"] == "latest")
        return json.loads((self.work / "images/web/blobs" / entry["digest"].replace(":", "/")).read_text()), entry["digest"]

    def test_skopeo_copies_to_a_registry_and_back_unchanged(self):
        config = self.work / "registry.yml"
        config.write_text(
            f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {self.work}/registry\nhttp:\n  addr: {REGISTRY}\n"
        )
        registry = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(registry.wait)
        self.addCleanup(registry.kill)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        run("skopeo", "copy", "--preserve-digests", "--dest-tls-verify=false", self.oci, f"docker://{REGISTRY}/web:v1")
        run("skopeo", "copy", "--preserve-digests", "--src-tls-verify=false", f"docker://{REGISTRY}/web:v1", f"oci:{self.work}/back:v1")
        _, digest = self.manifest()
        index = json.loads((self.work / "back/index.json").read_text())
        self.assertEqual(index["manifests"][0]["digest"], digest)
        for blob in (self.work / "back/blobs/sha256").iterdir():
            self.assertEqual(hashlib.sha256(blob.read_bytes()).hexdigest(), blob.name)

    def test_podman_runs_nginx(self):
        run(*self.podman, "pull", "--quiet", self.oci)
        image = run(*self.podman, "images", "--quiet").split()[0]
        script = (
            "nginx -g 'daemon off;' & for i in 1 2 3 4 5 6 7 8 9 10; do "
            "bash -c 'exec 3<>/dev/tcp/127.0.0.1/80 && printf \"GET / HTTP/1.0\\r\\n\\r\\n\" >&3 && head -n 1 <&3' 2>/dev/null && break; sleep 0.3; done"
        )
        answer = run(*self.podman, *PODMAN_RUN, "--entrypoint", "sh", image, "-c", script)
        self.assertIn("200 OK", answer)
        container = run(*self.podman, "create", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=10000:10000", image).strip()
        run(*self.podman, "export", "--output", self.work / "podman.tar", container)
        run(*self.podman, "rm", container)
        # podman itself makes these when it creates a container.
        self.assert_same_tree(self.work / "podman.tar", ignore={"etc/mtab", "etc/hosts", "etc/hostname", "etc/resolv.conf", "run/.containerenv"})

    def test_umoci_unpacks_the_same_tree(self):
        run("umoci", "unpack", "--image", f"{self.work}/images/web:latest", self.work / "bundle")
        self.assert_same_tree(self.tar_of(self.work / "bundle/rootfs"))

    def test_export_to_a_directory_is_the_same_tree(self):
        run(PROGRAM, *self.common, "export", "web", self.work / "directory")
        self.assert_same_tree(self.tar_of(self.work / "directory"))

    def test_oci_archive_goes_through_skopeo(self):
        run(PROGRAM, *self.common, "export", "web", self.work / "web.oci", "--format", "oci-archive")
        run("skopeo", "copy", f"oci-archive:{self.work}/web.oci", f"dir:{self.work}/dir")
        manifest, _ = self.manifest()
        copied = json.loads((self.work / "dir/manifest.json").read_text())
        self.assertEqual(copied["layers"], manifest["layers"])

    def test_every_tar_reader_sees_every_entry_of_every_layer(self):
        manifest, _ = self.manifest()
        for layer in manifest["layers"]:
            blob = self.work / "images/web/blobs" / layer["digest"].replace(":", "/")
            with tarfile.open(blob, "r|gz") as tar:  # the stream mode stops silently after a first gzip member
                streamed = [member.name.rstrip("/") for member in tar]
            gnu = [name.rstrip("/") for name in run("tar", "--quoting-style=literal", "-tzf", blob).splitlines()]
            self.assertEqual(sorted(streamed), sorted(gnu))
            self.assertEqual(len(streamed), len(set(streamed)), "a path occurs twice in a layer")

    def test_the_config_says_what_the_recipe_says(self):
        config = json.loads(run("skopeo", "inspect", "--config", self.oci))
        self.assertEqual(config["config"]["Entrypoint"], ["nginx", "-g", "daemon off;"])
        self.assertEqual(config["config"]["ExposedPorts"], {"80/tcp": {}})
        self.assertEqual(config["config"]["StopSignal"], "SIGQUIT")
        self.assertEqual((config["os"], config["architecture"]), ("linux", "amd64"))


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
