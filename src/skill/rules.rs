//! The lines for the settings of Claude Code: what may run without a question, which directory may be written, and which
//! hosts may be reached. What may run is what the skill's own `allowed-tools` say, at the place where the skill is.

use std::path::Path;

use serde_json::{Value, json};

use super::{NAME, SKILL};
use crate::{
    problem::{Problem, Result},
    spec::{Level, TOOLS, Tool, ToolId},
};

/// How `allowed-tools` name the directory of the skill.
const DIRECTORY: &str = "${CLAUDE_SKILL_DIR}";

/// What the settings must contain: lists in objects.
pub(crate) struct Needs<'n> {
    /// The directory of the skill, as an absolute path.
    pub(crate) directory: &'n Path,
    /// The same as people write it, with `~` for the home directory.
    pub(crate) shown: String,
    /// The directories that a run writes, as people write them.
    pub(crate) writes: Vec<String>,
    pub(crate) hosts: Vec<String>,
}

/// The lines for the settings.
pub(crate) fn lines(needs: &Needs<'_>) -> Result<Value> {
    let directory = needs.directory.display().to_string();
    if directory.contains(['"', '\'', '\\', '`', '$', '*', '(', ')', '\n']) {
        let message = format!(
            "rules of Claude Code cannot name {directory:?}: it contains a character with a meaning in them"
        );
        return Err(Problem::usage(message).hint("Give a directory without such characters with --dir."));
    }
    let rules = allowed_tools(SKILL).into_iter().map(|rule| at(&rule, &directory, &needs.shown));
    let allow: Vec<String> = [format!("Skill({NAME})")].into_iter().chain(rules).collect();
    Ok(json!({
        "permissions": {"allow": allow, "ask": asked()},
        "sandbox": {
            "filesystem": {"allowWrite": needs.writes},
            "network": {"allowedDomains": needs.hosts},
        },
    }))
}

/// What a person is always asked about: everything that can send mail or make it look as if somebody had sent it, that
/// cannot be undone, or that changes the settings. In the client's auto mode, a command for which there is no rule is not
/// asked about. A rule may ask about too much, so that it finds the command after options, however the program is called.
fn asked() -> Vec<String> {
    let is_asked = |tool: &&Tool| {
        let can_draft = tool.parameters.iter().any(|parameter| parameter.name == "draft");
        let is_final = [ToolId::ImportMessages, ToolId::DeleteFolder, ToolId::DeleteDraft].contains(&tool.id);
        tool.level >= Level::Send || can_draft || is_final
    };
    let of_command = |words: &str| format!("Bash(*{NAME}* {words} *)");
    let of_tool = |tool: &Tool| {
        let command = Some(tool.command).filter(|command| !command.is_empty()).map(of_command);
        command.into_iter().chain([format!("Bash(*{NAME}* exec *{}*)", tool.name)])
    };
    let tools = TOOLS.iter().filter(is_asked).flat_map(of_tool);
    tools
        .chain(
            ["auth logout", "config init", "skill install", "skill pack"]
                .map(|words| format!("Bash(*{NAME}* {words}*)")),
        )
        .collect()
}

/// A rule with the directory in it. The client compares commands with the absolute path, and files with either: there, an
/// absolute path begins with two slashes.
fn at(rule: &str, directory: &str, shown: &str) -> String {
    let of_files = if shown.starts_with('~') { shown.to_owned() } else { format!("/{directory}") };
    rule.replace(&format!("/{DIRECTORY}"), &of_files).replace(DIRECTORY, directory)
}

/// The rules of the field in the head of a SKILL.md: they are separated by blanks, and blanks can stand in their
/// parentheses.
fn allowed_tools(skill: &str) -> Vec<String> {
    let head = skill.split("\n---\n").next().unwrap_or_default();
    let Some((_, field)) = head.split_once("\nallowed-tools:") else { return Vec::new() };
    // The field ends with the next line that is not indented.
    let is_next = |line: &&str| line.starts_with(|c: char| !c.is_whitespace());
    let lines = field.lines().enumerate().take_while(|(number, line)| *number == 0 || !is_next(line));
    let text: String = lines.map(|(_, line)| format!("{} ", line.trim())).collect();
    let text = text.trim_start();
    let text = text.strip_prefix(">-").unwrap_or(text);
    let (mut rules, mut depth) = (vec![String::new()], 0_usize);
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match rules.last_mut() {
            Some(rule) if c != ' ' || depth > 0 => rule.push(c),
            _ => rules.push(String::new()),
        }
    }
    rules.retain(|rule| !rule.is_empty());
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_the_skill_are_read_and_named_with_its_directory() {
        let skill = "---\nname: x\nallowed-tools: >-\n  Bash(\"${CLAUDE_SKILL_DIR}/s\" a *)\n  Bash(sh ${CLAUDE_SKILL_DIR}/s b *) Read(/${CLAUDE_SKILL_DIR}/**)\nlicense: x\n---\n# allowed-tools: no\n";
        let rules: Vec<String> =
            allowed_tools(skill).iter().map(|rule| at(rule, "/home/a b/x", "/home/a b/x")).collect();
        assert_eq!(
            rules,
            ["Bash(\"/home/a b/x/s\" a *)", "Bash(sh /home/a b/x/s b *)", "Read(//home/a b/x/**)"]
        );
        assert_eq!(allowed_tools("---\nallowed-tools: Bash(a b) Read\n---\n"), ["Bash(a b)", "Read"]);
        assert!(allowed_tools("---\nname: x\n---\nallowed-tools: Read\n").is_empty());
    }

    #[test]
    fn every_rule_of_this_skill_is_about_its_directory() {
        let rules = allowed_tools(SKILL);
        assert!(rules.len() > 2, "{rules:?}");
        for rule in rules {
            let (tool, rest) = rule.split_once('(').unwrap();
            assert!(["Bash", "Read"].contains(&tool) && rest.ends_with(')'), "{rule}");
            assert!(rest.contains(DIRECTORY), "{rule}");
        }
    }
}
