"""Makes everything that a release consists of out of the wheels: npm packages, archives, the skill, SBOMs, checksums.

    pack.py packages DIRECTORY          from the wheels in DIRECTORY, into DIRECTORY
    pack.py binary WHEEL FILE           the program in a wheel
    pack.py versions [TAG]              the version is the same everywhere

The binary of a system exists once, in its wheel. Every other package holds a copy of it.
"""

import hashlib
import io
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
from typing import Any, NamedTuple, Optional

TOP = Path(__file__).resolve().parent.parent
# The same input makes the same bytes. This is the time of the commit, if the build names it.
TIME = max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315619200)


class Platform(NamedTuple):
    """A system with a binary, in the words of each package manager."""

    wheel: str
    target: str
    npm_os: str
    npm_cpu: str
    skill: str = ""

    @property
    def program(self) -> str:
        return "mcs-gmail.exe" if "windows" in self.target else "mcs-gmail"

    @property
    def npm(self) -> str:
        return f"mcs-gmail-{self.npm_os}-{self.npm_cpu}"

    @property
    def archive(self) -> str:
        return f"mcs-gmail-{self.target}.{'zip' if 'windows' in self.target else 'tar.gz'}"


PLATFORMS = [
    Platform(r"manylinux_2_17_x86_64", "x86_64-unknown-linux-gnu", "linux", "x64", "linux-x86_64"),
    Platform(r"manylinux_2_17_aarch64", "aarch64-unknown-linux-gnu", "linux", "arm64", "linux-aarch64"),
    Platform(r"macosx_\d+_\d+_x86_64", "x86_64-apple-darwin", "darwin", "x64"),
    Platform(r"macosx_\d+_\d+_arm64", "aarch64-apple-darwin", "darwin", "arm64"),
    Platform(r"win_amd64", "x86_64-pc-windows-msvc", "win32", "x64"),
]

# Where the version stands besides Cargo.toml. pyproject.toml and the packages of npm take it from there.
VERSIONS = [
    ("Cargo.lock", r'^name = "mcs-gmail"\nversion = "([^"]+)"$'),
    ("skill/SKILL.md", r'^  version: "([^"]+)"$'),
    (".claude-plugin/*.json", r'"version": *"([^"]+)"'),
    ("integrations/*/src/*/__init__.py", r'^__version__ = "([^"]+)"$'),
    ("integrations/*/*.py", r"^version: *(\S+)$"),
    ("integrations/*/*", r"\bmcs-gmail==([0-9][^\s\"',;]*)"),
]


def crate() -> dict[str, Any]:
    """The package in Cargo.toml."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    done = subprocess.run(command, cwd=TOP, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)["packages"][0]


def versions(tag: Optional[str]) -> None:
    version = crate()["version"]
    wrong = [] if tag in (None, f"v{version}") else [f"the tag is {tag}"]
    for pattern, line in VERSIONS:
        for file in sorted(TOP.glob(pattern)):
            found = re.findall(line, file.read_text(encoding="utf-8"), re.M) if file.is_file() else []
            if not found and "*" not in pattern:
                wrong.append(f"{pattern} has no version")
            wrong += [f"{file.relative_to(TOP)} has {other}" for other in found if other != version]
    changes = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    if tag and not re.search(rf"^## {re.escape(version)}\b.* [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$", changes, re.M):
        wrong.append(f'CHANGELOG.md has no section "## {version} YYYY-MM-DD"')
    if wrong:
        sys.exit(f"Cargo.toml has {version}, but {', '.join(wrong)}: make them the same")
    print(version)


def third_party(package: dict[str, Any]) -> bytes:
    """The licences of the crates whose code is in a binary, each text once. They want to be passed on with it."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    command += [option for platform in PLATFORMS for option in ("--filter-platform", platform.target)]
    known = json.loads(subprocess.run(command, cwd=TOP, check=True, stdout=subprocess.PIPE).stdout)
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    waiting, inside = [package["id"]], set()
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if normal and dependency["pkg"] not in inside:
                inside.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    crates = sorted((c for c in known["packages"] if c["id"] in inside), key=lambda c: (c["name"], c["version"]))
    holders: dict[str, list[str]] = {}
    lines = ["# What the binary of mcs-gmail is made of", ""]
    lines.append("- the standard library of Rust: MIT OR Apache-2.0, https://github.com/rust-lang/rust")
    for one in crates:
        source = one["repository"] or one["homepage"] or "see its licence"
        lines.append(f"- {one['name']} {one['version']}: {one['license'] or 'see its licence'}, {source}")
        for file in sorted(Path(one["manifest_path"]).parent.iterdir()):
            if re.match(r"(licen[cs]e|copying|copyright|notice|unlicense)", file.name, re.I) and file.is_file():
                notice = file.read_text(encoding="utf-8", errors="replace").strip()
                holders.setdefault(notice, []).append(one["name"])
    for notice, names in holders.items():
        lines += ["", f"## {', '.join(dict.fromkeys(names))}", "", notice]
    return ("\n".join(lines) + "\n").encode()


def member(wheel: Path, pattern: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(pattern, name)]
        if len(names) != 1:
            sys.exit(f'{wheel} has {len(names)} files {pattern}: build it with maturin and bindings = "bin"')
        return archive.read(names[0])


def binary(wheel: Path) -> bytes:
    return member(wheel, r"[^/]+\.data/scripts/mcs-gmail(\.exe)?")


def write_program(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(0o755)
    return file


def manifest(package: dict[str, Any]) -> dict[str, Any]:
    """What the packages of npm have in common."""
    return {
        "version": package["version"],
        "description": package["description"],
        "license": package["license"],
        "homepage": package["homepage"],
        "repository": {"type": "git", "url": f"git+{package['repository']}.git"},
        "engines": {"node": ">=16"},
    }


def npm_pack(files: dict[str, bytes], programs: set[str], out: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        for path, content in files.items():
            file = write_program(Path(name) / path, content)
            file.chmod(0o755 if path in programs else 0o644)
        npm = shutil.which("npm") or sys.exit("npm is not installed: install Node.js")
        command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(out)]
        subprocess.run(command, cwd=name, check=True, stdout=subprocess.DEVNULL)


def npm_platform(platform: Platform, program: bytes, notices: bytes, package: dict[str, Any], out: Path) -> None:
    about = f"The binary of mcs-gmail for {platform.npm_os}-{platform.npm_cpu}. Install mcs-gmail instead."
    described = {"name": platform.npm, **manifest(package), "description": about}
    described.update(
        os=[platform.npm_os], cpu=[platform.npm_cpu], files=["bin", "THIRD-PARTY.md"], preferUnplugged=True
    )
    if platform.npm_os == "linux":
        described["libc"] = ["glibc"]
    path = f"bin/{platform.program}"
    files = {"package.json": text(described), "README.md": f"# {platform.npm}\n\n{about}\n".encode(), path: program}
    npm_pack({**files, "LICENSE": (TOP / "LICENSE").read_bytes(), "THIRD-PARTY.md": notices}, {path}, out)


def npm_launcher(package: dict[str, Any], out: Path) -> None:
    """The package `mcs-gmail` names every platform, so that npm chooses among them."""
    described = {"name": "mcs-gmail", **manifest(package), "keywords": package["keywords"]}
    described.update(bin={"mcs-gmail": "mcs-gmail.js"}, files=["mcs-gmail.js"])
    described["optionalDependencies"] = {platform.npm: package["version"] for platform in PLATFORMS}
    files = {"package.json": text(described), "mcs-gmail.js": (TOP / "packaging/npm/mcs-gmail.js").read_bytes()}
    files.update({name: (TOP / name).read_bytes() for name in ("README.md", "LICENSE")})
    npm_pack(files, {"mcs-gmail.js"}, out)


def text(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def archive(platform: Platform, program: bytes, notices: bytes, out: Path) -> None:
    """What `cargo binstall` downloads, and everyone who wants the file alone."""
    folder = f"mcs-gmail-{platform.target}"
    files = {platform.program: program, "THIRD-PARTY.md": notices}
    files.update({name: (TOP / name).read_bytes() for name in ("README.md", "CHANGELOG.md", "LICENSE")})
    if platform.archive.endswith(".zip"):
        with zipfile.ZipFile(out / platform.archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files.items():
                packed.writestr(zipfile.ZipInfo(f"{folder}/{name}", date_time=(1980, 1, 1, 0, 0, 0)), content)
        return
    unpacked = io.BytesIO()
    with tarfile.open(fileobj=unpacked, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), TIME, 0o755 if name == platform.program else 0o644
            packed.addfile(entry, io.BytesIO(content))
    compress = subprocess.run(["gzip", "-9n"], input=unpacked.getvalue(), stdout=subprocess.PIPE, check=True)
    (out / platform.archive).write_bytes(compress.stdout)


def skill(programs: dict[str, Path], package: dict[str, Any], out: Path) -> None:
    """The bundle for Cowork and claude.ai, made by the program itself."""
    machine = {"x86_64": "linux-x86_64", "aarch64": "linux-aarch64"}[os.uname().machine]
    bundle = out / f"mcs-gmail-skill-{package['version']}.zip"
    command = [str(programs[machine]), "skill", "pack", "--without-config", "--out", str(bundle)]
    # Binaries that are built quickly for a test can be too large for a bundle with all of them.
    included = os.environ.get("SKILL_MACHINES", " ".join(programs)).split()
    for name in included:
        command += ["--binary", str(programs[name])]
    subprocess.run(command, check=True)


def packages(out: Path) -> None:
    package = crate()
    wheels = {p: w for p in PLATFORMS for w in sorted(out.glob("*.whl")) if re.search(rf"[-.]{p.wheel}\b", w.name)}
    if not wheels:
        sys.exit(f"{out} has no wheels: run packaging/build wheel first")
    missing = [platform.target for platform in PLATFORMS if platform not in wheels]
    if missing and os.environ.get("GITHUB_REF", "").startswith("refs/tags/"):
        sys.exit(f"a release needs a wheel for every platform, and there is none for {', '.join(missing)}")
    (out / "npm").mkdir(exist_ok=True)
    notices = third_party(package)
    programs: dict[str, Path] = {}
    for platform, wheel in wheels.items():
        program = binary(wheel)
        if platform.skill:
            programs[platform.skill] = write_program(out / "binaries" / f"mcs-gmail-{platform.skill}", program)
        archive(platform, program, notices, out)
        npm_platform(platform, program, notices, package, out / "npm")
        sbom = member(wheel, r"[^/]+\.dist-info/sboms/mcs-gmail\.cyclonedx\.json")
        (out / f"mcs-gmail-{platform.target}.cdx.json").write_bytes(sbom)
    npm_launcher(package, out / "npm")
    if programs:
        skill(programs, package, out)
    checksums(out)


def checksums(out: Path) -> None:
    files = sorted(file for file in out.iterdir() if file.is_file() and file.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (out / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def main(arguments: list[str]) -> None:
    name, values = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name == "packages" and len(values) == 1:
        packages(Path(values[0]).resolve())
    elif name == "binary" and len(values) == 2:
        write_program(Path(values[1]), binary(Path(values[0])))
    elif name == "versions" and len(values) < 2:
        versions(values[0] if values else None)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
