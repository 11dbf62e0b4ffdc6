"""Our deflate writes the same bytes on other machines: it is compiled for them, and run by emulation. Each differs in something that could matter:
s390x counts bytes from the other end, armhf has words of 32 bits, arm64 and armhf have a char without sign.

    test_other_machines.py [MACHINE...]     default: arm64; another needs its g++ (g++-s390x-linux-gnu, g++-arm-linux-gnueabihf)
"""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MACHINES = {"arm64": ("aarch64-linux-gnu-g++", "qemu-aarch64-static"), "armhf": ("arm-linux-gnueabihf-g++", "qemu-arm-static"), "s390x": ("s390x-linux-gnu-g++", "qemu-s390x-static")}
PARTS = ("deflate", "deflate_block", "huffman")


def digest_of(*command):
    return hashlib.sha256(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout).hexdigest()


def main():
    here = digest_of(os.environ["DEFLATE_TOOL"])
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for machine in sys.argv[1:] or ["arm64"]:
            compiler, emulator = MACHINES[machine]
            program = f"{folder}/{machine}"
            sources = [SOURCE / "tests/integration/deflate_tool.cc", *(SOURCE / f"src/package/{part}.cc" for part in PARTS)]
            subprocess.run([compiler, "-std=c++20", "-O1", "-static", f"-I{SOURCE}/src", f"-I{SOURCE}/tests", *sources, "-o", program], check=True)
            there = digest_of(emulator, program)
            print(f"{machine}: {there} {'as here' if there == here else 'but here: ' + here}")
            failed |= there != here
    return 1 if failed else 0


sys.exit(main())
