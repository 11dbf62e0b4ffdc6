"""Where the fuzzers start from: real files of every kind that they read, and defective ones; one folder a fuzzer."""
import gzip
import lzma
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/end_to_end"), str(SOURCE / "tests/support")]
import kit  # noqa: E402

VERSIONS = ["1.0-1", "1:1.0~rc1-1+b1", "1.22.1-9+deb12u11", "2.36-9+deb12u14", "12.4+deb12u15", "0~0", "20250419~deb12u2", "1.1.2-0+deb12u1"]
CHANGELOG = """hello (1.0-1+deb1) stable-security; urgency=high

  * Fix CVE-2024-1234 and CVE-2024-5678 (DSA 5678-1).

 -- Tests <tests@example.invalid>  Tue, 07 May 2024 12:40:10 +0200

hello (1.0-1) unstable; urgency=low, binary-only=yes

  * New.

 -- Tests <tests@example.invalid>  Mon, 06 May 2024 12:40:10 +0200
"""
LOCK = """{"architecture": "amd64", "format": 1, "name": "web", "packages": [{"architecture": "amd64", "archive": "debian", "layer": 0,
"name": "hello", "path": "pool/main/h/hello/hello_1_amd64.deb", "security": false, "sha256": "%s", "size": 10, "source": "hello",
"source_version": "1", "stage": 3, "suite": "bookworm", "version": "1"}], "recipe": "sha256:%s", "repositories": [{"archive": "debian",
"components": ["main"], "date": "2026-07-11T10:16:37Z", "inrelease": "sha256:%s", "security": false, "signed_by": "%s", "suite": "bookworm"}]}
""" % ("a" * 64, "b" * 64, "c" * 64, "D" * 40)
LAYOUT = """{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{"mediaType":
"application/vnd.oci.image.manifest.v1+json", "digest": "sha256:%s", "size": 7, "annotations": {"org.opencontainers.image.ref.name":
"1.0.0", "bootstrap.name": "web", "org.opencontainers.image.created": "2026-07-11T10:16:37Z"}}]}""" % ("a" * 64)


class Seeds:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def add(self, fuzzer, content, prefix=b""):
        folder = self.directory / fuzzer
        folder.mkdir(parents=True, exist_ok=True)
        content = prefix + (content.encode() if isinstance(content, str) else content)
        number = len(list(folder.iterdir()))
        (folder / f"seed-{number}").write_bytes(content)
        (folder / f"seed-{number}-cut").write_bytes(content[: len(content) * 2 // 3])


def main():
    seeds = Seeds(sys.argv[1])
    archive = kit.Archive(seeds.directory / "archive")
    files = {"/usr/bin/hello": ("#!/bin/sh\n", 0o755), "/etc/hello.conf": "a=1\n", "/usr/share/doc/hello/changelog.Debian.gz": gzip.compress(CHANGELOG.encode())}
    archive.add("hello", "1.0-1", files=files, control={"Depends": "libc6 (>= 2.36), a | b:any", "Provides": "greeter (= 1)"})
    archive.add("tool", "1:2~rc1-1", files={"/usr/share/tool": "x" * 5000})
    archive.publish()
    release = (archive.dist / "InRelease").read_text()
    body = release.split("\n\n", 1)[1].split("-----BEGIN PGP SIGNATURE")[0]
    seeds.add("clearsigned", release)
    seeds.add("release", body)
    packages = next(archive.dist.rglob("Packages")).read_bytes() if list(archive.dist.rglob("Packages")) else gzip.decompress(next(archive.dist.rglob("Packages.gz")).read_bytes())
    seeds.add("packages", packages)
    seeds.add("parsed_index", b"\x01" + b"\x05hello\x051.0-1" + bytes(16) + bytes(40))
    for number in range(0, len(VERSIONS) - 2, 3):
        seeds.add("version", "\n".join(VERSIONS[number : number + 3]))
    for deb in archive.directory.rglob("*.deb"):
        seeds.add("deb", deb.read_bytes())
        tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], check=True, capture_output=True).stdout
        seeds.add("tar", tar)
        seeds.add("layer", gzip.compress(tar, mtime=0), b"g")
        seeds.add("layer", subprocess.run(["zstd", "-q", "-c"], input=tar, check=True, capture_output=True).stdout, b"z")
    seeds.add("index", lzma.compress(packages), b"x")
    seeds.add("index", gzip.compress(packages, mtime=0), b"g")
    for recipe in sorted((SOURCE / "recipes").glob("*.yml")):
        seeds.add("recipe", recipe.read_bytes())
    seeds.add("messages", b"\xa1\x64done\x00")
    seeds.add("messages", b"\xa1\x63end\x81\xa3\x67content\x43abc\x63url\x61u\x6cnot_modified\xf4")
    seeds.add("lock", LOCK)
    seeds.add("layout", LAYOUT)
    seeds.add("changelog", CHANGELOG)


main()
