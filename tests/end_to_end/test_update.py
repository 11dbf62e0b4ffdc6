"""Nightly updates on a made archive whose states the test controls: what moves, what is tested, what is kept, and that neither a second
run nor a kill does harm."""
import argparse
import email.utils
import gzip
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

from kit import LIMIT, PROGRAM, Archive, Case, Server, files_below, keyring

KILLS = 50


def program(status):
    """A static program for amd64 that ends with this exit status."""
    code = b"\xbf" + struct.pack("<I", status) + b"\xb8\x3c\x00\x00\x00\x0f\x05"  # mov edi, status; mov eax, SYS_exit; syscall
    size = 120 + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 4096) + code


def changelog(source, *entries):
    """The newest entry first: (version, text)."""
    text = "".join(
        f"{source} ({version}) stable-security; urgency=high\n\n  * {change}\n\n -- Tests <tests@example.invalid>  Tue, 07 May 2024 12:40:10 +0200\n\n"
        for version, change in entries
    )
    return {f"/usr/share/doc/{source}/changelog.Debian.gz": gzip.compress(text.encode(), mtime=0)}


def service(status=0, version="1.0-1", *entries):
    return {"/usr/bin/hello": (program(status), 0o755), "/usr/share/hello": version} | changelog("hello", *entries, ("1.0-1", "New."))


class Update(Case):
    def setUp(self):
        super().setUp()
        self.published = 0
        self.main = Archive(self.work / "made")
        self.security = Archive(self.work / "made-security", suite="stable-security")
        self.main.add("libbase", "1.0-1", files={"/usr/lib/libbase": "1"} | changelog("libbase", ("1.0-1", "New.")))
        self.main.add("hello", "1.0-1", files=service(), control={"Depends": "olddep"})
        self.main.add("olddep", "1.0-1", files={"/usr/share/olddep": "1"})
        self.main.add("newdep", "1.0-1", files={"/usr/share/newdep": "1"})
        self.main.add("tool", "1.0-1", files={"/usr/share/tool": "1"})
        self.publish()
        self.recipes = self.work / "recipes"
        self.recipes.mkdir()
        (self.recipes / "archive.asc").write_bytes(keyring().key("archive"))
        self.base = self.recipe("base", f"repositories:\n{self.repository('made', 'stable')}{self.repository('made-security', 'stable-security', True)}", "libbase")
        self.web = self.recipe("web", "extends: base.yml\n", "hello", "tests:\n  - {name: hello runs, run: [/usr/bin/hello]}\n")
        self.other = self.recipe("other", "extends: base.yml\n", "tool")

    @staticmethod
    def repository(archive, suite, security=False):
        return f"  - {{archive: {archive}, suites: [{suite}], signed-by: [archive.asc], security: {str(security).lower()}}}\n"

    def recipe(self, name, head, include, tail=""):
        path = self.recipes / f"{name}.yml"
        variant = "variant: custom, " if "extends" not in head else ""
        path.write_text(f'name: {name}\nversion: "1.0"\narchitectures: [amd64]\n{head}packages: {{{variant}include: [{include}]}}\nscripts: skip\n{tail}')
        return path

    def publish(self):
        """Each state is dated a minute after the one before, its file too: HTTP tells versions of a file apart by the second."""
        self.published += 1
        date = int(time.time()) - 7200 + 60 * self.published
        for archive in (self.main, self.security):
            archive.release_fields["Date"] = email.utils.formatdate(date, usegmt=True).replace("GMT", "UTC")
            archive.publish()
            os.utime(archive.dist / "InRelease", (date, date))

    def fix(self, name, version="1.0-1+deb1", replace=True, **options):
        """A new version in the security suite."""
        if replace:
            self.security.packages = [fields for fields in self.security.packages if fields["Package"] != name]
        path = self.security.add(name, version, **options)
        self.publish()
        return path

    def fix_hello(self, status=0, version="1.0-1+deb1", cve="CVE-2024-1234", **options):
        options = {"control": {"Depends": "olddep"}} | options
        return self.fix("hello", version, files=service(status, version, (version, f"Fix {cve} (DSA 5678-1).")), **options)

    def arguments(self, *rest):
        mirrors = [f"--mirror=made=file://{self.main.directory}", f"--mirror=made-security=file://{self.security.directory}"]
        return [*mirrors, *rest]

    def update(self, *recipes, code=0, options=()):
        result = self.bootstrap(*self.arguments("--json", "update", *options, *(recipes or (self.web, self.other))))
        self.assertEqual(result.code, code, result)
        return {image["name"]: image for image in result.json()["images"]}

    def check(self, code):
        result = self.bootstrap(*self.arguments("--json", "check", self.web, self.other))
        self.assertEqual(result.code, code, result)
        return {recipe["name"]: recipe for recipe in result.json()["recipes"]}

    def states(self, images):
        return {name: image["state"] for name, image in images.items()}

    def history(self, name):
        return self.succeed("--json", "history", name).json()["versions"]

    def latest(self, name):
        return next(version["version"] for version in self.history(name) if version["latest"])

    def moves(self, image):
        return {move["name"]: (move["from"] and move["from"]["version"], move["to"] and move["to"]["version"]) for move in image["moves"]}

    def evidence(self, name, version="latest"):
        layout = self.images / name
        index = json.loads((layout / "index.json").read_text())["manifests"]
        digest = next(entry["digest"] for entry in index if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") == version)
        artifact = next(entry for entry in index if entry.get("annotations", {}).get("bootstrap.subject") == digest)
        blob = lambda digest: (layout / "blobs/sha256" / digest.removeprefix("sha256:")).read_text()
        manifest = json.loads(blob(artifact["digest"]))
        self.assertEqual(manifest["subject"]["digest"], digest)
        self.assertEqual(manifest["artifactType"], artifact["artifactType"])
        return json.loads(blob(manifest["layers"][0]["digest"])), blob(manifest["layers"][1]["digest"])

    def snapshot(self):
        """Every file of images and recipes with its time."""
        paths = [self.images / name for name in files_below(self.images)] + [self.recipes / name for name in files_below(self.recipes)]
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}

    def test_nothing_new(self):
        self.assertEqual(self.states(self.update()), {"base": "updated", "web": "updated", "other": "updated"})
        before = self.snapshot()
        self.publish()  # another release of the very same packages
        self.assertEqual(self.states(self.update()), {"base": "unchanged", "web": "unchanged", "other": "unchanged"})
        self.check(0)
        self.assertEqual(self.snapshot(), before)

    def test_check_asks_once_for_each_suite(self):
        self.update()
        servers = [Server(archive.directory) for archive in (self.main, self.security)]
        for server in servers:
            self.addCleanup(server.close)
        mirrors = [f"--mirror=made={servers[0].url}", f"--mirror=made-security={servers[1].url}"]
        self.succeed(*mirrors, "check", self.web, self.other, self.base)
        for server in servers:
            server.requests.clear()
        self.succeed(*mirrors, "check", self.web, self.other, self.base)
        self.assertEqual([len(server.requests) for server in servers], [1, 1])

    def test_a_leaf_is_fixed(self):
        self.update()
        self.fix_hello()
        pending = self.check(10)
        self.assertEqual([name for name, recipe in pending.items() if recipe["pending"]], ["web"])
        self.assertEqual(pending["web"]["cves"], ["CVE-2024-1234"])
        self.assertTrue(pending["web"]["overdue"])
        self.assertEqual(pending["web"]["moves"][0]["published"], "2024-05-07T10:40:10Z")
        images = self.update()
        self.assertEqual(self.states(images), {"base": "unchanged", "web": "updated", "other": "unchanged"})
        self.assertEqual(self.moves(images["web"]), {"hello": ("1.0-1", "1.0-1+deb1")})
        self.assertEqual(self.latest("web"), "1.0.1")
        evidence, text = self.evidence("web")
        self.assertEqual(evidence["cves"], ["CVE-2024-1234"])
        self.assertEqual(evidence["advisories"], ["DSA-5678-1"])
        self.assertIn("/usr/share/hello", [change["path"] for change in evidence["changes"]["files"]])
        self.assertLess(0, evidence["changes"]["bytes_to_pull"])
        self.assertIn("CVE-2024-1234", text)
        self.check(0)
        for version in ("1.0.0", "1.0.1"):
            self.succeed(*self.arguments("verify", f"web:{version}"))

    def test_the_base_is_fixed(self):
        self.update()
        self.fix("libbase", files={"/usr/lib/libbase": "2"} | changelog("libbase", ("1.0-1+deb1", "Fix CVE-2023-9."), ("1.0-1", "New.")))
        self.assertEqual(self.states(self.update()), {"base": "updated", "web": "updated", "other": "updated"})
        self.assertEqual(self.moves(self.update(self.web)["base"]), {})
        evidence, _ = self.evidence("web")
        self.assertEqual([package["name"] for package in evidence["packages"]], ["libbase"])

    def test_a_dependency_comes_and_one_goes(self):
        self.update()
        self.fix_hello(control={"Depends": "newdep"})
        images = self.update()
        self.assertEqual(self.moves(images["web"]), {"hello": ("1.0-1", "1.0-1+deb1"), "newdep": (None, "1.0-1"), "olddep": ("1.0-1", None)})

    def test_other_packages_stay_where_they_are(self):
        self.update()
        self.main.add("olddep", "1.1-1", files={"/usr/share/olddep": "2"})
        self.publish()
        self.check(0)  # newer, but no security update
        self.fix_hello()
        self.assertEqual(set(self.moves(self.update()["web"])), {"hello"})
        self.assertEqual(set(self.moves(self.update(options=["--allow=all"])["web"])), {"olddep"})

    def test_a_version_that_breaks_the_service(self):
        self.update()
        self.fix_hello(status=1)
        for _ in range(2):  # a second night changes nothing
            images = self.update(code=6)
            self.assertEqual(self.states(images), {"base": "unchanged", "web": "rejected", "other": "unchanged"})
            self.assertEqual(images["web"]["version"], "1.0.1-rejected")
            self.assertEqual(self.latest("web"), "1.0.0")
            self.assertEqual(len(self.history("web")), 2)
        evidence, text = self.evidence("web", "1.0.1-rejected")
        self.assertFalse(evidence["tests"]["passed"])
        self.assertIn("FAILED: hello runs", text)
        self.assertIn('"1.0-1"', (self.recipes / "web.lock.json").read_text())
        self.check(10)
        self.fail_with(2, "rollback", "web", "1.0.1-rejected", mentions=["failed its tests"])
        self.fix_hello(version="1.0-1+deb2")
        self.assertEqual(self.states(self.update())["web"], "updated")
        self.assertEqual(self.latest("web"), "1.0.2")

    def test_a_parent_that_breaks_takes_its_children_with_it_and_nobody_else(self):
        self.base.write_text(self.base.read_text() + "tests:\n  - {name: base runs, run: [/usr/lib/libbase]}\n")
        self.main.packages = [fields for fields in self.main.packages if fields["Package"] != "libbase"]
        self.main.add("libbase", "1.0-1", files={"/usr/lib/libbase": (program(0), 0o755)})
        self.publish()
        alone = self.recipe("alone", self.base.read_text().split("architectures: [amd64]\n")[1].split("packages:")[0], "tool")
        self.update(self.web, alone)
        self.security.add("tool", "1.0-1+deb1", files={"/usr/share/tool": "2"})
        self.fix("libbase", files={"/usr/lib/libbase": (program(1), 0o755)})
        images = self.update(self.web, alone, code=6)
        self.assertEqual(self.states(images), {"base": "rejected", "web": "failed", "alone": "updated"})
        self.assertEqual(self.latest("web"), "1.0.0")

    def test_a_fix_that_breaks_a_budget(self):
        self.web.write_text(self.web.read_text() + "budgets: {setuid: 0}\n")
        self.update()
        self.fix("hello", "1.0-1+deb1", files=service(0, "1.0-1+deb1") | {"/usr/bin/climb": (program(0), 0o4755)}, control={"Depends": "olddep"})
        images = self.update(code=6)
        self.assertEqual(self.states(images), {"base": "unchanged", "web": "rejected", "other": "unchanged"})
        self.assertEqual(self.latest("web"), "1.0.0")
        _, text = self.evidence("web", "1.0.1-rejected")
        self.assertIn("/usr/bin/climb  hello <- the recipe includes it", text)

    def test_a_held_package(self):
        self.update()
        self.fix_hello()
        self.assertEqual(self.states(self.update(options=["--hold=hello"]))["web"], "unchanged")
        self.web.write_text(self.web.read_text() + "update: {hold: [hello]}\n")
        self.assertEqual(self.states(self.update())["web"], "unchanged")
        # Its version leaves the archive, and something else wants an update.
        self.main.packages = [fields for fields in self.main.packages if fields["Package"] != "hello"]
        self.fix("olddep", files={"/usr/share/olddep": "2"})
        self.assertEqual(self.moves(self.update()["web"]), {"olddep": ("1.0-1", "1.0-1+deb1")})

    def test_an_update_vanishes_before_it_is_fetched(self):
        self.update()
        self.fix_hello().unlink()
        images = self.update(code=5)
        self.assertEqual(self.states(images), {"base": "unchanged", "web": "failed", "other": "unchanged"})
        self.assertEqual(self.latest("web"), "1.0.0")
        self.fix_hello(version="1.0-1+deb2")
        self.assertEqual(self.states(self.update())["web"], "updated")

    def test_the_archive_moves_on_during_an_update(self):
        self.update()
        gone = self.fix_hello()

        def move_on(handler):
            if handler.path.endswith(gone.name) and gone.exists():
                gone.unlink()
                self.fix_hello(version="1.0-1+deb2")
            return False

        server = Server(self.security.directory, move_on)
        self.addCleanup(server.close)
        result = self.succeed(f"--mirror=made=file://{self.main.directory}", f"--mirror=made-security={server.url}", "--json", "update", self.web)
        web = next(image for image in result.json()["images"] if image["name"] == "web")
        self.assertEqual(self.moves(web), {"hello": ("1.0-1", "1.0-1+deb2")})

    def test_the_release_rolls_back(self):
        self.update()
        self.fix_hello()
        self.update()
        self.published = 0
        self.security.packages = []
        self.publish()
        before = self.snapshot()
        result = self.bootstrap(*self.arguments("update", self.web))
        self.assertEqual(result.code, 3, result)
        self.assertEqual(self.snapshot(), before)

    def test_two_updates_at_once(self):
        self.update()
        self.fix_hello()
        argv = [PROGRAM, "--store", self.store, "--images", self.images, *self.arguments("--json", "update", self.web, self.other)]
        runs = [subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        outcomes = []
        for run in runs:
            out, err = run.communicate(timeout=LIMIT)
            self.assertEqual(run.returncode, 0, err)
            outcomes.append(next(image["state"] for image in json.loads(out)["images"] if image["name"] == "web"))
        self.assertEqual(sorted(outcomes), ["unchanged", "updated"])
        self.assertEqual(len(self.history("web")), 2)

    def test_killed_at_any_moment(self):
        self.update()
        passed = {"1.0.0"}
        start = time.monotonic()
        self.fix_hello(version="1.0-1+deb1")
        self.update()
        passed.add("1.0.1")
        length = time.monotonic() - start
        moments = random.Random(os.environ.get("SEED", "bootstrap"))
        for number in range(KILLS):
            self.fix_hello(version=f"1.0-1+deb{number + 2}")
            argv = [PROGRAM, "--store", self.store, "--images", self.images, *self.arguments("--quiet", "update", self.web, self.other)]
            run = subprocess.Popen([str(a) for a in argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(moments.uniform(0, length))
            except subprocess.TimeoutExpired:
                run.send_signal(moments.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
                run.wait()
            history = self.history("web")
            self.assertEqual([version for version in history if version["rejected"]], [])
            self.assertLessEqual(passed, {version["version"] for version in history}, "a version was lost")
            passed = {version["version"] for version in history}
            self.succeed("--quiet", "test", "web")
        self.assertIn(self.update()["web"]["state"], ("updated", "unchanged"))
        self.check(0)
        lock = json.loads((self.recipes / "web.lock.json").read_text())
        self.assertEqual([p["version"] for p in lock["packages"] if p["name"] == "hello"], [f"1.0-1+deb{KILLS + 1}"])
        self.succeed(*self.arguments("verify", "web"))
        self.evidence("web")

    def test_history_rollback_diff_and_gc(self):
        self.update()
        self.fix_hello()
        self.update()
        self.succeed("rollback", "web", "1.0.0")
        self.assertEqual(self.latest("web"), "1.0.0")
        self.assertEqual(self.states(self.update())["web"], "unchanged", "an update undid a rollback")
        self.assertEqual(self.latest("web"), "1.0.0")
        difference = self.succeed("--json", "diff", "web:1.0.0", "web:1.0.1").json()
        self.assertEqual([(package["name"], package["cves"], package["advisories"]) for package in difference["packages"]], [("hello", ["CVE-2024-1234"], ["DSA-5678-1"])])
        self.assertIn("fixes CVE-2024-1234", self.succeed("diff", "web:1.0.0", "web:1.0.1").out)
        self.succeed("export", "web:1.0.1", self.work / "web.tar", "--format", "oci-archive")
        self.assertEqual(self.succeed("--json", "diff", "web:1.0.1", self.work / "web.tar").json()["files"], [])
        self.succeed("rollback", "web", "1.0.1")
        before = files_below(self.images)
        self.assertEqual(len(self.succeed("--json", "gc", "--keep=1", "--dry-run").json()["versions"]), 1)
        self.assertEqual(files_below(self.images), before)
        self.succeed("gc", "--keep=1")
        self.assertEqual([version["version"] for version in self.history("web")], ["1.0.1"])
        self.succeed("test", "web")
        self.succeed(*self.arguments("verify", "web"))

    def test_evidence_of_a_version_that_no_update_made(self):
        self.update()
        self.fix_hello()
        self.succeed(*self.arguments("lock", "--update", self.web))
        self.succeed(*self.arguments(self.web))
        self.assertIsNone(self.history("web")[0]["evidence"])
        evidence = self.succeed(*self.arguments("--json", "evidence", "web")).json()
        self.assertEqual((evidence["version"], evidence["cves"]), ("1.0.1", ["CVE-2024-1234"]))
        self.assertEqual(self.evidence("web", "1.0.1")[0], evidence)
        self.assertIn("CVE-2024-1234", self.succeed("evidence", "web").out)
        self.assertIn("1.0.0", self.succeed("evidence", "web:1.0.0").out)

    def test_verify_names_what_differs(self):
        self.update()
        self.main.packages = []
        self.main.add("hello", "1.0-1", files=service() | {"/usr/share/hello": "1.0-X"}, control={"Depends": "olddep"})
        other = self.main.packages[0]
        record = next((self.images / "web/records").iterdir())
        document = json.loads(record.read_text())
        package = next(p for p in document["locks"][-1]["packages"] if p["name"] == "hello")
        package["sha256"], package["size"] = other["SHA256"], int(other["Size"])
        record.write_text(json.dumps(document))
        result = self.bootstrap(*self.arguments("--json", "verify", "web"))
        self.assertEqual(result.code, 1, result)
        difference = result.json()["difference"]
        self.assertEqual((difference["path"], difference["offset"]), ("usr/share/hello", 4))
        self.assertTrue(difference["layer"].startswith("packages"))

    def test_a_vendored_archive_stands_alone(self):
        self.update()
        self.fix_hello()
        self.update()
        self.succeed(*self.arguments("vendor", self.web, self.work / "vendored"))
        mirrors = [f"--mirror={name}=file://{self.work}/vendored/{name}" for name in ("made", "made-security")]
        lock = self.recipes / "web.lock.json"
        packages = json.loads(lock.read_text())["packages"]
        base = {r["suite"]: r["inrelease"] for r in json.loads((self.recipes / "base.lock.json").read_text())["repositories"]}
        suite = self.work / "vendored/made-security/dists/stable-security"
        self.assertNotEqual(base["stable-security"], "sha256:" + hashlib.sha256((suite / "InRelease").read_bytes()).hexdigest())
        past = suite / "by-hash/SHA256" / base["stable-security"].removeprefix("sha256:")
        self.assertEqual("sha256:" + hashlib.sha256(past.read_bytes()).hexdigest(), base["stable-security"], "the release that the lock names")
        shutil.rmtree(self.main.directory)
        shutil.rmtree(self.security.directory)
        shutil.rmtree(self.store)
        digest = self.history("web")[0]["digest"]
        shutil.rmtree(self.images)
        images = self.succeed(*mirrors, "--json", "--locked", self.web).json()["images"]
        self.assertEqual(images[-1]["digest"], digest)
        lock.unlink()
        self.succeed(*mirrors, "lock", self.web)
        self.assertEqual(json.loads(lock.read_text())["packages"], packages, "signed release, indexes and packages do not lead to the same lock")

    def test_a_snapshot_of_the_archive(self):
        """The archive as it was, judged as of then: also when its releases have run out since."""
        archive = Archive(self.work / "then/20240101T000000Z/made")
        archive.release_fields |= {"Date": "Sun, 31 Dec 2023 20:00:00 UTC", "Valid-Until": "Sun, 07 Jan 2024 20:00:00 UTC"}
        archive.add("tool", "0.9-1", files={"/usr/share/tool": "0.9"})
        archive.publish()
        shutil.copytree(self.work / "then/20240101T000000Z", self.work / "then/20240201T000000Z")
        shutil.copytree(self.main.directory, self.work / "then/20990101T000000Z/made")
        mirrors = [f"--mirror=made=file://{self.work}/then/{{snapshot}}/made", f"--mirror=made=file://{self.main.directory}"]

        def lock(snapshot, code=0):
            name = f", snapshot: {snapshot}}}\n" if snapshot else "}\n"
            old = self.recipe("old", "repositories:\n" + self.repository("made", "stable").replace("}\n", name), "tool")
            result = self.bootstrap(*mirrors, "lock", old)
            self.assertEqual(result.code, code, result)
            packages = json.loads((self.recipes / "old.lock.json").read_text())["packages"] if code == 0 else []
            return result if code else {package["name"]: package["version"] for package in packages}

        self.assertEqual(lock(None), {"tool": "1.0-1"})
        self.assertEqual(lock("20240101T000000Z"), {"tool": "0.9-1"})
        self.assertIn("expired", lock("20240201T000000Z", 3).err)
        self.assertEqual(lock("20990101T000000Z"), {"tool": "1.0-1"})
        self.assertIn("not a time", lock("2024-01-01", 2).err)
        mirrors.pop(0)
        self.assertIn("{snapshot}", lock("20240101T000000Z", 2).err)

    def test_locks_and_evidence_are_committed(self):
        git = lambda *arguments: subprocess.run(["git", "-C", self.recipes, *arguments], check=True, capture_output=True, text=True).stdout.strip()
        git("init", "--quiet", "--initial-branch=main")
        for key, value in (("user.name", "Tests"), ("user.email", "tests@example.invalid")):
            git("config", key, value)
        self.update()
        git("add", "--all")
        git("commit", "--quiet", "--message=Start")
        (self.recipes / "notes").write_text("not to be committed\n")
        git("add", "notes")
        self.fix_hello()
        self.update(options=["--branch=security/tonight"])
        self.assertEqual(git("rev-parse", "--abbrev-ref", "HEAD"), "main")
        files = git("show", "--name-only", "--format=%s", "security/tonight").splitlines()
        self.assertEqual(files[0], "Update web to 1.0.1 (CVE-2024-1234)")
        self.assertEqual(files[2:], ["evidence/web-1.0.1.json", "evidence/web-1.0.1.md", "web.lock.json"])
        self.fix_hello(version="1.0-1+deb2", cve="CVE-2024-5555")
        self.update(options=["--commit", "--metrics", str(self.work / "metrics")])
        self.assertIn("CVE-2024-5555", git("log", "-1", "--format=%B"))
        self.assertNotIn("notes", git("show", "--name-only", "--format="))
        metrics = (self.work / "metrics").read_text()
        self.assertIn('bootstrap_image_info{image="web",version="1.0.2"', metrics)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--kills", type=int, default=KILLS, help="how often an update is killed")
    arguments, rest = parser.parse_known_args()
    KILLS = arguments.kills
    unittest.main(argv=[sys.argv[0], *rest])
