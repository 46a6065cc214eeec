//! The header of an ELF file and what its loader reads (elf(5), and the "Linux Standard Base" for symbol versions): the
//! system, the machine, and the newest version of the C library that it requires. It knows nothing of the skill.

/// Types of program headers, tags of the dynamic section and a flag in it.
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERPRETER: u32 = 3;
const STRING_TABLE: u64 = 5;
const FLAGS_1: u64 = 0x6fff_fffb;
const VERSIONS_NEEDED: u64 = 0x6fff_fffe;
const VERSIONS_COUNT: u64 = 0x6fff_ffff;
const POSITION_INDEPENDENT: u64 = 0x0800_0000;
/// No program has more of these. It bounds the reading of damaged files.
const MAX_ENTRIES: u64 = 4096;

/// A program for 64-bit Linux.
#[derive(Debug)]
pub(super) struct Elf {
    pub(super) machine: &'static str,
    /// The loader that starts it; `None` if it needs none.
    pub(super) interpreter: Option<String>,
    /// The version of the GNU C library that it requires.
    pub(super) glibc: Option<(u32, u32)>,
}

/// Reads a file that begins as an ELF file does. The error says what it is instead of a program for 64-bit Linux.
pub(super) fn read(bytes: &[u8]) -> Result<Elf, String> {
    let file = File(bytes);
    let cut_off = || "cut off".to_owned();
    match (file.byte(4).ok_or_else(cut_off)?, file.byte(5).ok_or_else(cut_off)?) {
        (2, 1) => {}
        (1, _) => return Err("a 32-bit program".to_owned()),
        _ => return Err("a program for a big-endian machine".to_owned()),
    }
    let of_system = match file.byte(7).ok_or_else(cut_off)? {
        0 | 3 => None,
        2 => Some("NetBSD"),
        6 => Some("Solaris"),
        9 => Some("FreeBSD"),
        12 => Some("OpenBSD"),
        _ => Some("another system than Linux"),
    };
    if let Some(system) = of_system {
        return Err(format!("a program for {system}"));
    }
    let machine = match file.half(18).ok_or_else(cut_off)? {
        62 => "x86_64",
        183 => "aarch64",
        22 => return Err("a program for s390x".to_owned()),
        21 => return Err("a program for ppc64".to_owned()),
        243 => return Err("a program for riscv64".to_owned()),
        258 => return Err("a program for loongarch64".to_owned()),
        other => return Err(format!("a program for another machine (ELF machine {other})")),
    };
    let headers = file.program_headers().ok_or_else(cut_off)?;
    if !file.is_whole(&headers) {
        return Err(cut_off());
    }
    let interpreter = headers.iter().find(|header| header.kind == INTERPRETER);
    let interpreter = interpreter.and_then(|header| file.text(header.offset));
    let dynamic = file.dynamic(&headers);
    let is_pie = dynamic.iter().any(|(tag, value)| *tag == FLAGS_1 && value & POSITION_INDEPENDENT != 0);
    match file.half(16) {
        Some(2) => {}
        Some(3) if interpreter.is_some() || is_pie => {}
        Some(3) => return Err("a shared library".to_owned()),
        _ => return Err("not a program that can be started".to_owned()),
    }
    let glibc = file.glibc(&headers, &dynamic);
    Ok(Elf { machine, interpreter, glibc })
}

/// A part of the file that is described by a program header.
#[derive(Clone, Copy)]
struct Header {
    kind: u32,
    offset: u64,
    address: u64,
    size: u64,
}

struct File<'f>(&'f [u8]);

impl File<'_> {
    fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let at = usize::try_from(at).ok()?;
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn byte(&self, at: u64) -> Option<u8> {
        self.bytes::<1>(at).map(|[byte]| byte)
    }

    fn half(&self, at: u64) -> Option<u16> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    fn word(&self, at: u64) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    fn long(&self, at: u64) -> Option<u64> {
        self.bytes(at).map(u64::from_le_bytes)
    }

    /// The text that ends with NUL.
    fn text(&self, at: u64) -> Option<String> {
        let rest = self.0.get(usize::try_from(at).ok()?..)?;
        let end = rest.iter().take(MAX_ENTRIES as usize).position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn program_headers(&self) -> Option<Vec<Header>> {
        let (start, size, count) = (self.long(32)?, self.half(54)?, self.half(56)?);
        let header = |number: u16| {
            let at = start.checked_add(u64::from(number) * u64::from(size))?;
            Some(Header {
                kind: self.word(at)?,
                offset: self.long(at.checked_add(8)?)?,
                address: self.long(at.checked_add(16)?)?,
                size: self.long(at.checked_add(32)?)?,
            })
        };
        (0..count).map(header).collect()
    }

    /// Whether everything that is loaded is there, and the table of sections at its end, if it has one.
    fn is_whole(&self, headers: &[Header]) -> bool {
        let sections = || {
            let (start, size, count) = (self.long(40)?, self.half(58)?, self.half(60)?);
            start.checked_add(u64::from(size) * u64::from(count))
        };
        let ends = headers.iter().filter(|header| header.kind == LOAD);
        let mut ends = ends.map(|header| header.offset.checked_add(header.size)).chain([sections()]);
        ends.all(|end| end.is_some_and(|end| end <= self.0.len() as u64))
    }

    /// The entries of the dynamic section: a tag and a value.
    fn dynamic(&self, headers: &[Header]) -> Vec<(u64, u64)> {
        let Some(section) = headers.iter().find(|header| header.kind == DYNAMIC) else { return Vec::new() };
        let entry = |number: u64| {
            let at = section.offset.checked_add(number * 16)?;
            Some((self.long(at)?, self.long(at.checked_add(8)?)?)).filter(|(tag, _)| *tag != 0)
        };
        (0..MAX_ENTRIES.min(section.size / 16)).map_while(entry).collect()
    }

    /// The newest version of the GNU C library among the versions that its libraries must have.
    fn glibc(&self, headers: &[Header], dynamic: &[(u64, u64)]) -> Option<(u32, u32)> {
        let value = |wanted: u64| dynamic.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let place = |address: u64| {
            let is_there = |header: &&Header| {
                header.kind == LOAD
                    && (header.address..header.address.saturating_add(header.size)).contains(&address)
            };
            let header = headers.iter().find(is_there)?;
            header.offset.checked_add(address - header.address)
        };
        let strings = place(value(STRING_TABLE)?)?;
        let mut library = place(value(VERSIONS_NEEDED)?)?;
        let mut newest = None;
        // All libraries together: a header can name more entries than the file has.
        let mut left = MAX_ENTRIES;
        for _ in 0..value(VERSIONS_COUNT)?.min(MAX_ENTRIES) {
            let mut version = library.checked_add(self.word(library.checked_add(8)?)?.into())?;
            for _ in 0..self.half(library.checked_add(2)?)? {
                left = left.checked_sub(1)?;
                let name = self.word(version.checked_add(8)?)?;
                let name = self.text(strings.checked_add(name.into())?)?;
                newest = newest.max(glibc_version(&name));
                version = version.checked_add(self.word(version.checked_add(12)?)?.into())?;
            }
            library = library.checked_add(self.word(library.checked_add(12)?)?.into())?;
        }
        newest
    }
}

/// The version in `GLIBC_2.34`. The one for packed relocations came with 2.36.
fn glibc_version(name: &str) -> Option<(u32, u32)> {
    let version = name.strip_prefix("GLIBC_")?;
    if version == "ABI_DT_RELR" {
        return Some((2, 36));
    }
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes numbers with their sizes in bytes, one after the other.
    fn write(file: &mut [u8], at: usize, numbers: &[(u64, usize)]) {
        let mut at = at;
        for (number, size) in numbers {
            file[at..at + size].copy_from_slice(&number.to_le_bytes()[..*size]);
            at += size;
        }
    }

    /// 65,535 libraries with 65,535 versions each, all of them at one place and with a name of 4 kB.
    #[test]
    fn a_header_that_names_more_versions_than_the_file_can_have_is_read_at_once() {
        let mut file = vec![b'A'; 16_384];
        file[..4096].fill(0);
        file[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\0");
        write(&mut file, 16, &[(2, 2), (62, 2)]);
        write(&mut file, 32, &[(64, 8), (0, 8)]);
        write(&mut file, 52, &[(64, 2), (56, 2), (2, 2), (64, 2), (0, 2)]);
        for (at, kind, start, size) in [(64, LOAD, 0, 16_384), (120, DYNAMIC, 512, 64)] {
            write(&mut file, at, &[(kind.into(), 4), (4, 4), (start, 8), (start, 8), (start, 8), (size, 8)]);
        }
        let entries = [STRING_TABLE, 4096, VERSIONS_NEEDED, 1024, VERSIONS_COUNT, 65_535];
        write(&mut file, 512, &entries.map(|number| (number, 8)));
        write(&mut file, 1024, &[(1, 2), (65_535, 2), (1, 4), (16, 4), (0, 4)]);
        let read = read(&file).unwrap();
        assert_eq!((read.machine, read.glibc), ("x86_64", None));
    }
}
