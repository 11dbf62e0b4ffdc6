#!/usr/bin/env python3
"""Runs the sandbox's tests once more, as an ordinary user: as_ordinary_user.py DIRECTORY-OF-THE-TEST-PROGRAMS [ARGUMENTS]."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from ordinary_user import as_user, ordinary_user  # noqa: E402

if os.getuid() != 0:
    print("an ordinary user has run them already")
    sys.exit(0)
with tempfile.TemporaryDirectory() as directory:
    os.chmod(directory, 0o755)  # the build directory may be one that nobody else can enter
    for name in ("sandbox_test", "sandbox_test_worker", "sandbox_test_payload"):
        shutil.copy2(pathlib.Path(sys.argv[1]) / name, directory)
    command = [*as_user(ordinary_user()), f"{directory}/sandbox_test", *sys.argv[2:]]
    sys.exit(subprocess.run(command, cwd="/", check=False).returncode)
