//! What SKILL.md lets a client run without asking the person: reading and organising, in every way in which the
//! launcher can be called, and nothing that writes mail, sends it or chooses another configuration.

use std::process::Command;

use serde_json::Value;

const SKILL: &str = include_str!("../../skill/SKILL.md");
const LAUNCHER: &str = "${CLAUDE_SKILL_DIR}/scripts/mcs-gmail";

/// What allows a model to read the files of the bundle and no others. Claude Code takes `//` as the root of the disk.
const READING: &str = "Read(/${CLAUDE_SKILL_DIR}/**";

/// The rules of `allowed-tools`, without their closing bracket.
fn rules() -> Vec<&'static str> {
    let (_, rest) = SKILL.split_once("allowed-tools: >-\n").unwrap();
    let (rules, _) = rest.split_once("\n---\n").unwrap();
    rules.lines().flat_map(|line| line.trim().split(") ").map(|rule| rule.trim_end_matches(')'))).collect()
}

/// The patterns for commands of the shell.
fn patterns() -> Vec<String> {
    let commands = rules().into_iter().filter(|rule| *rule != READING);
    commands.map(|rule| rule.strip_prefix("Bash(").unwrap_or_else(|| panic!("{rule}")).to_owned()).collect()
}

/// Whether a rule of the client covers a command: `*` stands for anything, and a blank in front of it may be missing.
fn covers(pattern: &str, command: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == command,
        Some((start, "")) => command.starts_with(start) || start.strip_suffix(' ') == Some(command),
        Some(_) => panic!("{pattern}: only the end of a pattern may be open"),
    }
}

fn is_approved(arguments: &str, launched: impl Fn(&str) -> String) -> bool {
    let command = format!("{} {arguments}", launched(LAUNCHER));
    patterns().iter().any(|pattern| covers(pattern, command.trim_end()))
}

fn tools() -> Vec<Value> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_mcs-gmail")).args(["tools", "--as", "json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn reading_and_organising_is_approved_in_every_form_and_nothing_above_it() {
    let forms: [fn(&str) -> String; 4] =
        [|l| format!("\"{l}\""), str::to_owned, |l| format!("sh \"{l}\""), |l| format!("sh {l}")];
    for tool in tools() {
        let text = |name: &str| tool[name].as_str().unwrap().to_owned();
        // A message that is imported looks as if somebody had sent it, and a folder that is deleted stays deleted.
        let approved = ["read", "organise"].contains(&text("access").as_str())
            && !["import_messages", "delete_folder"].contains(&text("name").as_str());
        for (number, form) in forms.iter().enumerate() {
            let exec = format!("exec {} '{{\"limit\":5}}'", text("name"));
            assert_eq!(is_approved(&exec, form), approved, "{exec}");
            let plain = format!("{} --limit 5", text("command"));
            // With `sh` in front, the skill teaches only `exec`.
            if number < 2 && !text("command").is_empty() {
                assert_eq!(is_approved(&plain, form), approved, "{plain}");
            }
        }
    }
    for refused in [
        "",
        "send --to bob@example.org --attach x",
        "--config /tmp/x list",
        "--config=/tmp/x exec list_messages '{}'",
        "--account work send",
        "exec send_message '{}'",
        "auth logout",
        "import /tmp/forged.eml",
        "config example",
        "reply 1 --body x",
        "forward 1 --to x",
        "draft send r1",
        "draft delete r1",
        "delete-folder Work --yes",
    ] {
        for form in forms {
            assert!(!is_approved(refused, form), "{refused}");
        }
    }
}

#[test]
fn the_rules_name_only_the_launcher_and_leave_only_their_end_open() {
    assert_eq!(rules().iter().filter(|rule| **rule == READING).count(), 1);
    let patterns = patterns();
    assert!(patterns.len() > 50);
    for pattern in patterns {
        let launcher = pattern.trim_start_matches("sh ").trim_start_matches('"');
        assert!(launcher.starts_with(LAUNCHER), "{pattern}");
        assert_eq!(pattern.matches('*').count(), 1, "{pattern}");
    }
}

/// A token of Claude's older tokenizer is 3.4 characters of this text: the body stays below 1,800 tokens.
#[test]
fn the_body_is_short_and_says_what_a_model_cannot_guess() {
    let (_, body) = SKILL.split_once("\n---\n").unwrap();
    assert!(body.chars().count() < 5_800, "{} characters", body.chars().count());
    for needed in [
        "\"${CLAUDE_SKILL_DIR}/scripts/mcs-gmail\" exec TOOL 'JSON OBJECT'",
        "**Load this skill again in each new turn, before the first command**",
        "auth wait --wait 30",
        "\"folder\":\"ALL\"",
        "--body-file - <<'EOF'",
    ] {
        assert!(body.contains(needed), "{needed}");
    }
    for tool in body.split("exec ").skip(1).filter_map(|rest| rest.split([' ', '`']).next()) {
        let is_tool = tool == "TOOL" || tools().iter().any(|known| known["name"] == tool);
        assert!(is_tool || !tool.contains('_'), "{tool}");
    }
}
