"""A mirror that not everybody may use: https with an authority of one's own, passwords, client certificates. Secrets are never stored or shown."""
import base64
import os
import ssl
import subprocess
import unittest

from kit import GreetingCase, Server, files_below

SECRET = "hunter2-and-more"


class Authority:
    """Certificates for a test, made with openssl."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.certificate = folder / "authority.pem"
        self.openssl("req", "-x509", "-days", "2", "-subj", "/CN=tests", "-keyout", folder / "authority.key", "-out", self.certificate)

    def openssl(self, *arguments):
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        subprocess.run(["openssl", arguments[0], *key, *map(str, arguments[1:])], check=True, capture_output=True)

    def issue(self, name):
        """Key and certificate in one file."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.crt"
        self.openssl("req", "-x509", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
                     "-CA", self.certificate, "-CAkey", self.folder / "authority.key", "-keyout", key, "-out", certificate)  # fmt: skip
        both = self.folder / f"{name}.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        return both


class PrivateMirror(GreetingCase):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.work / "tls")
        self.authorization = []
        self.env = {"HOME": str(self.work / "home"), "SSL_CERT_FILE": str(self.authority.certificate)}
        (self.work / "home").mkdir()

    def serve(self, answer=None, ask_for_certificate=False, tls=True):
        server = Server(self.archive.directory, answer)
        self.addCleanup(server.close)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.authority.issue("server"))
            if ask_for_certificate:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(self.authority.certificate)
            server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
            server.url = server.url.replace("http:", "https:")
        self.mirror = ["--mirror", f"made={server.url}"]
        return server

    def ask_for_password(self, handler):
        given = handler.headers.get("Authorization")
        self.authorization.append(given)
        if given == "Basic " + base64.b64encode(f"tester:{SECRET}".encode()).decode():
            return False
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'Basic realm="tests"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    def write_netrc(self, path):
        path.write_text(f"machine 127.0.0.1 login tester password {SECRET}\n")
        path.chmod(0o600)
        return path

    def build(self, code=0, **env):
        result = self.bootstrap(*self.mirror, "--verbose", self.recipe, env=self.env | env)
        self.assertEqual(result.code, code, result)
        self.assertNotIn(SECRET, result.out + result.err)
        for place in (self.store, self.images, self.recipe.parent):
            for path in files_below(place):
                self.assertNotIn(SECRET.encode(), (place / path).read_bytes(), path)
        return result

    def test_an_authority_of_ones_own(self):
        self.serve()
        self.assertIn("certificate", self.build(5, SSL_CERT_FILE="").err)
        self.build()

    def test_an_authority_that_cannot_be_read(self):
        self.serve()
        self.assertIn("$SSL_CERT_FILE", self.build(2, SSL_CERT_FILE="/nowhere/ca.pem").err)

    def test_a_password_in_netrc(self):
        self.serve(self.ask_for_password)
        self.assertIn("401", self.build(5).err)
        self.build(NETRC=str(self.write_netrc(self.work / "passwords")))

    def test_a_password_in_the_home_folder(self):
        self.serve(self.ask_for_password)
        self.write_netrc(self.work / "home/.netrc")
        self.build()

    def test_a_password_in_the_url(self):
        server = self.serve(self.ask_for_password)
        self.mirror = ["--mirror", f"made={server.url.replace('//', f'//tester:{SECRET}@')}"]
        self.build()

    def test_no_password_for_a_plain_request(self):
        self.write_netrc(self.work / "home/.netrc")
        self.serve(self.ask_for_password, tls=False)
        self.build(5)
        self.assertEqual(set(self.authorization), {None})

    def test_no_password_goes_along_to_where_a_mirror_redirects(self):
        target = self.serve(self.ask_for_password)

        def redirect(handler):
            handler.send_response(302)
            handler.send_header("Location", target.url + handler.path)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return True

        server = self.serve(redirect)
        self.mirror = ["--mirror", f"made={server.url.replace('//', f'//tester:{SECRET}@')}"]
        self.build(5)
        self.assertEqual(set(self.authorization), {None})

    def test_a_client_certificate(self):
        self.serve(ask_for_certificate=True)
        client = self.authority.issue("client")
        self.build(5)
        self.build(BOOTSTRAP_CLIENT_CERTIFICATE=str(client))

    def test_a_client_certificate_with_its_key_beside_it(self):
        self.serve(ask_for_certificate=True)
        client = self.authority.issue("client")
        self.build(BOOTSTRAP_CLIENT_CERTIFICATE=str(client.with_suffix(".crt")), BOOTSTRAP_CLIENT_KEY=str(client.with_suffix(".key")))

    def test_an_offline_run_needs_none_of_it(self):
        self.serve()
        self.build()
        self.mirror.append("--offline")
        self.build(SSL_CERT_FILE="/nowhere/ca.pem")


if __name__ == "__main__":
    os.umask(0o022)
    unittest.main(verbosity=2)
