//! What the configuration allows: access levels, recipients, and the directories of files.
//!
//! Several sources are combined, and the strictest applies, so a user's file or a variable cannot extend what an
//! administrator's file allows. A refusal names the rule. The module knows nothing of tools or messages; `disk` judges
//! files.

use crate::{
    address::Address,
    disk::FileRule,
    problem::{Code, Problem, Result},
    spec::Level,
};

/// The rules of one source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) access: Option<Level>,
    /// Whether its level may be above the default.
    pub(crate) extends: bool,
    pub(crate) recipients: Option<Vec<String>>,
    pub(crate) files: Option<FileRule>,
    /// The path of a file, or the name of a variable.
    pub(crate) source: String,
}

/// The combined rules.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    level: Level,
    /// Where the level comes from; `None` for the default.
    level_source: Option<String>,
    recipients: Vec<RecipientRule>,
    files: Vec<FileRule>,
}

/// The recipients that one source allows. An empty list allows nobody.
#[derive(Clone, Debug)]
struct RecipientRule {
    patterns: Vec<Pattern>,
    source: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// `ada@example.com`, in canonical form.
    Mailbox(String),
    /// `*@example.com` or `example.com`: the domain without its subdomains.
    Domain(String),
    /// `*@*.example.com`: every subdomain, but not the domain itself.
    Below(String),
}

impl Default for Policy {
    /// Everything is allowed but to change settings.
    fn default() -> Self {
        Policy { level: Level::Send, level_source: None, recipients: Vec::new(), files: Vec::new() }
    }
}

impl Policy {
    /// Adds one source. The policy never allows more than before, but that the first source with a level can go beyond
    /// the default. After an error, it allows no recipients.
    pub(crate) fn narrow(&mut self, rule: Rule) -> Result<()> {
        let is_new = |level: &Level| *level < self.level || (rule.extends && self.level_source.is_none());
        if let Some(level) = rule.access.filter(is_new) {
            self.level = level;
            self.level_source = Some(rule.source.clone());
        }
        self.files.extend(rule.files);
        let Some(texts) = rule.recipients else { return Ok(()) };
        let patterns =
            texts.iter().map(|text| Pattern::parse(text, &rule.source)).collect::<Result<Vec<_>>>();
        let (patterns, outcome) = match patterns {
            Ok(patterns) => (patterns, Ok(())),
            Err(problem) => (Vec::new(), Err(problem)),
        };
        self.recipients.push(RecipientRule { patterns, source: rule.source });
        outcome
    }

    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// Where the access level comes from.
    pub(crate) fn level_source(&self) -> &str {
        self.level_source.as_deref().unwrap_or("the default")
    }

    /// The patterns of allowed recipients, by their source. Each source restricts the others.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        let patterns = |rule: &RecipientRule| rule.patterns.iter().map(Pattern::to_string).collect();
        self.recipients.iter().map(move |rule| (rule.source.as_str(), patterns(rule)))
    }

    /// The allowed directories, by their source. Each source restricts the others.
    pub(crate) fn files(&self) -> &[FileRule] {
        &self.files
    }

    /// Refuses an operation that needs a higher level.
    pub(crate) fn allows(&self, needed: Level) -> Result<()> {
        if needed <= self.level {
            return Ok(());
        }
        let (needed, level, source) = (needed.name(), self.level.name(), self.level_source());
        let hint = match &self.level_source {
            Some(flag) if flag.starts_with("--") => format!("Leave out {flag}."),
            Some(source) => format!("Ask the owner of {source} to set access = \"{needed}\"."),
            None => format!(
                "Set access = \"{needed}\" in the section [policy] of ~/.mcs/mcs-gmail.toml: no flag, variable or other file allows it. Then run mcs-gmail auth logout --disconnect and sign in again."
            ),
        };
        Err(Problem::new(
            Code::PolicyRefused,
            format!("this requires access = \"{needed}\", but {source} allows only access = \"{level}\""),
        )
        .hint(hint)
        .detail("rule", format!("access = \"{level}\""))
        .detail("source", source))
    }

    /// Whether any source restricts the recipients.
    pub(crate) fn restricts_recipients(&self) -> bool {
        !self.recipients.is_empty()
    }

    /// Refuses recipients that do not match a pattern of every source that has patterns.
    pub(crate) fn check_recipients(&self, addresses: &[Address]) -> Result<()> {
        for rule in &self.recipients {
            let refused: Vec<String> =
                addresses.iter().filter(|address| !rule.allow(address)).map(Address::email).collect();
            if !refused.is_empty() {
                return Err(rule.refusal(refused));
            }
        }
        Ok(())
    }
}

impl RecipientRule {
    fn allow(&self, address: &Address) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(address))
    }

    fn refusal(&self, refused: Vec<String>) -> Problem {
        let source = &self.source;
        let allowed = if self.patterns.is_empty() {
            "no recipients".to_owned()
        } else {
            let patterns: Vec<String> = self.patterns.iter().map(Pattern::to_string).collect();
            format!("only {}", patterns.join(", "))
        };
        let message = format!("cannot send to {}: {source} allows {allowed}", refused.join(", "));
        Problem::new(Code::PolicyRefused, message)
            .hint(format!("Remove the address, or ask the owner of {source} to add it to recipients."))
            .detail("refused", refused)
            .detail("source", source.as_str())
    }
}

impl Pattern {
    fn parse(text: &str, source: &str) -> Result<Pattern> {
        Pattern::read(text.trim_matches(' ')).ok_or_else(|| {
            let shown: String = text.chars().flat_map(char::escape_debug).collect();
            Problem::configuration(format!("{source}: invalid pattern \"{shown}\" in recipients"))
                .hint("Use ada@example.com, *@example.com, example.com or *@*.example.com.")
        })
    }

    fn read(text: &str) -> Option<Pattern> {
        if let Some(parent) = text.strip_prefix("*@*.") {
            return domain(parent).map(Pattern::Below);
        }
        if let Some(name) = text.strip_prefix("*@") {
            return domain(name).map(Pattern::Domain);
        }
        if text.contains('@') {
            address(text).map(|address| Pattern::Mailbox(address.canonical()))
        } else {
            domain(text).map(Pattern::Domain)
        }
    }

    fn matches(&self, address: &Address) -> bool {
        match self {
            Pattern::Mailbox(canonical) => address.canonical() == *canonical,
            Pattern::Domain(domain) => address.domain() == domain && !relays(address),
            Pattern::Below(parent) => {
                let above = address.domain().strip_suffix(parent.as_str());
                above.is_some_and(|above| above.ends_with('.')) && !relays(address)
            }
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pattern::Mailbox(canonical) => f.write_str(canonical),
            Pattern::Domain(domain) => write!(f, "*@{domain}"),
            Pattern::Below(parent) => write!(f, "*@*.{parent}"),
        }
    }
}

/// Whether the local part asks the server of the domain to forward the mail: `eve%evil.com@`, `evil.com!eve@`,
/// `"eve@evil.com"@`. A wildcard does not match these.
fn relays(address: &Address) -> bool {
    address.local().contains(['%', '!', '@', ':', '/', '\\', '"', ','])
}

/// One plain address without a name or a wildcard.
fn address(text: &str) -> Option<Address> {
    if text.contains(['*', '<', '"', ',', ';']) {
        return None;
    }
    Address::parse(text, "recipients").ok()
}

/// A domain in the form that addresses have.
fn domain(text: &str) -> Option<String> {
    address(&format!("x@{text}")).map(|address| address.domain().to_owned())
}

#[cfg(test)]
mod tests;
