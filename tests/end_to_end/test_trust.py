"""Trust on a made archive: every break between key and package is refused with the right exit code, named, and leaves no output."""
import email.utils
import gzip
import pathlib
import time
import unittest

from kit import GreetingCase, Server, files_below, keyring


class Trust(GreetingCase):
    def refused(self, code, *mentions, mirror=None):
        before = files_below(self.images)
        result = self.fail_with(code, *(mirror or self.mirror), self.recipe, mentions=mentions)
        self.assertEqual(files_below(self.images), before, "an image was left behind")
        return result

    def test_an_intact_archive_is_built(self):
        result = self.succeed(*self.mirror, "--json", self.recipe).json()
        self.assertEqual(result["images"][0]["packages"], 1)

    def test_wrong_key(self):
        (self.recipe.parent / "archive.asc").write_bytes(keyring().key("stranger"))
        self.refused(3, "InRelease")
        self.assertFalse((self.recipe.parent / "greeting.lock.json").exists())

    def test_without_gnupg(self):
        self.fail_with(1, *self.mirror, self.recipe, env={"PATH": str(self.work / "nothing")}, mentions=["gpg is missing", "apt-get install gpg"])

    def test_unsigned_release(self):
        self.archive.publish(signed=False)
        self.refused(3, "InRelease")

    def test_altered_inrelease(self):
        path = self.archive.dist / "InRelease"
        path.write_bytes(path.read_bytes().replace(b"Origin: Tests", b"Origin: Attac"))
        self.refused(3, "InRelease")

    def test_text_around_the_signed_block(self):
        path = self.archive.dist / "InRelease"
        path.write_bytes(path.read_bytes() + b"SHA256:\n")
        self.refused(3, "InRelease")

    def test_altered_index(self):
        for path in (self.archive.index, pathlib.Path(f"{self.archive.index}.gz")):
            path.write_bytes(path.read_bytes()[:-1] + b"x")
        self.refused(3, "Packages")

    def test_altered_index_content_of_the_same_size(self):
        text = self.archive.index.read_bytes().replace(b"made for a test", b"made for a tesd")
        self.archive.index.write_bytes(text)
        pathlib.Path(f"{self.archive.index}.gz").write_bytes(gzip.compress(text, mtime=0))
        self.refused(3, "Packages")

    def test_altered_package(self):
        content = bytearray(self.deb.read_bytes())
        content[len(content) // 2] ^= 1
        self.deb.write_bytes(content)
        self.refused(3, "hello")

    def test_truncated_package(self):
        self.deb.write_bytes(self.deb.read_bytes()[:-10])
        result = self.bootstrap(*self.mirror, self.recipe)
        self.assertIn(result.code, (3, 5), result)
        self.assertIn("hello", result.err)
        self.assertEqual(files_below(self.images), [])

    def test_download_cut_by_the_server(self):
        def cut(handler):
            if not handler.path.endswith(".deb"):
                return False
            content = self.deb.read_bytes()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content[:100])
            handler.wfile.flush()
            handler.connection.close()
            return True

        server = Server(self.archive.directory, cut)
        self.addCleanup(server.close)
        self.refused(5, "hello", mirror=["--mirror", f"made={server.url}"])

    def test_expired_release(self):
        self.archive.release_fields["Valid-Until"] = email.utils.formatdate(time.time() - 60, usegmt=True).replace("GMT", "UTC")
        self.archive.publish()
        self.refused(3, "Valid-Until")

    def test_release_from_the_future(self):
        self.archive.release_fields["Date"] = email.utils.formatdate(time.time() + 86400, usegmt=True).replace("GMT", "UTC")
        self.archive.publish()
        self.refused(3, "ahead of this machine's clock")

    def test_release_older_than_the_lock(self):
        self.succeed(*self.mirror, self.recipe)
        self.archive.release_fields["Date"] = email.utils.formatdate(time.time() - 7 * 86400, usegmt=True).replace("GMT", "UTC")
        self.archive.publish()
        lock = (self.recipe.parent / "greeting.lock.json").read_bytes()
        result = self.bootstrap(*self.mirror, "lock", "--update", self.recipe)
        self.assertEqual(result.code, 3, result)
        self.assertIn("older", result.err)
        self.assertEqual((self.recipe.parent / "greeting.lock.json").read_bytes(), lock)

    def test_a_mirror_that_is_not_there(self):
        self.refused(5, "made", mirror=["--mirror", "made=http://127.0.0.1:9"])

    def test_a_second_mirror_serves_what_the_first_one_spoils(self):
        spoiled = Server(self.archive.directory, lambda handler: handler.path.endswith(".deb") and (handler.send_error(404) or True))
        good = Server(self.archive.directory)
        self.addCleanup(spoiled.close)
        self.addCleanup(good.close)
        self.succeed("--mirror", f"made={spoiled.url}", "--mirror", f"made={good.url}", self.recipe)

    def test_one_bit_flipped_in_every_file_is_found_and_mended(self):
        first = self.succeed(*self.mirror, "--json", self.recipe).json()["images"][0]["digest"]
        whole = self.succeed("--json", "store", "check").json()
        self.assertEqual(whole["damaged"], [])
        self.assertGreater(whole["files"], 10)
        damaged = set()
        names = {(path.stat().st_dev, path.stat().st_ino): path for folder in (self.store, self.images) for path in folder.rglob("*") if path.is_file()}
        for path in names.values():
            unchecked = {"locks", "records"} & set(path.parts) or path.name in ("CACHEDIR.TAG", "in-use", "index.json", "manifest.json", "oci-layout")
            if unchecked or not path.stat().st_size:
                continue
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
            damaged.add(path.stat().st_ino)
        result = self.bootstrap("--json", "store", "check", "--remove")
        self.assertEqual(result.code, 1, result)
        found = {name for name in (object["file"] for object in result.json()["damaged"])}
        self.assertEqual(len(found & {str(path) for path in names.values()}), len(damaged), f"{names.values()}\n{found}")
        again = self.succeed(*self.mirror, "--json", self.recipe).json()["images"][0]
        self.assertEqual(again["digest"], first)
        self.assertEqual(self.succeed("--json", "store", "check").json()["damaged"], [])
        self.succeed("test", again["name"])

    def test_a_damaged_download_in_the_store_is_fetched_again(self):
        first = self.succeed(*self.mirror, "--json", self.recipe).json()
        for path in (self.store / "downloads").rglob("*"):
            if path.is_file():
                path.write_bytes(b"damaged")
        for path in (self.store / "segments").rglob("*"):
            path.unlink()
        second = self.succeed(*self.mirror, "--json", self.recipe).json()
        self.assertEqual(first["images"][0]["digest"], second["images"][0]["digest"])

    def test_release_with_a_detached_signature(self):
        text = self.archive.release_text()
        (self.archive.dist / "InRelease").unlink()
        (self.archive.dist / "Release").write_bytes(text)
        (self.archive.dist / "Release.gpg").write_bytes(keyring().detach("archive", text))
        self.succeed(*self.mirror, self.recipe)


if __name__ == "__main__":
    unittest.main(verbosity=2)
