//! Completion in shells: the scripts, and the names that this machine knows.
//!
//! A script runs `mcs-gmail __complete --word=WORD -- WORDS` for each press of the key. It prints one line with `words`,
//! `files` or `directories`, then a line per candidate, with a tab before a short text about it. It reads the cache and
//! the configuration, and it never uses the network, asks, or reports an error.

use std::{path::PathBuf, time::Duration};

use crate::{
    access,
    cli::{self, Known, Settings, Shell},
    clock::Budget,
    config::{Config, Environment},
    guides,
    output::Console,
    store::Store,
};

/// Folders that every mailbox has, under the names that people type.
const SYSTEM_FOLDERS: &[&str] = &["INBOX", "Sent", "Drafts", "Starred", "Important", "Spam", "Trash", "ALL"];
/// The longest text about a candidate, in characters.
const TEXT: usize = 70;

/// The script for a shell.
pub(crate) fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("mcs-gmail.bash"),
        Shell::Zsh => include_str!("mcs-gmail.zsh"),
        Shell::Fish => include_str!("mcs-gmail.fish"),
        Shell::Power => include_str!("mcs-gmail.ps1"),
        Shell::Elvish => include_str!("mcs-gmail.elv"),
    }
}

/// What completes `word`, which comes after `words`.
pub(crate) fn answer(words: &[String], word: &str, environment: &Environment, console: &Console) -> String {
    let offer = cli::offer(words, word);
    let kind = match offer.names {
        Some(Known::Files) => return "files\n".to_owned(),
        Some(Known::Directories) => return "directories\n".to_owned(),
        kind => kind,
    };
    let machine = || Machine::of(words, environment, console);
    let mut candidates = offer.words;
    match kind {
        Some(Known::Topics) => {
            candidates
                .extend(guides::GUIDES.iter().map(|guide| (guide.name.to_owned(), guide.about.to_owned())));
            candidates.extend(guides::explained().map(|name| (name.to_owned(), String::new())));
        }
        Some(Known::Folders) => {
            candidates.extend(machine().map(|m| m.folders()).unwrap_or_else(system_folders))
        }
        Some(Known::Accounts) => candidates.extend(machine().map(|m| m.accounts()).unwrap_or_default()),
        _ => {}
    }
    let lines = candidates.into_iter().filter_map(|(name, text)| {
        let whole = format!("{}{name}", offer.prefix);
        let fits = whole.to_lowercase().starts_with(&word.to_lowercase()) && !name.contains(char::is_control);
        fits.then(|| line(&whole, &text))
    });
    std::iter::once("words\n".to_owned()).chain(lines).collect()
}

fn line(name: &str, text: &str) -> String {
    let text = text.split(['\n', '\t']).next().unwrap_or_default();
    let sentence = text.split_inclusive(". ").next().unwrap_or_default().trim_end().trim_end_matches('.');
    let mut short: String = sentence.chars().take(TEXT).collect();
    if short.len() < sentence.len() {
        short.push('…');
    }
    if short.is_empty() { format!("{name}\n") } else { format!("{name}\t{short}\n") }
}

fn system_folders() -> Vec<(String, String)> {
    SYSTEM_FOLDERS.iter().map(|name| ((*name).to_owned(), String::new())).collect()
}

/// The configuration and the cache that the command line would use.
struct Machine<'m> {
    config: Config,
    directory: PathBuf,
    console: &'m Console,
}

impl<'m> Machine<'m> {
    fn of(words: &[String], environment: &Environment, console: &'m Console) -> Option<Machine<'m>> {
        let config = Config::load(cli::settings_typed(words), environment.clone())
            .or_else(|_| Config::load(Settings::default(), environment.clone()))
            .ok()?;
        let directory = config.cache_directory().ok()?;
        Some(Machine { config, directory, console })
    }

    /// The folders of the account, as an earlier run saw them.
    fn folders(&self) -> Vec<(String, String)> {
        let budget = Budget::new(Duration::ZERO);
        let own = || {
            let identity = self.config.access().ok()?.identity();
            Store::open(self.directory.clone(), identity, &budget, self.console).folders().ok()
        };
        let own = own().unwrap_or_default().into_iter().map(|name| (name, String::new()));
        own.chain(system_folders()).collect()
    }

    /// The accounts that are configured or signed in.
    fn accounts(&self) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> =
            self.config.account_names().into_iter().map(|name| (name.to_owned(), String::new())).collect();
        let signed_in = access::accounts(self.directory.clone(), None, self.console).unwrap_or_default();
        for account in signed_in {
            let name = account.address.or(account.account);
            found.extend(
                name.filter(|n| !found.iter().any(|f| f.0 == *n)).map(|n| (n, "signed in".to_owned())),
            );
        }
        found
    }
}
