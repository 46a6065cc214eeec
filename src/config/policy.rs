//! The policy in the configuration files, in the sections of the chosen account, and in `MCS_GMAIL_POLICY`.

use serde_json::Value;

use super::{
    Config,
    accounts::Section,
    files::{File, wrong_kind},
    pasted,
};
use crate::{
    disk::FileRule,
    policy::{self, Policy},
    problem::{Problem, Result},
    spec::{Form, Level},
};

impl Config {
    /// The combined policy. Every file can narrow it, and so can the chosen account, the variable and `--access`. Only
    /// files in the usual places can allow more than the default does.
    pub(crate) fn policy(&self) -> Result<Policy> {
        let mut policy = Policy::default();
        for file in self.files.iter().chain(&self.overruled) {
            if let Some(value) = file.members.get("policy") {
                policy.narrow(self.policy_rule(file, None, value)?)?;
            }
        }
        for (file, section) in self.sections_with_policy() {
            if let Some(value) = section.members.get("policy") {
                policy.narrow(self.policy_rule(file, Some(&section.name), value)?)?;
            }
        }
        if let Some(text) = self.environment.text("MCS_GMAIL_POLICY")? {
            let source = "MCS_GMAIL_POLICY".to_owned();
            let access = Some(level(pasted(text, &source, Form::Word)?, &source)?);
            policy.narrow(policy::Rule { access, source, ..policy::Rule::default() })?;
        }
        for level in &self.flags.access {
            let source = "--access".to_owned();
            policy.narrow(policy::Rule { access: Some(*level), source, ..policy::Rule::default() })?;
        }
        Ok(policy)
    }

    /// The sections whose policy applies. Another file than the one in which the account was chosen may have it under
    /// another name: there, the address decides, too.
    fn sections_with_policy(&self) -> impl Iterator<Item = (&File, &Section)> {
        let chosen_in = self.files.iter().find(|f| f.sections.iter().any(|s| s.is_chosen(&self.account)));
        let all = self.files.iter().chain(&self.overruled);
        let all = all.flat_map(|file| file.sections.iter().map(move |section| (file, section)));
        all.filter(move |(file, section)| match chosen_in {
            Some(chosen_in) if std::ptr::eq(*file, chosen_in) => section.is_chosen(&self.account),
            _ => section.concerns(&self.account),
        })
    }

    fn policy_rule(&self, file: &File, account: Option<&str>, value: &Value) -> Result<policy::Rule> {
        let place = |key: &str| file.place(account, key);
        let wrong = |key: &str, kind: &str| wrong_kind(&place(key), key, kind);
        let table = value.as_object().ok_or_else(|| wrong("policy", "a table"))?;
        if let Some(unknown) = table.keys().find(|k| !["access", "recipients", "files"].contains(&k.as_str()))
        {
            return Err(Problem::configuration(format!(
                "{}: unknown key \"{unknown}\" in [policy]",
                place(unknown)
            ))
            .hint("Use only access, recipients and files."));
        }
        let path = file.path.display().to_string();
        let source = account.map_or(path.clone(), |name| format!("{path} [accounts.{name}]"));
        let access = match table.get("access") {
            Some(Value::String(name)) => Some(level(name, &place("access"))?),
            Some(_) => return Err(wrong("access", "read, organise, draft, send or settings")),
            None => None,
        };
        let texts = |list: &Vec<Value>| list.iter().map(|v| v.as_str().map(str::to_owned)).collect();
        let recipients = match table.get("recipients") {
            Some(Value::Array(list)) => Some(texts(list)),
            Some(_) => Some(None),
            None => None,
        };
        let recipients = recipients.map(|list| list.ok_or_else(|| wrong("recipients", "a list of patterns")));
        let roots = table.get("files").map(|value| self.roots(value, &place("files"))).transpose()?;
        let is_usual = self.usual.contains(&file.path);
        let files = roots.map(|roots| FileRule { roots, source: source.clone(), is_usual });
        // A file that was named is anybody's: an agent can write one.
        let extends = self.is_usual(&file.path);
        Ok(policy::Rule { access, extends, recipients: recipients.transpose()?, files, source })
    }
}

pub(super) fn level(name: &str, source: &str) -> Result<Level> {
    Level::parse(name).ok_or_else(|| {
        Problem::configuration(format!("{source}: unknown access level \"{name}\""))
            .hint("Use read, organise, draft, send or settings.")
    })
}
