"""The wheel, by pip and by uv."""

import os
import subprocess
import sys
import venv
from pathlib import Path

from registry import registry
from world import World


def check_pip(packages: Path, world: World) -> str:
    directory = world.directory / "venv"
    venv.create(directory, with_pip=True)
    pip = [str(directory / "bin/pip"), "--isolated", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-index", "--find-links", str(packages), "--only-binary", ":all:", "mcs-gmail"], check=True
    )
    world.check_program([str(directory / "bin/mcs-gmail")])
    [metadata] = directory.glob("lib/python*/site-packages/mcs_gmail-*.dist-info/METADATA")
    text = metadata.read_text(encoding="utf-8")
    for line in ("License-Expression: Apache-2.0", "Requires-Python: >=3.8", "Description-Content-Type: text/markdown"):
        assert line in text, f"{line} is missing in {text[:2000]}"
    # The wheel for aarch64 is one that pip takes there.
    command = [pip[0], "--isolated", "download", "--quiet", "--no-index", "--find-links", str(packages), "--no-deps"]
    command += [
        "--only-binary",
        ":all:",
        "--platform",
        "manylinux2014_aarch64",
        "--dest",
        str(world.directory),
        "mcs-gmail",
    ]
    if list(packages.glob("*aarch64.whl")):
        subprocess.run(command, check=True)
    return "pip: installs the wheel into a new environment, signs in and lists"


def check_uvx(packages: Path, world: World, uvx: Path) -> str:
    with registry(packages) as base:
        command = [str(uvx), "--quiet", "--no-config", "--default-index", f"{base}/simple", "mcs-gmail"]
        variables = {
            "UV_CACHE_DIR": str(world.directory / "uv"),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
        }
        world.check_program(command, {**variables, "UV_TOOL_DIR": str(world.directory / "uv-tools")})
    assert os.listdir(world.directory / "uv"), "uv used another cache"
    return "uvx mcs-gmail: installs from an index on loopback, signs in and lists"
