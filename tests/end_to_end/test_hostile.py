"""A hostile mirror or archive on the whole program: one clear error with the right exit code, no image and no lock left behind, and no hang."""
import email.utils
import hashlib
import pathlib
import time
import unittest

from kit import GreetingCase, Server, files_below, keyring


class Hostile(GreetingCase):
    def serve(self, answer):
        server = Server(self.archive.directory, answer)
        self.addCleanup(server.close)
        self.mirror = ["--mirror", f"made={server.url}"]
        return server

    def refused(self, code, *mentions):
        (self.recipe.parent / "greeting.lock.json").unlink(missing_ok=True)
        result = self.fail_with(code, *self.mirror, self.recipe, mentions=mentions)
        self.assertEqual(files_below(self.images), [], "an image was left behind")
        self.assertNotIn("Traceback", result.err)
        self.assertLess(len(result.err), 3000, "an error is a few lines")
        return result

    def answer(self, ending, body=b"", status=200, times=None, **headers):
        """Answers requests for what ends so, the first few `times` or always."""
        left = [times]

        def handle(handler):
            if not handler.path.endswith(ending) or left[0] == 0:
                return False
            if left[0] is not None:
                left[0] -= 1
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)
            return True

        return handle

    def alter_index(self, field, value):
        self.archive.packages[0][field] = value
        self.archive.publish()

    # The mirror.

    def test_login_page_for_the_release(self):
        self.serve(self.answer("InRelease", b"<html>Please log in</html>", Content_Type="text/html"))
        self.refused(3, "InRelease", "<html>")

    def test_login_page_for_a_package(self):
        self.serve(self.answer(".deb", b"<html>Please log in</html>", Content_Type="text/html"))
        self.refused(3, "hello", "captive portal")

    def test_too_many_requests_with_an_end(self):
        self.serve(self.answer(".deb", status=429, times=2, Retry_After="1"))
        self.succeed(*self.mirror, self.recipe)

    def test_too_many_requests_for_a_year(self):
        self.serve(self.answer(".deb", status=429, Retry_After="31536000"))
        self.refused(5, "hello", "429")

    def test_partial_content_that_nobody_asked_for(self):
        self.serve(self.answer(".deb", self.deb.read_bytes(), status=206, Content_Range="bytes 0-9/10"))
        self.refused(5, "hello", "206")

    def test_redirect_to_a_file_of_this_machine(self):
        self.serve(self.answer(".deb", status=302, Location=f"file://{self.deb}"))
        self.refused(5, "hello", "redirect")

    def test_release_without_end(self):
        self.serve(self.answer("InRelease", b"a" * (21 << 20)))
        self.refused(5, "InRelease")

    def test_package_swapped_between_index_and_download(self):
        other = self.archive.add("other").read_bytes()
        self.archive.packages.pop()
        self.serve(self.answer(".deb", other))
        self.refused(3, "hello")

    def test_one_spoiled_file_of_many_is_taken_from_the_next_mirror(self):
        for i in range(20):
            self.archive.add(f"part{i}", files={f"/usr/share/part{i}": str(i)})
        self.archive.publish()
        self.recipe = self.archive.recipe(self.recipe, [f"part{i}" for i in range(20)])
        self.serve(self.answer("part7_1.0_amd64.deb", b"\0" * (self.archive.directory / "pool/part7_1.0_amd64.deb").stat().st_size))
        bad = self.mirror
        self.refused(3, "part7")
        self.serve(None)
        self.succeed(*bad, *self.mirror, self.recipe)

    # The index, signed by the right key.

    def test_paths_that_leave_the_archive(self):
        for path in ("../../etc/passwd", "/etc/passwd", "pool/%2e%2e/x.deb", "http://mirror.example/x.deb"):
            with self.subTest(path):
                self.alter_index("Filename", path)
                self.refused(1, "Filename")

    def test_names_that_are_none(self):
        for name in ("-rf", "a/b", "../x", "a b"):
            with self.subTest(name):
                self.alter_index("Package", name)
                self.refused(1, "Package")

    def test_size_that_lies(self):
        size = self.deb.stat().st_size
        for lie, code in ((size - 1, 3), (size + 1, 3), (-1, 1), (10**15, 1)):
            with self.subTest(lie):
                self.alter_index("Size", lie)
                self.refused(code, "hello")

    def test_two_different_packages_of_one_name_and_version(self):
        self.archive.packages.append(self.archive.packages[0] | {"SHA256": "0" * 64})
        self.archive.publish()
        self.refused(1, "different hashes")

    # The release.

    def test_release_that_is_rolled_back_by_a_second_mirror(self):
        """mirrorfail: the first mirror is down, the second serves what was current a week ago."""
        self.succeed(*self.mirror, self.recipe)
        lock = (self.recipe.parent / "greeting.lock.json").read_bytes()
        self.archive.release_fields["Date"] = email.utils.formatdate(time.time() - 7 * 86400, usegmt=True).replace("GMT", "UTC")
        self.archive.publish()
        result = self.bootstrap("--mirror", "made=http://127.0.0.1:9", *self.mirror, "lock", "--update", self.recipe)
        self.assertEqual(result.code, 3, result)
        self.assertIn("older", result.err)
        self.assertEqual((self.recipe.parent / "greeting.lock.json").read_bytes(), lock)

    def test_release_beside_the_signature_of_another(self):
        text = self.archive.release_text()
        (self.archive.dist / "InRelease").unlink()
        (self.archive.dist / "Release").write_bytes(text + b"Description: newer\n")
        (self.archive.dist / "Release.gpg").write_bytes(keyring().detach("archive", text))
        self.refused(3, "Release")

    def test_two_signed_blocks(self):
        path = self.archive.dist / "InRelease"
        path.write_bytes(path.read_bytes() * 2)
        self.refused(3, "after the signature")

    # The package, listed by the right digest.

    def replace_deb(self, content):
        self.deb.write_bytes(content)
        self.archive.packages[0] |= {"Size": len(content), "SHA256": hashlib.sha256(content).hexdigest()}
        self.archive.publish()

    def test_package_that_is_none(self):
        good = self.deb.read_bytes()
        for name, content in {"garbage": b"garbage", "only magic": b"!<arch>\n", "first member": good[:72], "tail cut": good[:-200]}.items():
            with self.subTest(name):
                self.replace_deb(content)
                self.refused(1, "hello")
        self.replace_deb(good)
        (self.recipe.parent / "greeting.lock.json").unlink()
        self.succeed(*self.mirror, self.recipe)

    def test_a_directory_in_the_place_of_a_package(self):
        self.deb.unlink()
        self.deb.mkdir()
        self.refused(5, "hello")

    # The store.

    def test_a_link_in_the_place_of_a_download(self):
        precious = self.work / "precious"
        precious.write_text("mine")
        self.succeed(*self.mirror, "lock", self.recipe)
        digest = hashlib.sha256(self.deb.read_bytes()).hexdigest()
        place = pathlib.Path(self.store, "downloads", digest)
        place.unlink(missing_ok=True)
        place.symlink_to(precious)
        self.succeed(*self.mirror, self.recipe)
        self.assertEqual(precious.read_text(), "mine")

    def test_a_package_that_calls_itself_otherwise(self):
        self.alter_index("Version", "2.0")
        self.refused(3, "hello 2.0", "calls itself hello 1.0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
