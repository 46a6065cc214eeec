//! What the documents tell people to run, runs: every code block of README, SKILL.md and the references.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::kit::{User, files_in};

/// What a document may tell people to run with cargo. Continuous integration runs the last two.
const CARGO: [&str; 3] =
    ["cargo install --path .", "cargo run --example sandbox -- list --limit 5", "cargo test"];

struct Block {
    language: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<(String, Vec<Block>)> {
    let references = root().join("skill/references");
    let names = files_in(&references).into_iter().map(|name| format!("skill/references/{name}"));
    let names = names.chain(["README.md".to_owned(), "skill/SKILL.md".to_owned()]);
    names.map(|name| (name.clone(), blocks(&std::fs::read_to_string(root().join(&name)).unwrap()))).collect()
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), is_open) {
            (Some(language), false) => {
                found.push(Block { language: language.to_owned(), text: String::new() });
                is_open = true;
            }
            (Some(_), true) => is_open = false,
            (None, true) => found.last_mut().unwrap().text.push_str(&format!("{line}\n")),
            (None, false) => {}
        }
    }
    assert!(!is_open, "a code block does not end");
    found
}

/// A user whose mailbox fits the recipes, and a directory with the program for PATH.
fn user() -> (User, tempfile::TempDir) {
    let user = User::with_refresh_token();
    user.world.gmail(|gmail| gmail.fill_today(gmail.now() + 60_000));
    let programs = tempfile::tempdir().unwrap();
    let program = programs.path().join("mcs-gmail");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mcs-gmail"), program).unwrap();
    (user, programs)
}

/// Runs a script as a person would paste it, and expects that each of its commands succeeds.
fn run(user: &User, programs: &Path, script: &str) -> String {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).env_clear().envs(user.world.env());
    command.env("HOME", user.home()).current_dir(user.home());
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{script}\n{stdout}{stderr}");
    assert!(!stderr.contains("error"), "{script}\n{stderr}");
    stdout
}

/// The commands of a crontab, without times and variables.
fn cron_commands(text: &str) -> impl Iterator<Item = String> {
    let jobs = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit() || c == '*'));
    jobs.map(|line| line.splitn(6, ' ').nth(5).unwrap().to_owned())
}

#[test]
fn every_block_of_a_document_runs() {
    for (name, blocks) in documents() {
        let (user, programs) = user();
        let sh = |script: &str| run(&user, programs.path(), script);
        for Block { language, text } in blocks {
            match language.as_str() {
                "sh" if text.starts_with("cargo ") => {
                    text.lines().for_each(|line| assert!(CARGO.contains(&line), "{name}: {line}"));
                }
                "sh" => drop(sh(&text)),
                "console" => {
                    let commands = text.lines().filter_map(|line| line.strip_prefix("$ "));
                    let interactive = |c: &&str| c.starts_with("cargo ") || *c == "mcs-gmail config init";
                    commands.filter(|c| !interactive(c)).for_each(|command| drop(sh(command)));
                }
                "cron" => {
                    let draft = "mcs-gmail draft create --to b@example.org --subject s --body b --format tsv --fields id";
                    for command in cron_commands(&text) {
                        let command = match command.contains("r1234567890") {
                            true => command.replace("r1234567890", sh(draft).trim()),
                            false => command,
                        };
                        sh(&command);
                    }
                }
                "ini" => {
                    let starts = text.lines().filter_map(|line| line.strip_prefix("ExecStart="));
                    starts.for_each(|command| drop(sh(&command.replace("%h/.cargo/bin/", ""))));
                }
                "yaml" => {
                    let arguments = text.lines().find_map(|line| line.trim().strip_prefix("args: ")).unwrap();
                    let words: Vec<String> = serde_json::from_str(arguments).unwrap();
                    sh(&words.join(" "));
                }
                // GNU parallel is not on every machine: its command is run for one mailbox.
                "parallel" => {
                    let command = text.split('\'').nth(1).unwrap();
                    assert!(user.run(&["--account", "sales", "new", "--cursor", "inbox"]).done().code == 4);
                    assert!(command.contains("mcs-gmail --account {} new --cursor inbox --format tsv"));
                }
                "toml" => {
                    let file = user.write_file("checked.toml", &text);
                    let done = user.run(&["--config", file.to_str().unwrap(), "tools", "--quiet"]).done();
                    assert_eq!(done.code, 0, "{name}: {done:?}");
                    toml::from_str::<toml::Table>(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
                }
                "dotenv" => {}
                // `skill_requests` runs what these stand for.
                "text" => {
                    let is_known = ["exec TOOL 'JSON OBJECT'", "reply UID --body-file - <<'EOF'"];
                    assert!(is_known.iter().any(|known| text.contains(known)), "{name}: {text}");
                }
                other => panic!("{name}: a block of the language \"{other}\""),
            }
        }
    }
}
