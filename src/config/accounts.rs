//! Accounts: the section `[accounts.NAME]` of a file overrides its keys while that account is chosen, and its policy
//! narrows what the account may do.

use serde_json::{Map, Value};

use super::{
    Config,
    files::{File, known_key},
    values::{self, Flaw},
};
use crate::{
    access::AccountChoice,
    address::Address,
    problem::{Problem, Result},
    spec::Form,
    suggest,
};

const MAX_NAME: usize = 64;
const MAX_ADDRESS: usize = 254;

/// A section of a file.
pub(super) struct Section {
    pub(super) name: String,
    /// Its Google address: the key `account` in it, or else its name.
    pub(super) address: Option<String>,
    pub(super) members: Map<String, Value>,
}

impl Section {
    fn has_address(&self, address: &str) -> bool {
        self.address.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(address))
    }

    /// Whether this is the section that was chosen.
    pub(super) fn is_chosen(&self, choice: &AccountChoice) -> bool {
        choice.name.as_ref() == Some(&self.name)
    }

    /// Whether it is about the chosen account, under this name or another one.
    pub(super) fn concerns(&self, choice: &AccountChoice) -> bool {
        self.is_chosen(choice) || choice.address.as_ref().is_some_and(|address| self.has_address(address))
    }
}

/// Takes the sections out of the file, and checks their names and keys.
pub(super) fn take_sections(file: &mut File) -> Result<()> {
    let Some(accounts) = file.members.shift_remove("accounts") else { return Ok(()) };
    let Value::Object(accounts) = accounts else {
        return Err(not_sections(file.place(None, "accounts")));
    };
    for (name, members) in accounts {
        let place = file.section_place(&name);
        check_name(&name, &format!("{place}: the name of an account"))?;
        let Value::Object(members) = members else { return Err(not_sections(place)) };
        for key in members.keys() {
            known_key(key, false, || file.place(Some(&name), key), &format!(" in [accounts.{name}]"))?;
        }
        let address = address(file, &name, &members)?;
        file.sections.push(Section { name, address, members });
    }
    Ok(())
}

fn not_sections(place: String) -> Problem {
    Problem::configuration(format!("{place}: accounts must consist of sections"))
        .hint("Write a section [accounts.NAME] for each account, with its keys below it.")
}

/// The address of a section.
fn address(file: &File, name: &str, members: &Map<String, Value>) -> Result<Option<String>> {
    match members.get("account") {
        None => Ok(Some(name.to_owned()).filter(|name| is_address(name))),
        Some(Value::String(text)) if is_address(text.trim()) => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(Problem::configuration(format!(
            "{}: account in [accounts.{name}] is not an email address",
            file.place(Some(name), "account")
        ))
        .hint("Give the Google address of this account, such as ada@example.com.")),
    }
}

/// `subject` begins the sentence of the error.
fn check_name(name: &str, subject: &str) -> Result<()> {
    let long = name.chars().count() > if is_address(name) { MAX_ADDRESS } else { MAX_NAME };
    let flaw = match values::flaw(name, Form::Words) {
        _ if name.trim().is_empty() => Some(("is empty".to_owned(), "Give the account a name.")),
        _ if name.trim() != name => Some(("begins or ends with a blank".to_owned(), "Remove the blanks.")),
        _ if long => Some((format!("is longer than {MAX_NAME} characters"), "Give a shorter name.")),
        flaw => flaw.map(|Flaw { what, fix }| (what, fix)),
    };
    flaw.map_or(Ok(()), |(what, fix)| Err(Problem::configuration(format!("{subject} {what}")).hint(fix)))
}

/// Whether this is one plain address.
fn is_address(text: &str) -> bool {
    !text.contains([',', ';', '<', ' ', '"']) && Address::parse(text, "account").is_ok()
}

impl Config {
    /// The account that `--account`, `MCS_GMAIL_ACCOUNT` or the key `account` chooses. It is called once, before
    /// sections count.
    pub(super) fn choose_account(&self) -> Result<AccountChoice> {
        let Some((given, subject)) = self.lookup("account")? else { return Ok(AccountChoice::default()) };
        check_name(&given, &subject)?;
        if let Some(name) = self.section_named(&given, &subject)? {
            let address = self.sections().filter(|s| s.name == name).find_map(|s| s.address.clone());
            return Ok(AccountChoice { name: Some(name), address });
        }
        if is_address(&given) {
            return Ok(AccountChoice { name: Some(given.clone()), address: Some(given) });
        }
        if self.sections().next().is_none() {
            return Ok(AccountChoice { name: Some(given), address: None });
        }
        let names = self.account_names();
        let problem = Problem::configuration(format!("{subject} is unknown: \"{given}\""))
            .detail("accounts", names.iter().map(|name| Value::from(*name)).collect::<Vec<_>>());
        Err(match suggest::nearest(&given, names.iter().copied()) {
            Some(nearest) => {
                problem.hint(format!("Did you mean {nearest}? The accounts are {}.", names.join(", ")))
            }
            None => problem.hint(format!("Use {}, or an email address.", names.join(", "))),
        })
    }

    /// The name of the section that is called like this, or has this address.
    fn section_named(&self, given: &str, subject: &str) -> Result<Option<String>> {
        let by_name = self.sections().find(|s| s.name == given);
        let by_name = by_name.or_else(|| self.sections().find(|s| s.name.eq_ignore_ascii_case(given)));
        if let Some(section) = by_name {
            return Ok(Some(section.name.clone()));
        }
        let mut found: Vec<&str> =
            self.sections().filter(|s| s.has_address(given)).map(|s| s.name.as_str()).collect();
        found.dedup();
        match found.as_slice() {
            [] => Ok(None),
            [name] => Ok(Some((*name).to_owned())),
            names => Err(Problem::configuration(format!("{subject} is the address of several accounts"))
                .hint(format!("Give one of their names: {}.", names.join(", ")))),
        }
    }

    /// The section of an account that is known by its address, or by its name.
    pub(crate) fn account_name(&self, account: &str) -> Option<&str> {
        let section = self.sections().find(|s| s.has_address(account) || s.name == account)?;
        Some(&section.name)
    }

    fn sections(&self) -> impl Iterator<Item = &Section> {
        self.files.iter().flat_map(|file| &file.sections)
    }

    /// The names of all sections, each once.
    pub(crate) fn account_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for section in self.sections() {
            if !names.contains(&section.name.as_str()) {
                names.push(section.name.as_str());
            }
        }
        names
    }
}
