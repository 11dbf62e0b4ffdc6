"""What the tests of injected faults share: a state of store, images and recipes to go back to, and what must hold of it after a fault."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

from kit import Case, files_below

REASONS = {"ENOSPC": "No space left on device", "EIO": "Input/output error"}
TEMPORARY = (".part", ".raw", ".unpacked")
UPDATE_LOCK = "images/.update-lock"  # a file to be locked, which stays


class FaultsCase(Case):
    def setUp(self):
        super().setUp()
        self.state = self.work / "state"
        self.kept = self.work / "kept"
        self.store, self.images, self.recipes = (self.state / name for name in ("store", "images", "recipes"))
        self.log, self.count = self.work / "log", self.work / "count"

    def plan(self, program, below, kind, at):
        """What fault_injection.cc is told. Its files may be written by anybody: a worker is nobody that the machine knows."""
        for file, content in ((self.log, b""), (self.count, bytes(8))):
            file.write_bytes(content)
            file.chmod(0o666)
        return {"FAULT_IN": program, "FAULT_BELOW": str(below), "FAULT_AT": str(at), "FAULT_KIND": kind, "FAULT_LOG": str(self.log), "FAULT_COUNT": str(self.count)}

    def operations(self):
        return [line.split("\t") for line in self.log.read_text().splitlines()]

    def keep(self):
        subprocess.run(["cp", "-a", self.state, self.kept], check=True)

    def go_back(self):
        shutil.rmtree(self.state)
        subprocess.run(["cp", "-a", self.kept, self.state], check=True)

    def digests(self):
        """Of the latest version of each image."""
        return {image["name"]: image["digest"] for image in self.succeed("--json", "images").json()["images"]}

    def check_images(self):
        """Every version that an index names is whole, and each index has one that is the latest."""
        for index in self.images.glob("*/index.json"):
            entries = json.loads(index.read_text())["manifests"]
            names = [entry.get("annotations", {}).get("org.opencontainers.image.ref.name") for entry in entries]
            self.assertEqual(names.count("latest"), 1, index)
            for entry in entries:
                manifest = json.loads(self.blob(index.parent, entry))
                for descriptor in (manifest["config"], *manifest["layers"]):
                    self.blob(index.parent, descriptor)

    def check_docker_manifests(self):
        """What `docker load` reads says the same as the index."""
        for index in self.images.glob("*/index.json"):
            names = {entry.get("annotations", {}).get("org.opencontainers.image.ref.name") for entry in json.loads(index.read_text())["manifests"]}
            tags = {tag.split(":")[1] for image in json.loads((index.parent / "manifest.json").read_text()) for tag in image["RepoTags"]}
            self.assertEqual(tags, names - {None})

    def blob(self, layout, descriptor):
        content = (layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")).read_bytes()
        self.assertEqual("sha256:" + hashlib.sha256(content).hexdigest(), descriptor["digest"])
        return content

    def check_locks(self):
        for lock in self.recipes.glob("*.lock.json"):
            json.loads(lock.read_text())

    def age_leftovers(self):
        """What a killed run left of locks and images goes with the next that writes the same file an hour later."""
        for place in (self.images, self.recipes):
            for path in place.rglob(".*.??????"):
                os.utime(path, (0, 0))

    def check_nothing_is_left(self):
        self.succeed("gc")
        left = [path for path in files_below(self.state) if pathlib.Path(path).name.startswith(".") or path.endswith(TEMPORARY)]
        self.assertEqual(set(left) - {UPDATE_LOCK}, set())
        self.assertEqual([path.name for path in self.store.glob("bootstrap-*")], [])

    def check_recovery(self, arguments, expected):
        """The next run comes to the same, and leaves nothing of this one behind."""
        self.succeed(*arguments)
        self.assertEqual(self.digests(), expected)
        self.check_images()
        self.check_docker_manifests()
        self.check_nothing_is_left()
