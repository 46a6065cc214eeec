//! The skill as it is distributed: its text files, which this binary carries, and the programs beside the launcher.
//!
//! `bundle` makes the zip for uploading, `install` puts the files into a directory, and `settings` adds the lines of
//! `rules` to the settings of the client. Nothing here knows the command line, the configuration or the terminal.

mod bundle;
mod elf;
mod install;
mod program;
mod rules;
mod settings;

pub(crate) use self::{
    bundle::{bundle, check_limits, is_bundle},
    install::{Installed, install},
    program::{Platform, Program, judge},
    rules::{Needs, lines},
    settings::{SettingsFile, has_any},
};

/// The name of the skill and of its directory.
pub(crate) const NAME: &str = "mcs-gmail";
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The launcher, which must be executable, as every program beside it.
const LAUNCHER: &str = "scripts/mcs-gmail";

const SKILL: &str = include_str!("../../skill/SKILL.md");
/// The text files with their paths in the skill's directory. A test compares them with that directory.
const TEXTS: &[(&str, &str)] = &[
    ("LICENSE", include_str!("../../LICENSE")),
    ("SKILL.md", SKILL),
    ("references/migrating.md", include_str!("../../skill/references/migrating.md")),
    ("references/recipes.md", include_str!("../../skill/references/recipes.md")),
    ("references/setup.md", include_str!("../../skill/references/setup.md")),
    ("references/tools.md", include_str!("../../skill/references/tools.md")),
    ("references/troubleshooting.md", include_str!("../../skill/references/troubleshooting.md")),
    (LAUNCHER, include_str!("../../skill/scripts/mcs-gmail")),
];

/// A file of the skill.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its path in the skill's directory, with `/`.
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
    /// Its permissions, such as 0o755.
    pub(crate) mode: u32,
}

impl Part {
    /// The program that the launcher starts on this platform.
    pub(crate) fn program(platform: Platform, content: Vec<u8>) -> Part {
        Part { path: format!("scripts/{}", platform.file()), content, mode: 0o755 }
    }

    /// A configuration file, which is read from the skill's directory.
    pub(crate) fn configuration(name: &str, content: Vec<u8>) -> Part {
        Part { path: name.to_owned(), content, mode: 0o644 }
    }
}

/// The text files of the skill.
pub(crate) fn texts() -> Vec<Part> {
    let part = |(path, text): &(&str, &str)| Part {
        path: (*path).to_owned(),
        content: text.as_bytes().to_owned(),
        mode: if *path == LAUNCHER { 0o755 } else { 0o644 },
    };
    TEXTS.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// The files below a directory, without those that are not part of the sources.
    fn files(directory: &Path, above: &str) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
        let names = entries.flat_map(|entry| {
            let path = format!("{above}{}", entry.file_name().to_str().unwrap());
            match entry.path().is_dir() {
                true => files(&entry.path(), &format!("{path}/")),
                false => vec![path],
            }
        });
        let is_local = |path: &str| path.starts_with("config.") || path.starts_with("scripts/mcs-gmail-");
        names.filter(|path| !is_local(path)).collect()
    }

    #[test]
    fn every_text_file_of_the_skill_is_carried() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("skill");
        let mut there = files(&directory, "");
        there.push("LICENSE".to_owned());
        there.sort();
        let carried: Vec<&str> = TEXTS.iter().map(|(path, _)| *path).collect();
        assert_eq!(there, carried);
        for part in texts() {
            let source = if part.path == "LICENSE" { "../LICENSE" } else { &part.path };
            assert_eq!(fs::read(directory.join(source)).unwrap(), part.content, "{}", part.path);
        }
    }

    #[test]
    fn the_version_of_the_skill_is_that_of_the_program() {
        let (head, _) = SKILL[3..].split_once("\n---\n").unwrap();
        assert!(head.contains(&format!("\n  version: \"{VERSION}\"\n")), "{head}");
        assert!(head.contains(&format!("\nname: {NAME}\n")), "{head}");
    }
}
