//! What a configuration allows: access levels and recipients.
//!
//! Several sources are combined and the narrowest wins, so that an administrator's file cannot be widened by a
//! user's file or a variable. It decides and names the rule; it knows nothing of files, tools or mail.

use crate::{
    address::Address,
    problem::{Code, Problem, Result},
    spec::Level,
};

/// What one source (a file path or the name of a variable) says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) access: Option<Level>,
    pub(crate) recipients: Option<Vec<String>>,
    pub(crate) source: String,
}

/// The rules in force.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    level: Level,
    level_source: String,
    recipients: Vec<RecipientRule>,
}

/// The recipients that one source allows. An empty list allows nobody.
#[derive(Clone, Debug)]
struct RecipientRule {
    patterns: Vec<Pattern>,
    source: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// `ada@example.com`, in its canonical form.
    Mailbox(String),
    /// `*@example.com` or `example.com`: that domain, no domain below it.
    Domain(String),
    /// `*@*.example.com`: every domain below it, not itself.
    Below(String),
}

impl Default for Policy {
    /// Everything is allowed.
    fn default() -> Self {
        Policy { level: Level::Send, level_source: "the default".to_owned(), recipients: Vec::new() }
    }
}

impl Policy {
    /// Adds one source; the result never allows more than before. After an error it allows nobody as a recipient.
    pub(crate) fn narrow(&mut self, rule: Rule) -> Result<()> {
        if let Some(level) = rule.access.filter(|level| *level < self.level) {
            self.level = level;
            self.level_source.clone_from(&rule.source);
        }
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

    /// Whether an operation of this level may run.
    pub(crate) fn allows(&self, needed: Level) -> Result<()> {
        if needed <= self.level {
            return Ok(());
        }
        let (needed, level, source) = (needed.name(), self.level.name(), &self.level_source);
        Err(Problem::new(
            Code::PolicyRefused,
            format!("this needs access \"{needed}\", but {source} allows access = \"{level}\" only"),
        )
        .hint(format!("Whoever keeps {source} can set access = \"{needed}\" in its [policy]."))
        .detail("rule", format!("access = \"{level}\""))
        .detail("source", source.as_str()))
    }

    /// Whether mail may go to all of these: each must match a pattern of every source that has patterns.
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
        let allowed = match self.patterns.is_empty() {
            true => "nobody".to_owned(),
            false => self.patterns.iter().map(Pattern::to_string).collect::<Vec<_>>().join(", "),
        };
        let message = format!("{} may not be written to: {source} allows {allowed}", refused.join(", "));
        Problem::new(Code::PolicyRefused, message)
            .hint(format!("Leave the address out, or have whoever keeps {source} add it to `recipients`."))
            .detail("refused", refused)
            .detail("source", source.as_str())
    }
}

impl Pattern {
    fn parse(text: &str, source: &str) -> Result<Pattern> {
        Pattern::read(text.trim_matches(' ')).ok_or_else(|| {
            let shown: String = text.chars().flat_map(char::escape_debug).collect();
            Problem::configuration(format!("{source}: `{shown}` in `recipients` is no pattern"))
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
        match text.contains('@') {
            true => address(text).map(|address| Pattern::Mailbox(address.canonical())),
            false => domain(text).map(Pattern::Domain),
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

/// A local part that asks the server of an allowed domain to pass the mail on: `eve%evil.com@`, `evil.com!eve@`,
/// `"eve@evil.com"@`. A wildcard does not cover these.
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

/// A domain in the form in which addresses carry it.
fn domain(text: &str) -> Option<String> {
    address(&format!("x@{text}")).map(|address| address.domain().to_owned())
}

#[cfg(test)]
mod tests;
