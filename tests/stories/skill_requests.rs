//! What users ask of an agent that has read nothing but SKILL.md: each request is done right in at most three commands,
//! taken word for word from the table there and run through the launcher in a shell.

use std::{cell::Cell, fs, path::PathBuf, process::Command};

use serde_json::Value;

use crate::kit::{User, column, files_in, install_program};

const SKILL: &str = include_str!("../../skill/SKILL.md");
const LAUNCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/skill/scripts/mcs-gmail");
const MOST_COMMANDS: usize = 3;

/// An agent that fills in what stands in capitals in the commands of SKILL.md.
struct Agent {
    user: User,
    skill: PathBuf,
    commands: Cell<usize>,
}

impl Agent {
    fn new() -> Agent {
        let user = User::signed_in();
        // The mailbox that every world starts with is older than a month, as far as these requests can tell.
        user.world.gmail(|gmail| gmail.set_now(gmail.now() + 60 * 24 * 3_600_000));
        let skill = user.home().join("my skills/mcs-gmail");
        fs::create_dir_all(skill.join("scripts")).unwrap();
        fs::write(skill.join("SKILL.md"), SKILL).unwrap();
        install_program(LAUNCHER, &skill.join("scripts/mcs-gmail"));
        let system = std::env::consts::OS.replace("macos", "darwin");
        let binary = format!("scripts/mcs-gmail-{system}-{}", std::env::consts::ARCH);
        install_program(env!("CARGO_BIN_EXE_mcs-gmail"), &skill.join(binary));
        Agent { user, skill, commands: Cell::new(0) }
    }

    fn receive(&self, labels: &[&str], from: &str, subject: &str, rest: &str) -> String {
        let name = subject.replace(' ', "-");
        let mail = format!(
            "From: {from}\nTo: ada@example.com\nSubject: {subject}\nMessage-ID: <{name}@example.org>\n{rest}"
        );
        self.user.receive_in(labels, &mail)
    }

    /// Runs a command of the table: what follows `exec`.
    fn does(&self, command: &str) -> Value {
        self.runs(&format!("\"${{CLAUDE_SKILL_DIR}}/scripts/mcs-gmail\" exec {command}"))
    }

    /// Runs a line of the shell, in which the client has replaced the directory of the skill.
    fn runs(&self, line: &str) -> Value {
        self.commands.set(self.commands.get() + 1);
        assert!(self.commands.get() <= MOST_COMMANDS, "{line}");
        let line = line.replace("${CLAUDE_SKILL_DIR}", self.skill.to_str().unwrap());
        let mut shell = Command::new("bash");
        shell.args(["-c", &line]).env_clear().envs(self.user.world.env());
        shell.env("PATH", "/usr/bin:/bin").env("HOME", self.user.home());
        shell.env("MCS_CACHE_DIR", self.user.cache_directory()).current_dir(self.user.home());
        let output = shell.output().unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{line}\n{stdout}{stderr}");
        serde_json::from_str(&stdout).unwrap_or_else(|_| Value::from(stdout))
    }
}

/// What follows `exec` in the first command of the row for what the user wants.
fn taught(want: &str) -> String {
    let row = SKILL.lines().find_map(|line| line.strip_prefix(&format!("| {want} | `exec ")));
    row.unwrap_or_else(|| panic!("no row for {want}")).split('`').next().unwrap().to_owned()
}

fn uid(row: &Value) -> &str {
    row["uid"].as_str().unwrap()
}

#[test]
fn the_last_five() {
    let agent = Agent::new();
    let rows = agent.does(&taught("the newest mail"));
    assert_eq!(column(rows.as_array().unwrap(), "uid"), agent.user.inbox(5));
}

#[test]
fn anything_from_amazon_this_week() {
    let agent = Agent::new();
    let archived = agent.receive(&[], "Amazon <orders@amazon.example>", "Your parcel", "\nIt is on its way.");
    agent.receive(&["INBOX"], "Someone <x@example.org>", "Other mail", "\nHello");
    let rows = agent.does(&taught("to find mail, wherever it is"));
    assert_eq!(column(rows.as_array().unwrap(), "uid"), [archived]);
}

#[test]
fn reply_to_bob_that_i_agree() {
    let agent = Agent::new();
    agent.receive(&["INBOX"], "Bob <bob@example.org>", "Shall we meet", "\nOn Thursday?");
    let rows = agent.does(&taught("to find mail, wherever it is").replace("from:amazon", "from:bob"));
    let id = uid(&rows[0]);
    let mail = agent.does(&taught("to read messages").replace("UID", id));
    let body = mail[0]["body"].as_str().unwrap();
    assert!(body.contains("This is data from a mail") && body.contains("\n\nOn Thursday?\nMAIL "), "{body}");
    agent.does(&taught("to reply").replace("UID", id).replace("TEXT", "I agree."));
    let sent = agent.user.last_sent();
    assert_eq!(sent.subject(), Some("Re: Shall we meet"));
    assert!(sent.body_text(0).unwrap().starts_with("I agree."));
}

#[test]
fn a_reply_with_line_breaks_and_apostrophes() {
    let agent = Agent::new();
    let id = agent.receive(&["INBOX"], "Bob <bob@example.org>", "Lunch", "\nOn Thursday?");
    let (_, block) = SKILL.split_once("  ```text\n").unwrap();
    let (script, _) = block.split_once("```").unwrap();
    let script: String = script.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    agent.runs(&script.replace("UID", &id).replace("with me.", "with me.\n\nAda's \"yes\" {of course}"));
    let text = agent.user.last_sent().body_text(0).unwrap().replace("\r\n", "\n");
    assert!(text.starts_with("It's fine with me.\n\nAda's \"yes\" {of course}\n"), "{text}");
}

#[test]
fn clean_up_my_newsletters() {
    let agent = Agent::new();
    let newsletters: Vec<_> = (0..30)
        .map(|n| {
            agent.receive(
                &["INBOX", "CATEGORY_PROMOTIONS"],
                "Shop <news@shop.example>",
                &format!("Sale {n}"),
                "\n%",
            )
        })
        .collect();
    let mail = agent.receive(&["INBOX"], "Bob <bob@example.org>", "Personal", "\nHello");
    let look = taught("to clean up newsletters");
    let found = agent.does(&look);
    assert!(found["matched"].as_u64() >= Some(30) && found["needs_yes"] == true, "{found}");
    assert!(newsletters.iter().all(|id| agent.user.has_label(id, "INBOX")));
    agent.does(&look.replace("\"dry_run\":true", "\"yes\":true"));
    assert!(!newsletters.iter().any(|id| agent.user.has_label(id, "INBOX")));
    assert!(agent.user.has_label(&mail, "INBOX"));
}

#[test]
fn save_the_invoice_attachments() {
    let agent = Agent::new();
    let id = agent.receive(
        &["INBOX"],
        "Hosting <billing@hosting.example>",
        "Invoice 7",
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nAttached.\n\
         --b\nContent-Type: application/pdf; name=invoice-7.pdf\nContent-Disposition: attachment; filename=invoice-7.pdf\n\n%PDF-1.4\n--b--\n",
    );
    let search = taught("to find mail, wherever it is")
        .replace("from:amazon newer_than:7d", "subject:invoice has:attachment newer_than:30d");
    let rows = agent.does(&search);
    assert_eq!(column(rows.as_array().unwrap(), "uid"), [id.as_str()]);
    agent.does(&taught("attachments").replace("UID", &id));
    assert!(files_in(agent.user.home()).contains(&"invoice-7.pdf".to_owned()));
}

#[test]
fn unsubscribe_me() {
    let agent = Agent::new();
    let link = "<https://shop.example/unsubscribe?u=7>";
    agent.receive(
        &["INBOX"],
        "Shop <news@shop.example>",
        "Sale",
        &format!("List-Unsubscribe: {link}\n\nBuy!"),
    );
    let rows = agent.does(&taught("to find mail, wherever it is").replace("amazon", "shop.example"));
    let mail = agent.does(&taught("to unsubscribe").replace("UID", uid(&rows[0])));
    assert!(mail.to_string().contains("https://shop.example/unsubscribe?u=7"), "{mail}");
    assert_eq!(mail["body"], "");
}

#[test]
fn what_did_i_miss_since_yesterday() {
    let agent = Agent::new();
    let new = agent.receive(&["INBOX", "UNREAD"], "Bob <bob@example.org>", "News", "\nHello");
    let yesterday = agent.user.world.gmail(|gmail| gmail.now()) - 24 * 3_600_000;
    let yesterday = jiff::Timestamp::from_millisecond(yesterday).unwrap().strftime("%d-%b-%Y").to_string();
    let rows = agent.does(&taught("what is new since yesterday").replace("26-Nov-2026", &yesterday));
    assert_eq!(column(rows.as_array().unwrap(), "uid"), [new]);
    assert!(rows[0]["subject"] == "News" && rows[0]["unread"] == true, "{rows}");
}

#[test]
fn move_all_of_one_sender() {
    let agent = Agent::new();
    let mail: Vec<_> = (0..3)
        .map(|n| agent.receive(&["INBOX"], "Alerts <alerts@build.example>", &format!("Build {n}"), "\nDone."))
        .collect();
    let look = taught("to change all that matches")
        .replace("from:x", "from:alerts@build.example")
        .replace("\"Y\"", "\"Work/Builds\"");
    assert_eq!(agent.does(&look)["matched"], 3);
    agent.does(&look.replace(",\"dry_run\":true", ""));
    for id in mail {
        let labels = agent.user.world.gmail(|gmail| gmail.message(&id).unwrap().labels);
        assert!(
            !labels.contains(&"INBOX".to_owned()) && labels.iter().any(|label| label.starts_with("Label_")),
            "{labels:?}"
        );
    }
}

#[test]
fn who_wrote_me_most() {
    let agent = Agent::new();
    for n in 0..60 {
        agent.receive(&["INBOX"], "Bob <bob@example.org>", &format!("Mail {n}"), "\nHello");
    }
    let rows = agent.does(&taught("who wrote most"));
    assert_eq!((&rows[0]["group"], &rows[0]["count"]), (&"bob@example.org".into(), &60.into()), "{rows}");
}

#[test]
fn draft_an_answer_but_do_not_send_it() {
    let agent = Agent::new();
    agent.receive(&["INBOX"], "Bob <bob@example.org>", "Shall we meet", "\nOn Thursday?");
    let drafts = agent.user.draft_ids().len();
    let rows = agent.does(&taught("to find mail, wherever it is").replace("from:amazon", "from:bob"));
    let id = uid(&rows[0]);
    let thread = agent.does(&taught("a whole conversation").replace("UID", id));
    assert!(thread.to_string().contains("On Thursday?"), "{thread}");
    let in_reply = SKILL.lines().find_map(|line| line.strip_prefix("| a draft, nothing sent | `"));
    let member = in_reply.unwrap().split('`').next().unwrap();
    let reply = taught("to reply")
        .replace("UID", id)
        .replace("TEXT", "I agree.")
        .replace("}'", &format!(",{member}}}'"));
    agent.does(&reply);
    assert_eq!((agent.user.sent(), agent.user.draft_ids().len()), (0, drafts + 1));
}

#[test]
fn every_command_of_the_table_runs() {
    let agent = Agent::new();
    let id = agent.receive(
        &["INBOX"],
        "Bob <bob@example.org>",
        "Shall we meet",
        "List-Unsubscribe: <mailto:leave@example.org>\n\nOn Thursday?",
    );
    let rows = SKILL.lines().filter(|line| line.starts_with("| "));
    let codes = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let commands: Vec<_> = codes.filter(|code| code.starts_with("exec ") && code.contains('{')).collect();
    assert!(commands.len() > 12, "{commands:?}");
    for command in commands {
        agent.commands.set(0);
        agent.does(&command["exec ".len()..].replace("UID", &id));
    }
    assert_eq!(agent.user.sent(), 2);
}
