"""Real clients read our images: skopeo and a registry, podman, umoci, buildah, containerd, docker, GNU tar, bsdtar, Python's streaming tarfile; each sees
the tree that we see. systemd-nspawn, LXC and runc run what we export and what umoci unpacks.

Uses the real archive: recipes/web.yml runs in podman, recipes/distroless.yml goes through every client with gzip and with zstd layers. Of Debian
12's clients umoci 0.4 and docker 20.10 don't know zstd.
"""
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import urllib.request

from kit import LIMIT, PROGRAM, RecipesCase, SOURCE

sys.path.insert(0, str(SOURCE / "tests/support"))
sys.path.insert(0, str(SOURCE / "tests/parity"))
import compare_trees  # noqa: E402
from apt_sources import require_archive  # noqa: E402

# What this kind of machine needs: hybrid cgroups and no right to raise limits.
PODMAN = ["podman", "--cgroup-manager=cgroupfs", "--runtime", "runc"]
PODMAN_RUN = ["run", "--rm", "--network", "none", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=10000:10000"]
REGISTRY = "127.0.0.1:5999"
# What clients themselves make when they create a container.
MADE_BY_PODMAN = {"etc/mtab", "etc/hosts", "etc/hostname", "etc/resolv.conf", "run/.containerenv"}
MADE_BY_DOCKER = {".dockerenv", "dev/console", "dev/pts", "dev/shm", "etc/mtab", "etc/hosts", "etc/hostname", "etc/resolv.conf"}


def run(*argv, **options):
    process = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=LIMIT, **options)
    if process.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, argv))}\nexit {process.returncode}\n{process.stdout}\n{process.stderr}")
    return process.stdout


def start(*argv, ready):
    """A daemon that is ready when the command `ready` succeeds; its log is part of the error when it never does."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(300):
            if subprocess.run([str(a) for a in ready], capture_output=True, check=False).returncode == 0:
                return process
            if process.poll() is not None:
                break
            time.sleep(0.1)
        stop(process)
        log.seek(0)
        raise AssertionError(f"{argv[0]} did not start\n{log.read()}")


def stop(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class ClientCase(RecipesCase):
    """Images built from recipes/ in a place of their own, and each one's tree as we export it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.common = ["--store", cls.work / "store", "--images", cls.work / "images"]
        cls.podman = [*PODMAN, "--root", cls.work / "containers", "--runroot", cls.work / "run"]
        cls.trees = {}
        cls.addClassCleanup(subprocess.run, [*map(str, cls.podman), "rmi", "--all", "--force"], capture_output=True, check=False)

    @classmethod
    def build(cls, name):
        run(PROGRAM, *cls.common, "--no-test", cls.work / f"recipes/{name}.yml")
        run(PROGRAM, *cls.common, "export", name, cls.work / f"{name}.tar")
        cls.trees[name] = compare_trees.Tree(cls.work / f"{name}.tar")

    def oci(self, name):
        return f"oci:{self.work}/images/{name}:latest"

    def assert_same_tree(self, name, tar, ignore=()):
        other = compare_trees.Tree(tar)
        found = [d for d in compare_trees.differences(self.trees[name], other) if d[0] not in ignore]
        self.assertEqual(found, [])

    def tar_of(self, directory):
        """GNU tar of a directory as another client unpacked it."""
        target = self.work / "other.tar"
        run("tar", "--xattrs", "--xattrs-include=*", "--format=posix", "-C", directory, "-cf", target, ".")
        return target

    def blob(self, name, digest):
        return self.work / "images" / name / "blobs" / digest.replace(":", "/")

    def manifest(self, name):
        index = json.loads((self.work / "images" / name / "index.json").read_text())
        entry = next(e for e in index["manifests"] if e["annotations"]["org.opencontainers.image.ref.name"] == "latest")
        return json.loads(self.blob(name, entry["digest"]).read_text()), entry["digest"]

    def layers(self, name):
        """The files, lowest first."""
        return [self.blob(name, layer["digest"]) for layer in self.manifest(name)[0]["layers"]]


@unittest.skipIf(os.geteuid() != 0, "podman and umoci are tried as root")
class Web(ClientCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build("web")

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
        run("skopeo", "copy", "--preserve-digests", "--dest-tls-verify=false", self.oci("web"), f"docker://{REGISTRY}/web:v1")
        run("skopeo", "copy", "--preserve-digests", "--src-tls-verify=false", f"docker://{REGISTRY}/web:v1", f"oci:{self.work}/back:v1")
        _, digest = self.manifest("web")
        index = json.loads((self.work / "back/index.json").read_text())
        self.assertEqual(index["manifests"][0]["digest"], digest)
        for blob in (self.work / "back/blobs/sha256").iterdir():
            self.assertEqual(hashlib.sha256(blob.read_bytes()).hexdigest(), blob.name)

    def test_podman_runs_nginx(self):
        run(*self.podman, "pull", "--quiet", self.oci("web"))
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
        self.assert_same_tree("web", self.work / "podman.tar", MADE_BY_PODMAN)

    def test_umoci_unpacks_the_same_tree(self):
        run("umoci", "unpack", "--image", f"{self.work}/images/web:latest", self.work / "bundle")
        self.assert_same_tree("web", self.tar_of(self.work / "bundle/rootfs"))

    def test_export_to_a_directory_is_the_same_tree(self):
        run(PROGRAM, *self.common, "export", "web", self.work / "directory")
        self.assert_same_tree("web", self.tar_of(self.work / "directory"))

    def test_nspawn_and_lxc_run_an_exported_directory(self):
        tree = self.work / "container"
        run(PROGRAM, *self.common, "export", "web", tree)
        self.assertIn("nginx version", self.said("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe", "-D", tree, "nginx", "-v"))
        config = self.work / "lxc.conf"
        config.write_text(f"lxc.rootfs.path = dir:{tree}\nlxc.net.0.type = empty\nlxc.mount.auto = proc:mixed sys:ro\nlxc.uts.name = web\n")
        self.assertIn("nginx version", self.said("lxc-execute", "--name", "web", "--rcfile", config, "--", "/usr/sbin/nginx", "-v"))

    def test_runc_runs_what_umoci_unpacked(self):
        bundle = self.work / "runc-bundle"
        run("umoci", "unpack", "--image", f"{self.work}/images/web:latest", bundle)
        config = json.loads((bundle / "config.json").read_text())
        config["process"] |= {"args": ["nginx", "-v"], "terminal": False}
        config["process"].pop("rlimits", None)  # this kind of machine may not raise them
        (bundle / "config.json").write_text(json.dumps(config))
        self.assertIn("nginx version", self.said("runc", "--root", self.work / "runc", "run", "--bundle", bundle, "web"))

    def said(self, *argv):
        """Both of its outputs."""
        return run("sh", "-c", 'exec "$@" 2>&1', "sh", *argv)

    def test_oci_archive_goes_through_skopeo(self):
        run(PROGRAM, *self.common, "export", "web", self.work / "web.oci", "--format", "oci-archive")
        run("skopeo", "copy", f"oci-archive:{self.work}/web.oci", f"dir:{self.work}/dir")
        manifest, _ = self.manifest("web")
        copied = json.loads((self.work / "dir/manifest.json").read_text())
        self.assertEqual(copied["layers"], manifest["layers"])

    def test_every_tar_reader_sees_every_entry_of_every_layer(self):
        for blob in self.layers("web"):
            with tarfile.open(blob, "r|gz") as tar:  # the stream mode stops silently after a first gzip member
                streamed = [member.name.rstrip("/") for member in tar]
            gnu = [name.rstrip("/") for name in run("tar", "--quoting-style=literal", "-tzf", blob).splitlines()]
            self.assertEqual(sorted(streamed), sorted(gnu))
            self.assertEqual(len(streamed), len(set(streamed)), "a path occurs twice in a layer")

    def test_the_config_says_what_the_recipe_says(self):
        config = json.loads(run("skopeo", "inspect", "--config", self.oci("web")))
        self.assertEqual(config["config"]["Entrypoint"], ["nginx", "-g", "daemon off;"])
        self.assertEqual(config["config"]["ExposedPorts"], {"80/tcp": {}})
        self.assertEqual(config["config"]["StopSignal"], "SIGQUIT")
        self.assertEqual((config["os"], config["architecture"]), ("linux", "amd64"))


@unittest.skipIf(os.geteuid() != 0, "containers are mounted, and daemons started, as root")
class EveryClient(ClientCase):
    """The same image with gzip and with zstd layers."""

    IMAGES = ("distroless", "distroless-zstd")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        recipe = (cls.work / "recipes/distroless.yml").read_text()
        zstd = recipe.replace("name: distroless\n", "name: distroless-zstd\nlayers: {compression: zstd}\n", 1)
        (cls.work / "recipes/distroless-zstd.yml").write_text(zstd)
        for name in cls.IMAGES:
            cls.build(name)

    def containerd(self):
        """A containerd of our own; its socket."""
        socket = self.work / "containerd.sock"
        config = self.work / "containerd.toml"
        config.write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
        places = ["--root", self.work / "containerd", "--state", self.work / "containerd-state", "--address", socket]
        daemon = start("containerd", "--config", config, *places, ready=["ctr", "--address", socket, "version"])
        self.addCleanup(stop, daemon)
        return socket

    def test_both_are_the_same_tree(self):
        self.assertIn("zstd", self.manifest("distroless-zstd")[0]["layers"][0]["mediaType"])
        self.assert_same_tree("distroless", self.work / "distroless-zstd.tar")

    def test_podman(self):
        for name in self.IMAGES:
            with self.subTest(name):
                container = run(*self.podman, "create", "--quiet", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=10000:10000", self.oci(name)).split()[-1]
                run(*self.podman, "export", "--output", self.work / "podman.tar", container)
                run(*self.podman, "rm", container)
                self.assert_same_tree(name, self.work / "podman.tar", MADE_BY_PODMAN)

    def assert_takes_a_learned_profile(self, *engine, image):
        """The image's tests run under its profile, and fail under one that lacks a call."""
        profile = self.work / f"{secrets.token_hex(4)}.profile.json"
        run(PROGRAM, *self.common, "profile", "distroless", "--output", profile)
        command = [*engine, "--cap-drop=all", "--security-opt", f"seccomp={profile}", "--entrypoint", "/usr/sbin/nginx", image, "-e", "stderr", "-t"]
        run(*command)
        learned = json.loads(profile.read_text())
        for group in learned["syscalls"]:
            group["names"] = [name for name in group["names"] if name != "socket"]
        profile.write_text(json.dumps(learned))
        failed = subprocess.run([str(a) for a in command], capture_output=True, text=True, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("socket", failed.stderr)

    def test_podman_takes_a_learned_profile(self):
        self.assert_takes_a_learned_profile(*self.podman, *PODMAN_RUN, image=self.oci("distroless"))

    def test_crun_takes_a_learned_profile(self):
        # It refuses a machine with both versions of cgroups, so version 2 is taken away from it.
        alone = ["unshare", "--mount", "sh", "-c", 'umount /sys/fs/cgroup/unified 2> /dev/null; exec "$@"', "sh"]
        podman = ["crun" if word == "runc" else word for word in map(str, self.podman)]
        self.assert_takes_a_learned_profile(*alone, *podman, *PODMAN_RUN, image=self.oci("distroless"))

    def test_buildah(self):
        buildah = ["buildah", "--storage-driver", "vfs", "--root", self.work / "buildah", "--runroot", self.work / "buildah-run"]
        self.addCleanup(subprocess.run, [*map(str, buildah), "rm", "--all"], capture_output=True, check=False)
        for name in self.IMAGES:
            with self.subTest(name):
                container = run(*buildah, "from", "--quiet", self.oci(name)).strip()
                self.assert_same_tree(name, self.tar_of(run(*buildah, "mount", container).strip()))
                run(*buildah, "umount", container)

    def test_bsdtar_unpacks_layer_after_layer(self):
        for name in self.IMAGES:
            with self.subTest(name):
                root = self.work / f"bsdtar-{name}"
                root.mkdir(mode=0o755)
                for layer in self.layers(name):
                    run("bsdtar", "--numeric-owner", "-C", root, "-xpf", layer)
                self.assert_same_tree(name, self.tar_of(root))

    def test_containerd(self):
        ctr = ["ctr", "--address", self.containerd()]
        for name in self.IMAGES:
            with self.subTest(name):
                archive = self.work / f"{name}.oci"
                run(PROGRAM, *self.common, "export", name, archive, "--format", "oci-archive")
                run(*ctr, "images", "import", "--no-unpack", "--index-name", f"made.example/{name}:index", archive)
                image = next(i for i in run(*ctr, "images", "list", "--quiet").split() if name in i and not i.endswith(":index"))
                root = self.work / f"containerd-{name}"
                root.mkdir()
                run(*ctr, "images", "mount", "--snapshotter", "native", image, root)
                self.addCleanup(subprocess.run, ["umount", str(root)], capture_output=True, check=False)
                self.assert_same_tree(name, self.tar_of(root))
                run("umount", root)

    def test_docker(self):
        host = f"unix://{self.work}/docker.sock"
        docker = ["docker", "--host", host]
        # Nothing of the host's network is touched.
        network = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
        places = ["--data-root", self.work / "docker", "--exec-root", self.work / "docker-run", "--pidfile", self.work / "docker.pid"]
        daemon = start("dockerd", "--host", host, "--containerd", self.containerd(), "--storage-driver", "vfs", *places, *network,
                       ready=[*docker, "version"])  # fmt: skip
        self.addCleanup(stop, daemon)
        archive = self.work / "docker.tar"
        run(PROGRAM, *self.common, "export", "distroless", archive, "--format", "docker-archive")
        layout = self.work / "layout.tar"  # a layout has what `docker load` wants, too
        run("tar", "-C", self.work / "images/distroless", "-cf", layout, ".")
        for tar in (archive, layout):
            with self.subTest(tar.name):
                image = run(*docker, "load", "--quiet", "--input", tar).splitlines()[-1].split(": ", 1)[1]
                container = run(*docker, "create", image).strip()
                run(*docker, "export", "--output", self.work / "docker-export.tar", container)
                run(*docker, "rm", container)
                run(*docker, "rmi", "--force", image)
                self.assert_same_tree("distroless", self.work / "docker-export.tar", MADE_BY_DOCKER)
        image = run(*docker, "load", "--quiet", "--input", archive).splitlines()[-1].split(": ", 1)[1]
        limits = ["--ulimit", "nofile=1024:4096", "--ulimit", "nproc=10000:10000"]
        self.assert_takes_a_learned_profile(*docker, "run", "--rm", "--network", "none", *limits, image=image)


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
