//! The policy in the configuration files and in `MCS_GMAIL_POLICY`.

use serde_json::Value;

use super::{
    Config,
    files::{File, place, wrong_kind},
    pasted,
};
use crate::{
    policy::{self, Policy},
    problem::{Problem, Result},
    spec::{Form, Level},
};

impl Config {
    /// The combined policy. Every file can narrow it, and so can the variable.
    pub(crate) fn policy(&self) -> Result<Policy> {
        let mut policy = Policy::default();
        for file in self.files.iter().chain(&self.overruled) {
            if let Some(value) = file.members.get("policy") {
                policy.narrow(policy_rule(file, value)?)?;
            }
        }
        if let Some(text) = self.environment.text("MCS_GMAIL_POLICY")? {
            let source = "MCS_GMAIL_POLICY".to_owned();
            let access = Some(level(pasted(text, &source, Form::Word)?, &source)?);
            policy.narrow(policy::Rule { access, recipients: None, source })?;
        }
        Ok(policy)
    }
}

fn policy_rule(file: &File, value: &Value) -> Result<policy::Rule> {
    let table = value.as_object().ok_or_else(|| wrong_kind(file, "policy", "a table"))?;
    if let Some(unknown) = table.keys().find(|k| !["access", "recipients"].contains(&k.as_str())) {
        return Err(Problem::configuration(format!(
            "{}: unknown key \"{unknown}\" in [policy]",
            place(file, unknown)
        ))
        .hint("Use only access and recipients."));
    }
    let source = file.path.display().to_string();
    let access = match table.get("access") {
        Some(Value::String(name)) => Some(level(name, &place(file, "access"))?),
        Some(_) => return Err(wrong_kind(file, "access", "read, organise, draft or send")),
        None => None,
    };
    let recipients = match table.get("recipients") {
        Some(Value::Array(list)) => Some(
            list.iter()
                .map(|v| v.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| wrong_kind(file, "recipients", "a list of patterns"))?,
        ),
        Some(_) => return Err(wrong_kind(file, "recipients", "a list of patterns")),
        None => None,
    };
    Ok(policy::Rule { access, recipients, source })
}

fn level(name: &str, source: &str) -> Result<Level> {
    Level::parse(name).ok_or_else(|| {
        Problem::configuration(format!("{source}: unknown access level \"{name}\""))
            .hint("Use read, organise, draft or send.")
    })
}
