"""Installs the packages of mcs-gmail as users do, and lists mail of the sandbox with each.

Usage: installs PACKAGES SANDBOX UVX [--qemu LIBRARIES]

PACKAGES is what `packaging/build` made. LIBRARIES is a directory with the C library of aarch64.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import contents
import node
import python
from world import World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    parser.add_argument("sandbox", type=Path)
    parser.add_argument("uvx", type=Path)
    parser.add_argument("--qemu", type=Path)
    given = parser.parse_args()
    packages = given.packages.resolve()
    with tempfile.TemporaryDirectory() as name, World(given.sandbox, Path(name)) as world:
        checks = [
            lambda: contents.check_binaries(packages),
            lambda: contents.check_sdist(packages),
            lambda: contents.check_release(packages),
            lambda: contents.check_versions(Path(name)),
            lambda: python.check_pip(packages, world),
            lambda: python.check_uvx(packages, world, given.uvx),
            lambda: node.check_npx(packages, world),
            lambda: node.check_launcher(packages, world),
        ]
        if given.qemu:
            checks.append(lambda: check_emulated(packages, world, given.qemu.resolve()))
        for check in checks:
            started = time.monotonic()
            told = check()
            print(f"{told} ({time.monotonic() - started:.1f} s)", flush=True)


def check_emulated(packages: Path, world: World, libraries: Path) -> str:
    program = packages / "binaries/mcs-gmail-linux-aarch64"
    world.check_program(["qemu-aarch64", "-L", str(libraries), str(program)])
    return "aarch64 under qemu-user: starts, signs in and lists"


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    main()
