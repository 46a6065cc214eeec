//! Programs that the skill can carry, judged by their bytes: the system and the machine, the version, and what they need
//! to start. None of them is run.

use super::elf;

/// What a binary says about itself, between two NUL. `skill pack` reads it in the files that it includes.
#[used]
static MARK: &str = concat!("\0mcs-gmail, version ", env!("CARGO_PKG_VERSION"), "\0");

/// The C library of Ubuntu 22.04, on which Cowork runs the skill.
const GLIBC_OF_COWORK: (u32, u32) = (2, 35);

/// A program of mcs-gmail.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) platform: Platform,
    /// As the program says.
    pub(crate) version: String,
    /// What the machines of Cowork do not have, so that it cannot start there.
    pub(crate) lacking: Option<String>,
}

/// A system and a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    pub(crate) system: &'static str,
    pub(crate) machine: &'static str,
}

impl Platform {
    pub(crate) const LINUX_X86: Platform = Platform { system: "linux", machine: "x86_64" };
    pub(crate) const LINUX_ARM: Platform = Platform { system: "linux", machine: "aarch64" };

    /// The one that this program runs on, as the launcher names it.
    pub(crate) fn own() -> Platform {
        let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
        Platform { system, machine: std::env::consts::ARCH }
    }

    pub(crate) fn name(self) -> String {
        format!("{}-{}", self.system, self.machine)
    }

    /// The file that the launcher starts there.
    pub(crate) fn file(self) -> String {
        format!("mcs-gmail-{}", self.name())
    }
}

/// Judges a file. The error says what it is instead of a program of mcs-gmail, as the end of the sentence "it is".
pub(crate) fn judge(bytes: &[u8]) -> Result<Program, String> {
    let (platform, lacking) = match bytes {
        [0x7f, b'E', b'L', b'F', ..] => {
            let elf = elf::read(bytes)?;
            (Platform { system: "linux", machine: elf.machine }, lacking(&elf))
        }
        // The header of a 64-bit Mach-O file (mach-o/loader.h).
        [0xcf, 0xfa, 0xed, 0xfe, 0x07, 0, 0, 1, _, _, _, _, 2, ..] => {
            (Platform { system: "darwin", machine: "x86_64" }, None)
        }
        [0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1, _, _, _, _, 2, ..] => {
            (Platform { system: "darwin", machine: "aarch64" }, None)
        }
        other => return Err(kind_of(other).to_owned()),
    };
    let version = version_in(bytes).ok_or("a program, but not mcs-gmail")?;
    Ok(Program { platform, version, lacking })
}

/// What a file is that is no program of the kinds that are known.
fn kind_of(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "empty",
        [0xca, 0xfe, 0xba, 0xbe, ..] => "a program for several machines with macOS",
        [0xcf, 0xfa, 0xed, 0xfe, ..] => "a file of macOS, but not a program",
        [b'M', b'Z', ..] => "a program for Windows",
        [b'#', b'!', ..] => "a script",
        [b'P', b'K', 3, 4, ..] => "a zip archive",
        [0x1f, 0x8b, ..] => "a gzip archive",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "an xz archive",
        _ => "not a program",
    }
}

/// The version that a program of mcs-gmail states.
fn version_in(bytes: &[u8]) -> Option<String> {
    let version = env!("CARGO_PKG_VERSION");
    // The optimiser must not find out that the mark itself is never used as a whole.
    let mark = std::hint::black_box(MARK).trim_matches('\0');
    let start = mark.strip_suffix(version)?.as_bytes();
    let of_version = |byte: &u8| byte.is_ascii_alphanumeric() || b".+-".contains(byte);
    let is_version = |text: &&[u8]| !text.is_empty() && text.len() <= 64 && text.iter().all(of_version);
    let mut parts = bytes.split(|byte| *byte == 0);
    let stated = parts.find_map(|part| part.strip_prefix(start).filter(is_version))?;
    Some(String::from_utf8_lossy(stated).into_owned())
}

fn lacking(elf: &elf::Elf) -> Option<String> {
    let usual = match elf.machine {
        "x86_64" => "/lib64/ld-linux-x86-64.so.2",
        _ => "/lib/ld-linux-aarch64.so.1",
    };
    match (&elf.interpreter, elf.glibc) {
        (Some(interpreter), _) if interpreter != usual => Some(format!("the loader {interpreter}")),
        (_, Some(version)) if version > GLIBC_OF_COWORK => {
            Some(format!("version {}.{} of the GNU C library", version.0, version.1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This test program, which contains the mark.
    fn own() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_program_is_judged_by_its_bytes() {
        let mut bytes = own();
        let program = judge(&bytes).unwrap();
        assert_eq!(program.platform, Platform::own());
        assert_eq!(program.version, env!("CARGO_PKG_VERSION"));
        let elf = elf::read(&bytes).unwrap();
        assert!(elf.glibc.is_none_or(|version| version >= (2, 3)), "{elf:?}");
        for (at, value, what) in [
            (4, 1, "a 32-bit program"),
            (5, 2, "a program for a big-endian machine"),
            (7, 9, "a program for FreeBSD"),
            (16, 1, "not a program that can be started"),
            (18, 243, "a program for riscv64"),
        ] {
            let before = std::mem::replace(&mut bytes[at], value);
            assert_eq!(judge(&bytes).unwrap_err(), what);
            bytes[at] = before;
        }
        for length in [5, 64, bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(judge(&bytes[..length]).unwrap_err(), "cut off", "{length}");
        }
    }

    #[test]
    fn other_files_are_named() {
        for (bytes, what) in [
            (&b""[..], "empty"),
            (b"#!/bin/sh\n", "a script"),
            (b"MZ\x90\0", "a program for Windows"),
            (b"PK\x03\x04", "a zip archive"),
            (b"\xca\xfe\xba\xbe\0\0\0\x02", "a program for several machines with macOS"),
            (b"\xcf\xfa\xed\xfe\x0c\0\0\x01\0\0\0\0\x06\0\0\0", "a file of macOS, but not a program"),
            (b"\xcf\xfa\xed\xfe\x0c\0\0\x01\0\0\0\0\x02\0\0\0", "a program, but not mcs-gmail"),
            (b"Hello", "not a program"),
        ] {
            assert_eq!(judge(bytes).unwrap_err(), what);
        }
    }

    #[test]
    fn a_version_is_read_between_nul() {
        // In one piece, the texts of this test would be found in this program.
        let text = |rest: &str| ["x\0mcs-gmail,", " version ", rest].concat().into_bytes();
        assert_eq!(version_in(&text("1.2.3-rc.1\0y")).unwrap(), "1.2.3-rc.1");
        assert_eq!(version_in(&text("1 2\0y")), None);
        assert_eq!(version_in(&[text("\0"), text("2\0")].concat()).unwrap(), "2");
        assert_eq!(version_in(&text("1\0")[2..]).unwrap(), "1");
    }
}
