"""Every kind of smoke test on a real image, files of container-structure-test, budgets, the audit and learned profiles: what passes, and
what is said when something does not."""
import json
import shutil
import subprocess
import sys
import unittest

from kit import RecipesCase, SOURCE

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402

TESTS = """
tests:
  - {name: configuration, run: [/usr/sbin/nginx, -e, stderr, -t], stderr: {contains: syntax is ok, excludes: emerg}}
  - name: page
    http: "http://127.0.0.1:8080/"
    headers: {Accept: text/html}
    answer-headers: {Content-Type: {contains: text/html}, Server: {matches: "^nginx"}}
    body: {contains: no shell}
  - {name: only its head, http: "http://127.0.0.1:8080/", method: HEAD}
  - {name: refuses to be written, http: "http://127.0.0.1:8080/", method: POST, send: "a=1", status: 405}
  - {name: listens, tcp: 8080}
  - {name: on nothing else, ports: [8080]}
  - {name: beside it, exec: [/usr/sbin/nginx, -v], stderr: {contains: nginx/}}
  - {name: page as shipped, file: /srv/www/index.html, mode: "0644", owner: "root:root", content: {contains: no shell}}
  - {name: no shell, file: /bin/sh, exists: false}
  - {name: its account, user: www-data, uid: 33, gid: 33, shell: /usr/sbin/nologin}
  - {name: no way up, no-setuid: true}
  - {name: writes nothing, read-only-rootfs: true}
  - {structure-tests: structure.yaml}
"""

STRUCTURE = """schemaVersion: 2.0.0
commandTests:
  - name: version
    command: /usr/sbin/nginx
    args: ["-v"]
    expectedError: ["nginx/1\\\\.\\\\d+"]
    excludedOutput: ["."]
fileExistenceTests:
  - {name: configuration file, path: /etc/nginx/nginx.conf, shouldExist: true, permissions: "-rw-r--r--", uid: 0, gid: 0}
  - {name: no package manager, path: /usr/bin/dpkg, shouldExist: false}
fileContentTests:
  - {name: os, path: /etc/os-release, expectedContents: ["^NAME=|bookworm"], excludedContents: [Fedora]}
metadataTest:
  envVars: [{key: LANG, value: C.UTF-8}]
  exposedPorts: ["8080"]
  unexposedPorts: ["22"]
  entrypoint: [/usr/sbin/nginx, -e, stderr]
  user: www-data
"""


class Smoke(RecipesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.recipes = cls.work / "recipes"
        text = (cls.recipes / "distroless.yml").read_text()
        cls.head = text[: text.index("\ntests:")].replace("name: distroless", "name: NAME")
        (cls.recipes / "structure.yaml").write_text(STRUCTURE)
        cls.built = cls.build("shop", TESTS)

    @classmethod
    def recipe(cls, name, rest):
        path = cls.recipes / f"{name}.yml"
        path.write_text(cls.head.replace("NAME", name) + rest)
        lock = cls.recipes / "shop.lock.json"
        if lock.exists() and name != "shop":  # the same packages, so nothing is resolved again
            (cls.recipes / f"{name}.lock.json").write_text(lock.read_text().replace('"name": "shop"', f'"name": "{name}"'))
        return path

    @classmethod
    def build(cls, name, rest, *options):
        return cls.bootstrap(*options, cls.recipe(name, rest))

    def outcomes(self, process):
        image = json.loads(process.stdout)["images"][-1]
        return {test["name"]: test for test in image["tests"]["tests"]}

    def test_every_kind_passes(self):
        self.assertEqual(self.built.returncode, 0, self.built)
        self.assertEqual(self.built.stdout.count("passed"), 17, self.built.stdout)
        self.assertIn("listens on 8080/tcp", self.built.stdout)
        usage = json.loads(self.bootstrap("--json", "test", "shop").stdout)
        used = {test["name"]: test.get("usage") for test in usage["tests"]}
        self.assertEqual(used["page"]["ports"], ["8080/tcp"])
        self.assertEqual(used["page"]["capabilities"], [])
        self.assertGreater(used["page"]["pids_peak"], 1)
        self.assertGreater(used["page"]["memory_peak"], 100000)

    def test_system_calls_are_told(self):
        report = json.loads(self.bootstrap("--json", "test", "--watch", "shop").stdout)
        page = next(test for test in report["tests"] if test["name"] == "page")
        self.assertIn("accept4", page["usage"]["calls"])

    def test_failures_say_what_there_was(self):
        process = self.build(
            "wrong",
            """
tests:
  - {name: json, http: "http://127.0.0.1:8080/", json: {/a: 1}, timeout: 500ms}
  - {name: header, http: "http://127.0.0.1:8080/", answer-headers: {X-None: {contains: a}}, timeout: 500ms}
  - {name: ports, ports: [8080, 9000], timeout: 500ms}
  - {name: beside, exec: [/usr/sbin/nginx, --nonsense], timeout: 500ms}
  - {name: mode, file: /etc/passwd, mode: "0600"}
  - {name: user, user: nobody, uid: 1}
limits: {timeout: 5s}
""",
            "--json",
        )
        self.assertEqual(process.returncode, 6, process)
        outcomes = self.outcomes(process)
        self.assertEqual(outcomes["json"]["expectation"], "the body is JSON")
        self.assertEqual(outcomes["header"]["actual"], "it has none")
        self.assertEqual(outcomes["ports"]["actual"], "it listens on 8080/tcp")
        self.assertIn("exited with 1", outcomes["beside"]["actual"])
        self.assertEqual(outcomes["mode"]["actual"], "0644")
        self.assertEqual(outcomes["user"]["actual"], "65534")

    def test_audit(self):
        process = self.bootstrap("--json", "audit", "shop")
        self.assertEqual(process.returncode, 0, process)
        audit = json.loads(process.stdout)
        self.assertEqual(audit["setuid"], [])
        self.assertEqual(audit["ports"], ["8080/tcp"])
        programs = {program["path"]: program for program in audit["programs"]}
        nginx = programs["/usr/sbin/nginx"]
        self.assertEqual((nginx["kind"], nginx["relro"], nginx["nx"], nginx["stack_protector"]), ("pie", "full", True, True))
        self.assertGreater(nginx["fortified"], 0)
        libc = programs["/usr/lib/x86_64-linux-gnu/libc.so.6"]
        self.assertEqual((libc["kind"], libc["nx"]), ("library", True))
        self.compare_with_readelf(programs)
        text = self.bootstrap("audit", "shop").stdout
        self.assertIn("ELF files", text)

    def compare_with_readelf(self, programs):
        """binutils, where it is there, says the same of every program."""
        if shutil.which("readelf") is None:
            return
        tree = self.work / "tree"
        self.assertEqual(self.bootstrap("export", "shop", tree).returncode, 0)
        for path, facts in programs.items():
            out = subprocess.run(["readelf", "-W", "-h", "-l", "-d", "-n", f"{tree}{path}"], capture_output=True, text=True, check=False).stdout
            relro = "none" if "GNU_RELRO" not in out else "full" if "BIND_NOW" in out or "NOW" in out.split("FLAGS_1", 1)[-1][:80] else "partial"
            self.assertEqual(facts["relro"], relro, path)
            self.assertEqual(facts["branch_tracking"], "IBT" in out, path)

    def test_budgets_name_the_culprits(self):
        process = self.build("fat", "\nbudgets: {size: 1M, packages: 3, setuid: 0}\n", "--json")
        self.assertEqual(process.returncode, 6, process)
        outcomes = self.outcomes(process)
        self.assertTrue(outcomes["budget: setuid and setgid files"]["passed"])
        self.assertEqual(outcomes["budget: size"]["expectation"], "size: at most 1.0 MiB")
        self.assertRegex(outcomes["budget: packages"]["output_end"], "nginx brings .* <- nginx <- the recipe includes it")
        self.assertEqual(self.build("fat", "\nbudgets: {size: 1M}\n", "--no-test").returncode, 0)
        self.assertEqual(self.build("thin", "\nbudgets: {size: 1G, packages: 500}\n").returncode, 0)

    def test_a_build_without_tests_keeps_what_they_saw(self):
        self.assertEqual(self.build("shop", TESTS, "--no-test").returncode, 0)
        self.assertEqual(json.loads(self.bootstrap("--json", "audit", "shop").stdout)["ports"], ["8080/tcp"])

    def test_a_learned_profile_is_kept_to(self):
        profile = self.recipes / "shop.profile.json"
        process = self.bootstrap("profile", "shop", "--output", profile)
        self.assertEqual(process.returncode, 0, process)
        learned = json.loads(profile.read_text())
        calls = learned["syscalls"][0]["names"]
        self.assertIn("accept4", calls)
        self.assertNotIn("ptrace", calls)
        self.assertLess(len(calls), 120)
        self.assertEqual(learned["x-bootstrap"]["capabilities"], [])
        self.assertEqual(learned["x-bootstrap"]["ports"], ["8080/tcp"])

        pinned = TESTS + "\nsandbox: {profile: shop.profile.json}\n"
        process = self.build("pinned", pinned)
        self.assertEqual(process.returncode, 0, process)
        self.assertIn("keeps to its profile", process.stdout)
        self.assertEqual(self.bootstrap("verify", "pinned").returncode, 0)

        for group in learned["syscalls"]:
            group["names"] = [name for name in group["names"] if name not in ("accept4", "sendfile")]
        profile.write_text(json.dumps(learned))
        process = self.build("pinned", pinned)
        self.assertEqual(process.returncode, 6, process)
        self.assertIn("system calls accept4", process.stdout)

        profile.write_text('{"syscalls": []}')
        process = self.build("pinned", pinned)
        self.assertEqual(process.returncode, 2, process)
        self.assertIn("shop.profile.json is not a learned profile", process.stderr)
        self.assertNotIn("assembling", process.stderr)


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
