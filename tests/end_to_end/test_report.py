#!/usr/bin/env python3
"""The report page in a headless browser: it draws itself without an error, shows what a version changed, and hostile names stay text."""
import email.utils
import gzip
import html.parser
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from kit import LIMIT, Archive, Case, keyring, files_below

BROWSER = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
# Where to leave the screenshots, for people.
SCREENSHOTS = os.environ.get("BOOTSTRAP_SCREENSHOTS")

BREAKOUT = "</script><script>document.title='owned'</script>"
IMAGE_TAG = "<img src=x onerror=\"document.title='owned'\">"
TURNED = "txt.\u202eexe"


class Archives:
    """Two suites whose states are under control; the second one has the security updates."""

    def __init__(self, work):
        self.main = Archive(work / "made")
        self.security = Archive(work / "made-security", suite="stable-security")
        self.published = 0

    def publish(self):
        self.published += 1
        for archive in (self.main, self.security):
            date = time.time() - 7200 + 60 * self.published
            archive.release_fields["Date"] = email.utils.formatdate(date, usegmt=True).replace("GMT", "UTC")
            archive.publish()

    def fix(self, name, version, files):
        self.security.packages = [fields for fields in self.security.packages if fields["Package"] != name]
        self.security.add(name, version, files=files)
        self.publish()

    def options(self):
        return [f"--mirror=made=file://{self.main.directory}", f"--mirror=made-security=file://{self.security.directory}"]


def changelog(source, *entries):
    """The newest entry first: (version, change, day of November 2026)."""
    text = "".join(
        f"{source} ({version}) stable-security; urgency=high\n\n  * {change}\n\n -- Tests <tests@example.invalid>  "
        f"{email.utils.format_datetime(email.utils.parsedate_to_datetime(f'{day:02} Nov 2026 08:00:00 +0000'))}\n\n"
        for version, change, day in entries
    )
    return {f"/usr/share/doc/{source}/changelog.Debian.gz": gzip.compress(text.encode(), mtime=0)}


def recipe(path, text):
    path.write_text(f'name: {path.stem}\nversion: "1.0"\narchitectures: [amd64]\nscripts: skip\n{text}')
    return path


def make_images(case):
    """Images base, web and db in several versions: fixes, a rejected one, hostile names. Returns the recipes' update."""
    archives = Archives(case.work)
    first = ("1.0-1", "New.", 1)
    archives.main.add("libbase", "1.0-1", files={"/usr/lib/libbase": os.urandom(90_000)} | changelog("libbase", first))
    archives.main.add("hello", "1.0-1", files={"/usr/share/hello": "1"} | changelog("hello", first))
    for number in range(16):
        archives.main.add(f"part{number}", "1.0-1", files={f"/usr/share/part{number}": os.urandom(3000 * (number + 1))})
    archives.publish()
    recipes = case.work / "recipes"
    recipes.mkdir()
    (recipes / "archive.asc").write_bytes(keyring().key("archive"))
    sources = "".join(
        f"  - {{archive: {name}, suites: [{suite}], signed-by: [archive.asc], security: {security}}}\n"
        for name, suite, security in (("made", "stable", "false"), ("made-security", "stable-security", "true"))
    )
    recipe(recipes / "base.yml", f"repositories:\n{sources}packages: {{variant: custom, include: [libbase, part15, part14]}}\n")
    parts = ", ".join(f"part{number}" for number in range(14))
    web = recipe(recipes / "web.yml", f"extends: base.yml\npackages: {{include: [hello, {parts}]}}\nbudgets: {{setuid: 0}}\n")
    db = recipe(recipes / "db.yml", "extends: base.yml\npackages: {include: [part1]}\n")

    def update(code=0):
        result = case.bootstrap(*archives.options(), "update", web, db)
        case.assertEqual(result.code, code, result)

    update()
    hostile = {f"/usr/share/{BREAKOUT}": "x", f"/usr/share/{IMAGE_TAG}": "x", f"/usr/share/{TURNED}": "x"}
    second = ("1.0-1+deb1", f"Fix CVE-2026-1234 (DSA 5678-1). {BREAKOUT} {IMAGE_TAG}", 9)
    archives.fix("hello", "1.0-1+deb1", {"/usr/share/hello": "2"} | hostile | changelog("hello", second, first))
    update()
    archives.fix("libbase", "1.0-1+deb1", {"/usr/lib/libbase": os.urandom(91_000)} | changelog("libbase", ("1.0-1+deb1", "Fix CVE-2026-2222 and CVE-2026-3333.", 12), first))
    update()
    third = ("1.0-1+deb2", "Fix CVE-2026-5555.", 18)
    archives.fix("hello", "1.0-1+deb2", {"/usr/share/hello": "3", "/usr/bin/climb": ("x", 0o4755)} | changelog("hello", third, second, first))
    update(code=6)
    spread_dates(case.images)


def spread_dates(images):
    """As if each night had been one of its own: the tests' versions are all made within seconds."""
    fixes = {"1.0.0": "02", "1.0.1": "15"}
    for name, days in {"base": fixes, "db": fixes, "web": {"1.0.0": "02", "1.0.1": "10", "1.0.2": "15", "1.0.3-rejected": "20"}}.items():
        index = images / name / "index.json"
        document = json.loads(index.read_text())
        for entry in document["manifests"]:
            notes = entry.get("annotations", {})
            version = notes.get("org.opencontainers.image.version") or notes.get("org.opencontainers.image.ref.name")
            if version in days and "org.opencontainers.image.created" in notes:
                notes["org.opencontainers.image.created"] = f"2026-11-{days[version]}T03:00:00Z"
        index.write_text(json.dumps(document))


class Page(html.parser.HTMLParser):
    """A page as the browser had it in the end: its elements and its visible text."""

    def __init__(self, dom):
        super().__init__()
        self.elements = []
        self.text = ""
        self.hidden = 0
        self.feed(dom)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        self.text += "" if self.hidden else data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


class Report(Case):
    @classmethod
    def setUpClass(cls):
        if BROWSER is None:
            raise AssertionError("there is no Chromium: apt install chromium-headless-shell")
        maker = Case()
        maker.setUp()
        cls.addClassCleanup(maker.doCleanups)
        make_images(maker)
        cls.made = maker.images
        cls.site = maker.work / "site" / "images"
        cls.data = maker.succeed("--json", "report", cls.site).json()
        cls.page = cls.site / "index.html"

    def browse(self, *options, fragment=""):
        """What the browser prints; it says nothing on its console."""
        with tempfile.TemporaryDirectory() as profile:
            argv = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=5000"]
            argv += [f"--user-data-dir={profile}", *options, f"{self.page.as_uri()}{fragment}"]
            result = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(result.returncode, 0, result)
        self.assertEqual([line for line in result.stderr.splitlines() if "CONSOLE" in line], [])
        return result.stdout

    def load(self, fragment=""):
        page = Page(self.browse("--dump-dom", fragment=fragment))
        self.assertEqual(page.all("html")[0].get("data-drawn"), "yes", "the script did not come to its end")
        return page

    def version(self, image, version):
        versions = next(entry for entry in self.data["images"] if entry["name"] == image)["versions"]
        return next(entry for entry in versions if entry["version"] == version)

    def test_the_data(self):
        self.assertEqual([image["name"] for image in self.data["images"]], ["base", "db", "web"])
        fixed = self.version("web", "1.0.1")
        self.assertEqual((fixed["cves"], fixed["published"], fixed["exposure_hours"]), (["CVE-2026-1234"], "2026-11-09T08:00:00Z", 19))
        self.assertEqual(self.version("web", "1.0.2")["cves"], ["CVE-2026-2222", "CVE-2026-3333"])
        self.assertTrue(self.version("web", "1.0.3-rejected")["rejected"])
        self.assertLess(fixed["bytes_to_pull"], fixed["bytes"])
        web = next(image for image in self.data["images"] if image["name"] == "web")
        self.assertEqual(web["packages"], sorted(web["packages"], key=lambda package: -package["bytes"]))
        stored = {blob: (self.made / image / "blobs/sha256" / blob).stat().st_size for image in ("base", "db", "web") for blob in os.listdir(self.made / image / "blobs/sha256")}
        self.assertEqual(self.data["bytes"]["stored"], sum(stored[layer["digest"].removeprefix("sha256:")] for layer in self.data["layers"]))
        self.assertEqual(self.data["bytes"]["unshared"] - self.data["bytes"]["stored"], sum(layer["bytes_saved"] for layer in self.data["layers"]))
        self.assertTrue(any(set(layer["images"]) == {"base", "db", "web"} for layer in self.data["layers"]))

    def test_the_page_is_one_file_that_asks_for_nothing(self):
        self.assertEqual(files_below(self.site), ["index.html"])
        page = Page(self.page.read_text())
        self.assertEqual([name for tag, attributes in page.elements for name in attributes if name in ("src", "srcset") or (name == "href" and not attributes[name].startswith("#"))], [])
        policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)

    def test_it_shows_images_versions_packages_and_layers(self):
        page = self.load()
        links = [link.get("href") for link in page.all("a")]
        for target in ("#web", "#web:1.0.0", "#web:1.0.3-rejected", "#db:1.0.1", "#base:1.0.1"):
            self.assertIn(target, links)
        for text in ("CVE-2026-1234", "19 h", "part13", "web × 4", "Layers by bytes saved", "1.0.3-rejected failed its tests; latest lacks 1 fix"):
            self.assertIn(text, page.text)
        self.assertNotIn("what changed since", page.text)

    def test_a_version_shows_what_it_changed(self):
        page = self.load("#web:1.0.1")
        for text in ("web 1.0.1: what changed since 1.0.0", "1.0-1+deb1", "DSA-5678-1", "/usr/share/hello", "had been public for 19 h"):
            self.assertIn(text, page.text)
        self.assertIn("setuid", self.load("#web:1.0.3-rejected").text)
        self.assertIn("no version before it", self.load("#db:1.0.0").text)

    def test_hostile_names_are_text(self):
        page = self.load("#web:1.0.1")
        self.assertEqual(len(page.all("script")), 2)
        self.assertEqual(page.all("img"), [])
        self.assertEqual(page.text.split("Skip to")[0].strip(), "Images", "the title has changed")
        for text in (BREAKOUT, IMAGE_TAG, "txt.\\u202eexe"):
            self.assertIn(text, page.text)
        self.assertNotIn("\u202e", page.text)

    def test_a_fragment_that_names_nothing(self):
        for fragment in ("#nobody:1", "#%", "#web:<script>"):
            self.load(fragment)

    def test_screenshots(self):
        # High enough for all of it: of a page that was scrolled headless Chromium draws only what is in the window.
        dark = ["--blink-settings=preferredColorScheme=0"]
        for name, size, options in (("wide", "1280,4400", []), ("dark", "1280,4400", dark), ("narrow", "420,5600", [])):
            picture = self.work / f"{name}.png"
            self.browse(f"--window-size={size}", "--hide-scrollbars", f"--screenshot={picture}", *options, fragment="#web:1.0.1")
            content = picture.read_bytes()
            self.assertEqual(content[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(f"{int.from_bytes(content[16:20], 'big')},{int.from_bytes(content[20:24], 'big')}", size)
            self.assertGreater(len(content), 30_000, "next to nothing on the page")
            if SCREENSHOTS:
                shutil.copy(picture, SCREENSHOTS)

    def test_there_is_nothing_to_report(self):
        self.fail_with(2, "report", self.work / "site", mentions=["no image"])
        self.assertFalse((self.work / "site").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
