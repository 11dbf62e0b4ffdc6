"""Whatever scripts leave that is not the same every time is found when they run a second time, and named: path, kind, package. Rules handle it.

The parent is a real Debian, so that the scripts of the made packages run as packages' scripts do.
"""
import sys
import unittest

import kit
from kit import SOURCE, Archive, Case, RecipesCase, keyring
from made_packages import shell

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402

PARENT = """\
name: parent
architectures: [amd64]
repositories:
  - {archive: debian, suites: [bookworm], components: [main], signed-by: [../keys/debian-archive-bookworm.asc]}
packages: {variant: essential, include: [passwd]}
"""
CHILD = """\
name: {name}
extends: parent.yml
repositories:
  - {{archive: made, suites: [stable], signed-by: [archive.asc]}}
packages: {{include: [{include}]}}
"""
HEX = r"od -An -N20 -tx1 /dev/urandom | tr -d ' \n'"
UUID = "cat /proc/sys/kernel/random/uuid"

# package -> (kind that is told of /var/lib/PACKAGE/left, what its postinst does there)
LEFT = {
    "leaves-key": ("secret", f"(umask 077; {HEX} > left)"),
    "leaves-cookie": ("secret", f"{HEX} > cookie; mv cookie left; chmod 0400 left"),
    "leaves-pem": ("secret", f"(echo '-----BEGIN PRIVATE KEY-----'; {HEX}; echo '-----END PRIVATE KEY-----') > left"),
    "leaves-hash": ("secret", f"(printf 'admin:$6$salt$'; {HEX}) > left"),
    "leaves-binary": ("secret", "head -c 1024 /dev/urandom > left; chmod 0600 left"),
    "leaves-uuid": ("identity", f"(echo the id:; {UUID}) > left"),
    "leaves-id": ("identity", f"{UUID} | tr -d - > left"),
    "leaves-host": ("identity", "echo \"I am $(uname -n).\" > left"),
    "leaves-date": ("time", "date > left"),
    "leaves-day": ("time", "date +%Y-%m-%d > left"),
    "leaves-seconds": ("time", "echo $(date +%s) seconds > left"),
    "leaves-stamp": ("time", "perl -e 'print \"magic\", pack(\"V\", time), \"\\1\\2\"' > left"),
    "leaves-file-time": ("time", "touch -d '2001-01-01 01:00:00' a; perl -e 'utime(time - 630000000, time - 630000000, \"left\") while !-e \"left\" && open(F, \">\", \"left\")'"),
    "leaves-order": ("order", "mkdir d; touch d/a d/b d/c; ls -U d > left; rm -r d"),
    "leaves-process": ("number", "echo \"process $$\" > left"),
    "leaves-inode": ("number", "touch inode; echo \"inode $(stat -c %i inode)\" > left"),
    "leaves-cores": ("number", "echo \"$(nproc) cores\" > left"),
    "leaves-noise": ("content", "head -c 100 /dev/urandom | base64 > left"),
    "leaves-link": ("content", "ln -s $(od -An -N3 -tx1 /dev/urandom | tr -d ' \\n') left"),
    "leaves-mode": ("content", "touch left; [ $(uname -n) = localhost ] || chmod 0600 left"),
    "leaves-nothing-else": ("content", "[ $(uname -n) != localhost ] || touch left"),
}
# Leave the same every time, though they look at what differs.
GOOD = {
    "good-sorted": "mkdir d; touch d/a d/b d/c; ls d > left; rm -r d",
    "good-date": "date -d @$SOURCE_DATE_EPOCH > left",
    "good-log": "date > /var/log/dpkg.log; touch left",
    "good-seed": "head -c 10 /dev/urandom > /tmp/seed; touch left",
}


def leaving(package, script):
    return {"scripts": {"postinst": shell(f"mkdir -p /var/lib/{package}", f"cd /var/lib/{package}", script)}}


class Repeatable(RecipesCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = Archive(cls.work / "made")
        for name, script in {**{name: script for name, (_, script) in LEFT.items()}, **GOOD}.items():
            cls.archive.add(name, **leaving(name, script))
        cls.archive.add("early", scripts={"preinst": shell("mkdir -p /var/lib/early", f"{HEX} > /var/lib/early/left")})
        cls.archive.add(
            "late",
            scripts={
                "triggers": "interest-noawait /usr/share/late\n",
                "postinst": shell("[ $1 = triggered ] || exit 0", f"mkdir -p /var/lib/late; {HEX} > /var/lib/late/left"),
            },
        )
        cls.archive.add("pulls", control={"Depends": "late"}, scripts={"postinst": shell("dpkg-trigger /usr/share/late")})
        cls.archive.add(
            "spoils", files={"/usr/share/spoils/kept": "x\n"}, scripts={"postinst": shell("[ $(uname -n) = localhost ] || rm /usr/share/spoils/kept")}
        )
        cls.archive.add("ships-key", files={"/usr/share/ships-key/key.pem": f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n-----END PRIVATE KEY-----\n"})
        cls.archive.add("fixed-hash", **leaving("fixed-hash", "(printf 'admin:$6$salt$'; printf %086d 0; echo) > left"))
        cls.archive.add("fails", scripts={"postinst": shell("[ $(uname -n) = localhost ]")})
        cls.archive.publish()
        (cls.work / "recipes/archive.asc").write_bytes(keyring().key("archive"))
        (cls.work / "recipes/parent.yml").write_text(PARENT)

    def build(self, name, include, *options, extra=""):
        recipe = self.work / f"recipes/{name}.yml"
        recipe.write_text(CHILD.format(name=name, include=", ".join(include)) + extra)
        return self.run_program("--json", *options, recipe)

    def run_program(self, *arguments):
        return kit.Result(self.bootstrap("--mirror", f"made=file://{self.archive.directory}", *arguments))

    @staticmethod
    def outcome(report):
        return next(test for test in report["tests"] if test["name"] == "repeatable")

    def of_image(self, result, name):
        return self.outcome(next(image for image in result.json()["images"] if image["name"] == name)["tests"])

    def test_everything_is_found_and_named(self):
        include = [*LEFT, *GOOD]
        result = self.build("left", include)
        self.assertEqual(result.code, 6, result)
        outcome = self.of_image(result, "left")
        self.assertFalse(outcome["passed"])
        told = dict(line.split(": ", 1) for line in outcome["output_end"].splitlines())
        told.pop("hint")
        expected = {f"/var/lib/{name}/left": (kind, name) for name, (kind, _) in LEFT.items()}
        seen = {path: (text.split(",")[0].split(" ")[0], text.split(", by ")[-1]) for path, text in told.items()}
        self.assertEqual(seen, expected)

    def test_who_made_it_is_told_of_every_kind_of_script(self):
        result = self.build("makers", ["early", "late", "pulls", "spoils"])
        self.assertEqual(result.code, 6, result)
        told = self.of_image(result, "makers")["output_end"]
        self.assertRegex(told, "(?m)^/var/lib/early/left: .*, by early$")
        self.assertRegex(told, "(?m)^/var/lib/late/left: .*, by a trigger$")
        self.assertRegex(told, "(?m)^/usr/share/spoils/kept: .*, by spoils$")

    def test_scripts_that_fail_the_second_time_are_named(self):
        result = self.build("failing", ["fails"])
        self.assertEqual(result.code, 6, result)
        self.assertIn("fails", self.of_image(result, "failing")["actual"])

    def test_what_is_alike_passes_and_is_not_done_twice(self):
        first = self.build("good", GOOD)
        self.assertEqual(first.code, 0, first)
        self.assertTrue(self.of_image(first, "good")["passed"])
        again = self.build("good", GOOD)
        self.assertTrue(self.of_image(again, "good")["passed"])
        self.assertNotIn("second time", again.err)
        # Another recipe of the same packages has the same state.
        other = self.build("other", GOOD)
        self.assertEqual(other.code, 0, other)
        self.assertTrue(self.of_image(other, "other")["passed"])
        self.assertNotIn("second time", other.err)

    def test_an_image_built_without_tests_is_tested_by_the_next_build(self):
        untested = self.build("untested", ["leaves-key"], "--no-test")
        self.assertEqual(untested.code, 0, untested)
        self.assertNotIn("second time", untested.err)
        self.assertEqual(self.run_program("test", "untested").code, 6)
        self.assertEqual(self.build("untested", ["leaves-key"]).code, 6)

    def test_rules_of_the_recipe_handle_it(self):
        rules = "state: {remove: [/var/lib/leaves-key/*], empty: [/var/lib/leaves-date/left, /var/lib/leaves-uuid], accept: [{path: /var/lib/leaves-noise/left, reason: nobody minds}]}\n"
        include = ["leaves-key", "leaves-date", "leaves-uuid", "leaves-noise"]
        built = self.build("ruled", include, extra=rules)
        self.assertEqual(built.code, 0, built)
        image = next(image for image in built.json()["images"] if image["name"] == "ruled")
        self.assertEqual(
            image["notes"],
            ["emptied var/lib/leaves-date/left: the recipe says so", "removed var/lib/leaves-key/left: the recipe says so", "emptied var/lib/leaves-uuid: the recipe says so"],
        )
        outcome = self.of_image(built, "ruled")
        self.assertTrue(outcome["passed"])
        self.assertEqual(outcome["accepted"], ["/var/lib/leaves-noise/left: content, by leaves-noise: nobody minds"])
        evidence = self.run_program("evidence", "ruled")
        self.assertIn("accepted: /var/lib/leaves-noise/left", evidence.out)
        self.assertIn("/var/lib/leaves-noise/left: nobody minds", self.run_program("audit", "ruled").out)
        listed = self.run_program("run", "ruled", "--", "find", "/var/lib/leaves-key", "/var/lib/leaves-date", "/var/lib/leaves-uuid", "-printf", "%p %s %y\n")
        found = {line.rsplit(" ", 2)[0]: line.split(" ")[-2:] for line in listed.out.splitlines()}
        self.assertEqual(set(found), {"/var/lib/leaves-key", "/var/lib/leaves-date", "/var/lib/leaves-date/left", "/var/lib/leaves-uuid"}, listed)
        self.assertEqual(found["/var/lib/leaves-date/left"][0], "0")

    def test_what_is_accepted_is_no_part_of_the_lock_and_what_is_removed_is(self):
        self.assertEqual(self.build("accepting", ["leaves-noise"]).code, 6)
        accepted = self.build("accepting", ["leaves-noise"], "--locked", extra="state: {accept: [{path: /var/lib/*/left, reason: nobody minds}]}\n")
        self.assertEqual(accepted.code, 0, accepted)
        self.assertNotIn("second time", accepted.err)
        self.assertEqual(self.build("accepting", ["leaves-noise"], "--locked", extra="state: {remove: [/var/lib/*/left]}\n").code, 2)

    def test_secrets_that_come_out_alike_are_found_by_the_audit(self):
        built = self.build("audited", ["ships-key", "fixed-hash"], extra="budgets: {secrets: 0}\n")
        self.assertEqual(built.code, 6, built)
        tests = {test["name"]: test for test in next(image for image in built.json()["images"] if image["name"] == "audited")["tests"]["tests"]}
        self.assertTrue(tests["repeatable"]["passed"])
        self.assertIn("/usr/share/ships-key/key.pem  ships-key <- the recipe includes it", tests["budget: secrets"]["output_end"])
        allowed = self.build("audited", ["ships-key", "fixed-hash"], extra="budgets: {secrets: 2}\n")
        self.assertEqual(allowed.code, 0, allowed)
        secrets = self.run_program("--json", "audit", "audited").json()["secrets"]
        self.assertEqual(
            secrets,
            [
                {"path": "/usr/share/ships-key/key.pem", "kind": "private key", "package": "ships-key"},
                {"path": "/var/lib/fixed-hash/left", "kind": "password hash", "package": ""},
            ],
        )

    def test_a_finished_image_is_tested_from_its_record(self):
        self.assertEqual(self.build("finished", ["good-sorted"], "--no-test").code, 0)
        (self.work / "recipes/finished.yml").unlink()
        tested = self.run_program("--json", "test", "finished")
        self.assertEqual(tested.code, 0, tested)
        self.assertTrue(self.outcome(tested.json())["passed"])
        again = self.run_program("--json", "test", "finished")
        self.assertTrue(self.outcome(again.json())["passed"])
        self.assertNotIn("second time", again.err)


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
