"""Where this machine's own APT sources fetch an archive from, for tests that use the real one."""
import os
import pathlib
import re
import sys


def archive_url(archive):
    """The URI that ends in /ARCHIVE, without a trailing slash; None when the machine has none."""
    directory = pathlib.Path("/etc/apt")
    files = [directory / "sources.list", *sorted(directory.glob("sources.list.d/*"))]
    for file in files:
        if not file.is_file() or file.suffix not in (".list", ".sources"):
            continue
        for line in file.read_text().splitlines():
            if line.lstrip().startswith("#"):
                continue
            for url in re.findall(r"(?:https?|file):/+\S+", line):
                if url.rstrip("/").endswith("/" + archive):
                    return url.rstrip("/")
    return None


def require_archive(archive="debian"):
    """Ends a test program as skipped (77 to ctest) where there is no mirror, and as failed in CI, which must have one."""
    if archive_url(archive) is not None:
        return
    print(f"SKIPPED: this machine's APT sources have no archive {archive}, and the test needs the real one")
    sys.exit(1 if os.environ.get("CI") else 77)
