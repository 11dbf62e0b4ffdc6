"""An archive of a hundred thousand packages, with relations as no archive has them: each request ends with a lock, or with an error that says why there is none,
and takes no more memory than the index.
"""
import hashlib
import json
import resource
import unittest

from kit import Archive, Case

MANY = 20_000
MEMORY = 512 << 20  # bytes, at most; the index has 30 MB
HOLES = 4


def names(prefix, count=MANY, first=0):
    return [f"{prefix}{number}" for number in range(first, count)]


def depends_on(others, separator=", "):
    return {"Depends": separator.join(others)}


class LargeArchive(Case):
    @classmethod
    def setUpClass(cls):
        cls.case = Case()
        cls.case.setUp()
        cls.addClassCleanup(cls.case.doCleanups)
        cls.archive = Archive(cls.case.work / "made")
        for add in (cls.ordinary, cls.deep, cls.broad, cls.contrary):
            add()
        cls.archive.publish()

    @classmethod
    def add(cls, name, **fields):
        digest = hashlib.sha256(name.encode()).hexdigest()
        fields = {"Package": name, "Version": "1.0", "Architecture": "amd64", "Filename": f"pool/{name}.deb", "Size": 1000, "SHA256": digest} | fields
        cls.archive.packages.append(fields)

    @classmethod
    def ordinary(cls):
        for number, name in enumerate(names("ordinary", 2 * MANY)):
            cls.add(name, **depends_on(f"ordinary{number // divisor}" for divisor in (2, 3, 5)) if number else {})

    @classmethod
    def deep(cls):
        for number, name in enumerate(names("chain")):
            cls.add(name, **depends_on([f"chain{number - 1}"]) if number else {})
            cls.add(f"circle{number}", **depends_on([f"circle{(number + 1) % MANY}"]))

    @classmethod
    def broad(cls):
        missing, provided = names("missing", 4 * MANY), names("name", 4 * MANY)
        cls.add("alternatives", **depends_on([*missing, "ordinary1"], " | "))
        cls.add("only-missing", **depends_on(missing, " | "))
        cls.add("provides-all", Provides=", ".join(provided))
        cls.add("wants-all-provided", **depends_on(provided))
        cls.add("wants-all", **depends_on(names("ordinary")))
        for name in names("provider"):
            cls.add(name, Provides="virtual")
        cls.add("wants-virtual", **depends_on(["virtual"]))
        cls.add("wants-newer", **depends_on(["virtual (>= 2)"]))

    @classmethod
    def contrary(cls):
        rivals = names("rival", MANY // 2)
        for name in rivals:
            cls.add(name, Provides="place", Conflicts="place")
        cls.add("wants-place", **depends_on(["place"]))
        cls.add("wants-two-rivals", **depends_on(rivals[:2]))
        # One pigeon more than there are holes.
        cls.add("pigeons", **depends_on(names("pigeon", HOLES + 1)))
        for pigeon in range(HOLES + 1):
            cls.add(f"pigeon{pigeon}", **depends_on(names(f"pigeon{pigeon}-at-", HOLES), " | "))
            for hole in range(HOLES):
                cls.add(f"pigeon{pigeon}-at-{hole}", Provides=f"hole{hole}", Conflicts=f"hole{hole}")

    def setUp(self):
        super().setUp()
        self.store = self.case.work / "store"

    def lock(self, include, code=0):
        recipe = self.archive.recipe(self.work / f"recipes/{include}.yml", [include])
        result = self.bootstrap(
            "--mirror", f"made=file://{self.archive.directory}", "lock", "--json", recipe, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        )
        self.assertEqual(result.code, code, result)
        self.assertLess(len(result.err), 10_000)
        return result.err if code != 0 else len(json.loads(recipe.with_suffix(".lock.json").read_text())["packages"])

    def test_what_can_be_had(self):
        self.assertGreater(len(self.archive.packages), 100_000)
        for include, packages in (
            ("ordinary1", 2),
            (f"chain{MANY - 1}", MANY),
            ("circle0", MANY),
            ("alternatives", 3),
            ("wants-all-provided", 2),
            ("wants-all", MANY + 1),
            ("wants-virtual", 2),
            ("wants-place", 2),
        ):
            with self.subTest(include):
                self.assertEqual(self.lock(include), packages)

    def test_what_cannot(self):
        for include, reason in (
            ("only-missing", "no package missing0"),
            ("wants-newer", "provider0 1.0 provides it without a version"),
            ("wants-two-rivals", "conflicts with"),
            ("pigeons", "conflicts with"),
        ):
            with self.subTest(include):
                self.assertIn(reason, self.lock(include, code=4))


if __name__ == "__main__":
    unittest.main(verbosity=2)
