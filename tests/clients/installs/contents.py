"""What the packages hold, judged without installing them."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[3]
GLIBC = (2, 17)
# The parts of glibc. Everything else must be in the binary, libgcc_s too.
LIBRARIES = r"lib(c|m|dl|rt|pthread)\.so\.\d|ld-linux.*\.so\.\d"


def run(*command: "str | Path", cwd: Path = TOP) -> str:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def crate() -> dict[str, Any]:
    return json.loads(run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"))["packages"][0]


def check_binaries(packages: Path) -> str:
    """They start on every Linux that has glibc 2.17, the version of manylinux2014."""
    told = []
    for file in sorted((packages / "binaries").iterdir()):
        machine = {"x86_64": "X86-64", "aarch64": "AArch64"}[file.name.split("-")[-1]]
        assert machine in run("readelf", "--file-header", file), file
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "--dynamic", "--wide", file))
        foreign = [name for name in needed if not re.fullmatch(LIBRARIES, name)]
        assert needed and not foreign, f"{file.name} needs {foreign or 'no library, not even libc'}"
        text = run("readelf", "--version-info", "--wide", file)
        versions = {tuple(map(int, found.split("."))) for found in re.findall(r"\bGLIBC_([0-9.]+)", text)}
        assert max(versions) <= GLIBC, f"{file.name} needs glibc {max(versions)}"
        told.append(f"{file.name} {file.stat().st_size / 1e6:.1f} MB, glibc {max(versions)[0]}.{max(versions)[1]}")
    assert told, "no binaries"
    return "; ".join(told)


def check_sdist(packages: Path) -> str:
    """It has the files of the crate and what describes a Python package, and cargo accepts it."""
    [sdist] = packages.glob("mcs_gmail-*.tar.gz")
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(sdist) as archive:
            names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
            archive.extractall(name)
        listed = set(run("cargo", "package", "--list", "--allow-dirty", "--locked").split())
        expected = listed - {".cargo_vcs_info.json", "Cargo.toml.orig"} | {"pyproject.toml", "PKG-INFO"}
        assert names == expected, f"only in the sdist: {names - expected}, missing: {expected - names}"
        [unpacked] = Path(name).iterdir()
        # A debug build shares the dependencies of the other debug builds. What is compiled here is mcs-gmail itself.
        variables = {**os.environ, "CARGO_TARGET_DIR": str(TOP / "target")}
        built = subprocess.run(
            ["maturin", "build", "--profile", "dev", "--compatibility", "linux", "--out", name],
            cwd=unpacked,
            env={**variables, "PATH": f"{tools()}:{os.environ['PATH']}"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert built.returncode == 0, built.stderr
        [wheel] = Path(name).glob("*.whl")
        program = Path(name) / "mcs-gmail"
        run(sys.executable, TOP / "packaging/pack.py", "binary", wheel, program)
        assert run(program, "--version").startswith("mcs-gmail "), program
    return f"the sdist has {len(names)} files, and its wheel can be built"


def tools() -> Path:
    cache = os.environ.get("CI_CACHE") or Path.home() / ".cache/mcs-gmail-ci"
    return Path(cache) / "packaging/bin"


def check_release(packages: Path) -> str:
    """The files of a release: their sums, what cargo binstall asks for, and one binary everywhere."""
    package = crate()
    sums = {}
    for line in (packages / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        sums[name] = digest
        assert hashlib.sha256((packages / name).read_bytes()).hexdigest() == digest, name
    assert set(sums) == {f.name for f in packages.iterdir() if f.is_file()} - {"SHA256SUMS"}, sums
    machines = {f.name.split("-")[-1]: f.read_bytes() for f in (packages / "binaries").iterdir()}
    for machine, program in machines.items():
        target = f"{machine}-unknown-linux-gnu"
        url, path = binstall(package, target)
        assert url == f"{package['repository']}/releases/download/v{package['version']}/{url.split('/')[-1]}", url
        with tarfile.open(packages / url.split("/")[-1]) as archive:
            member = archive.getmember(path)
            assert member.mode == 0o755, path
            assert archive.extractfile(member).read() == program, path  # type: ignore[union-attr]
            notices = archive.extractfile(f"{Path(path).parent}/THIRD-PARTY.md").read()  # type: ignore[union-attr]
            assert b"Mozilla Public License" in notices and b"- ring 0.1" in notices, notices[:200]
        bill = json.loads((packages / f"mcs-gmail-{target}.cdx.json").read_text())
        assert bill["bomFormat"] == "CycloneDX" and len(bill["components"]) > 100, bill["bomFormat"]
        assert package["name"] == bill["metadata"]["component"]["name"], bill["metadata"]
    [skill] = packages.glob("mcs-gmail-skill-*.zip")
    with zipfile.ZipFile(skill) as archive:
        every = " ".join(f"linux-{machine}" for machine in machines)
        for name in os.environ.get("SKILL_MACHINES", every).split():
            path = f"mcs-gmail/scripts/mcs-gmail-{name}"
            assert archive.read(path) == machines[name.split("-")[1]], path
            assert archive.getinfo(path).external_attr >> 16 & 0o111, f"{path} is not executable"
    url, path = binstall(package, "x86_64-pc-windows-msvc")
    assert url.endswith("/mcs-gmail-x86_64-pc-windows-msvc.zip") and path.endswith("/mcs-gmail.exe"), (url, path)
    size = skill.stat().st_size / 1e6
    return f"SHA256SUMS: {len(sums)} files; the archives and the skill ({size:.1f} MB) have the binaries of the wheels"


def binstall(package: dict[str, Any], target: str) -> tuple[str, str]:
    """The address and the path in the archive that `cargo binstall` makes of the metadata in Cargo.toml."""
    given = package["metadata"]["binstall"]
    given = {**given, **given.get("overrides", {}).get(target, {})}
    values = {"repo": package["repository"], "version": package["version"], "name": package["name"], "target": target}
    values.update({"bin": "mcs-gmail", "binary-ext": ".exe" if "windows" in target else ""})
    assert given["pkg-url"].endswith({"tgz": ".tar.gz", "zip": ".zip"}[given["pkg-fmt"]]), given

    def filled(template: str) -> str:
        return re.sub(r"\{ *([a-z-]+) *\}", lambda found: values[found[1]], template)

    return filled(given["pkg-url"]), filled(given["bin-dir"])


def check_versions(directory: Path) -> str:
    """The version is the same everywhere, and a slip is named."""
    version = run("packaging/build", "versions").strip()
    assert version == crate()["version"], version
    copy = directory / "copy"
    copy.mkdir()
    for name in run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (TOP / name).is_file() and not name.startswith("tests/"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, copy / name)
    for name in ("tests/stories.rs", "tests/benches/text.rs", "tests/sandbox/main.rs"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).touch()
    assert f'CHANGELOG.md has no section "## {version} YYYY-MM-DD"' in refusal(copy, f"v{version}")
    changes = copy / "CHANGELOG.md"
    changes.write_text(f"# Changelog\n\n## {version} - 2026-12-01\n\n{changes.read_text()}")
    assert refusal(copy, f"v{version}") == ""
    assert f"the tag is v9.{version}" in refusal(copy, f"v9.{version}")
    skill = copy / "skill/SKILL.md"
    skill.write_text(skill.read_text().replace(f'version: "{version}"', 'version: "0.0.9"'))
    assert "skill/SKILL.md has 0.0.9" in refusal(copy)
    cargo = copy / "Cargo.toml"
    cargo.write_text(cargo.read_text().replace(f'\nversion = "{version}"', '\nversion = "7.7.7"'))
    assert f"Cargo.lock has {version}" in refusal(copy)
    return f"version {version} everywhere; wrong tags, files and an undated CHANGELOG.md are refused"


def refusal(copy: Path, *tag: str) -> str:
    command = [sys.executable, "packaging/pack.py", "versions", *tag]
    done = subprocess.run(command, cwd=copy, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert (done.returncode == 0) == (done.stderr == ""), done
    return done.stderr
