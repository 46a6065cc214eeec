//! `apply_filters` and `import_filters`: the filters of a file, in place of those of the mailbox or beside them.

use std::{fs::File, io::Read};

use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{Document, Outcome, arguments::Arguments},
    FiltersApplied, check, creatable, make_labels, with_labels,
};
use crate::{
    disk::{self, FileAccess},
    gmail::{
        Gmail,
        filters::{Difference, Filter, Filters, Ready},
    },
    input, json,
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{DRY_RUN, FILE, ToolId, YES},
    spelling::{command, name, set},
};

/// The largest file with filters, in bytes. A mailbox has at most 1,000 of them.
const MAX_FILE: u64 = 4 << 20;
/// What lists add to a filter, which a file may have, too.
const DERIVED: [&str; 3] = ["id", "search", "actions"];

/// `apply_filters` and `import_filters`.
#[derive(Debug)]
pub(crate) struct ApplyFilters {
    wanted: Vec<Filter>,
    /// Whether filters stay that the file does not have.
    keeps: bool,
    create: bool,
    dry_run: bool,
    confirmed: bool,
}

#[derive(Deserialize)]
struct ApplyArguments {
    file: String,
    create: bool,
    dry_run: bool,
    #[serde(default)]
    yes: bool,
}

impl ApplyFilters {
    pub(in crate::tools) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<ApplyFilters> {
        let ApplyArguments { file, create, dry_run, yes } = arguments.read()?;
        let bytes = match file.as_str() {
            "-" => input::bytes()?,
            path => read(files.open(path, &FILE)?, path)?,
        };
        let wanted = filters_in(&bytes).map_err(|why| unusable(&file, &why))?;
        for (at, filter) in wanted.iter().enumerate() {
            check(filter).map_err(|p| p.introduced(&format!("filter {} of {file}", at + 1)))?;
        }
        let keeps = arguments.tool.id == ToolId::ImportFilters;
        Ok(ApplyFilters { wanted, keeps, create, dry_run, confirmed: yes })
    }

    /// New filters are created before others are deleted, so that no mail arrives between them unsorted.
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let mut difference = self.difference(&gmail.filters()?)?;
        self.check(&difference)?;
        let mut made = Vec::new();
        if self.create && !self.dry_run {
            made = make_labels(gmail, &self.wanted)?;
        }
        if !made.is_empty() {
            difference = self.difference(&gmail.filters()?)?;
        }
        let Difference { missing, others, unchanged } = difference;
        let mut applied = FiltersApplied {
            needs_yes: self.dry_run && !others.is_empty(),
            created: Vec::new(),
            deleted: Vec::new(),
            unchanged,
            dry_run: self.dry_run,
        };
        let outcome = self.make(gmail, missing, others, &mut applied);
        match outcome {
            Ok(()) => Ok(Outcome::Document(Document::FiltersApplied(applied))),
            Err(p)
                if p.code() == Code::TokenRefused
                    || (applied.created.is_empty() && applied.deleted.is_empty()) =>
            {
                Err(with_labels(p, &made))
            }
            Err(p) => {
                let message = phrase!["not every filter was changed: ", p.phrases().0];
                let problem = Problem::new(Code::Partial, message)
                    .hint("Run the same command again: it does what is left.");
                Ok(Outcome::Incomplete(Document::FiltersApplied(applied), problem))
            }
        }
    }

    /// Refuses what must not be done, or not without a confirmation, before anything is changed.
    fn check(&self, Difference { missing, others, .. }: &Difference) -> Result<()> {
        if let Some(ready) = missing.iter().find(|ready| ready.filter.forward.is_some()) {
            let address = ready.filter.forward.as_deref().unwrap_or_default();
            return Err(Problem::new(
                Code::PolicyRefused,
                format!("a filter that forwards to {address} cannot be created: it would send mail out of the mailbox unseen"),
            )
            .hint("Create it in Gmail's settings. Afterwards it is unchanged here."));
        }
        if !others.is_empty() && !self.confirmed && !self.dry_run {
            let message = format!("{} filters that the file does not have would be deleted", others.len());
            return Err(Problem::usage(message).hint(phrase![
                "Look with ",
                set(&DRY_RUN),
                ", then confirm with ",
                set(&YES),
                ", or keep them: use ",
                command(ToolId::ImportFilters),
                "."
            ]));
        }
        Ok(())
    }

    fn difference(&self, filters: &Filters) -> Result<Difference> {
        let ready = |filter| filters.ready(filter, self.create).map_err(creatable);
        let mut difference = filters.difference(self.wanted.iter().map(ready).collect::<Result<_>>()?);
        if self.keeps {
            difference.others.clear();
        }
        Ok(difference)
    }

    fn make(
        &self,
        gmail: &Gmail<'_>,
        missing: Vec<Ready>,
        others: Vec<Filter>,
        applied: &mut FiltersApplied,
    ) -> Result<()> {
        for ready in missing {
            let id = if self.dry_run { None } else { Some(gmail.create_filter(&ready)?) };
            applied.created.push(Filter { id, ..ready.filter }.into());
        }
        for filter in others {
            if !self.dry_run {
                gmail.delete_filter(filter.id.as_deref().unwrap_or_default())?;
            }
            applied.deleted.push(filter.into());
        }
        Ok(())
    }
}

fn read(file: File, path: &str) -> Result<Vec<u8>> {
    let bytes = disk::read_up_to(file.take(MAX_FILE + 1), MAX_FILE + 1);
    let bytes = bytes.map_err(|e| unusable(path, &format!("cannot be read: {e}")))?;
    if bytes.len() as u64 > MAX_FILE { Err(unusable(path, "is larger than 4 MB")) } else { Ok(bytes) }
}

/// The filters of a file: what `filter export` prints, a list of filters, or what `filters` prints as JSON or JSON lines.
fn filters_in(bytes: &[u8]) -> std::result::Result<Vec<Filter>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let has_lines = lines.len() > 1 && lines.iter().all(|line| line.starts_with('{') && line.ends_with('}'));
    let list = if has_lines { format!("[{}]", lines.join(",")) } else { text.trim().to_owned() };
    let text = if list.starts_with('[') { format!("{{\"filters\":{list}}}") } else { list };
    let mut document = json::object(&text).map_err(|e| format!("is not JSON with filters: {e}"))?;
    if !document.is_empty() && !document.contains_key("filters") {
        let one = filter_in(Value::Object(document))
            .map_err(|e| format!("has no list of filters, and is none: {e}"))?;
        return Ok(vec![one]);
    }
    let Some(Value::Array(list)) = document.shift_remove("filters") else {
        return Err("has no list of filters".to_owned());
    };
    // A misspelled member must not become an empty set of filters.
    if let Some(other) = document.keys().next() {
        return Err(format!("has an unknown member \"{other}\""));
    }
    list.into_iter()
        .enumerate()
        .map(|(at, value)| filter_in(value).map_err(|e| format!("has no valid filter {}: {e}", at + 1)))
        .collect()
}

fn filter_in(mut value: Value) -> serde_json::Result<Filter> {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, value| {
            let is_blank = value.as_str().is_some_and(|text| text.trim().is_empty());
            !is_blank && !DERIVED.contains(&name.as_str())
        });
    }
    serde_json::from_value(value)
}

fn unusable(path: &str, why: &str) -> Problem {
    Problem::usage(phrase![name(&FILE), format!(": {path} {why}")]).hint(phrase![
        "Give a file that ",
        command(ToolId::ExportFilters),
        " has printed, or one in its form."
    ])
}

#[cfg(test)]
mod tests {
    use super::filters_in;

    #[test]
    fn a_file_has_filters_in_several_forms() {
        let one = r#"{"from": "a@b.example", "archive": true}"#;
        let row = r#"{"id": "x", "from": "a@b.example", "archive": true, "search": "from:(a)", "actions": ["archive"]}"#;
        let expected = filters_in(format!("[{one}]").as_bytes()).unwrap();
        assert_eq!(expected.len(), 1);
        for text in [format!("{{\"filters\": [{one}]}}"), format!("[{row}]"), row.to_string()] {
            assert_eq!(filters_in(text.as_bytes()).unwrap(), expected, "{text}");
            let two = [expected.clone(), expected.clone()].concat();
            assert_eq!(filters_in(format!("{row}\n\n{one}\n").as_bytes()).unwrap(), two);
        }
        for wrong in [
            "",
            "{}",
            "[1]",
            r#"{"filters": [], "filter": []}"#,
            r#"[{"from": "a", "from": "b"}]"#,
            "[",
            "[]]",
            r#"[{"form": "a"}]"#,
            r#"[{"larger": "big"}]"#,
            "[{\"from\": 7}]",
        ] {
            assert!(filters_in(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let blank = filters_in(br#"[{"from": " ", "to": "", "star": true}]"#).unwrap();
        assert!(!blank[0].has_criteria());
        assert!(filters_in(b"\xff").unwrap_err().contains("UTF-8"));
    }
}
