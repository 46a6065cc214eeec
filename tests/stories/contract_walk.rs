//! One walk over the contract: every tool, in both spellings, under every kind of failure and in every format. The lines
//! are made from what `schema` prints. Each run has one document on the right stream, the right exit status, and
//! nothing that belongs to a terminal.

use std::{os::unix::process::ExitStatusExt, sync::Mutex};

use serde_json::{Value, json};

use crate::{
    kit::{Done, LIST, Run, User, for_each_in_parallel, schema},
    sandbox::{Fault, GMAIL_HOST},
};

const FORMATS: [&str; 4] = ["json", "jsonl", "text", "tsv"];
/// How many runs go on at the same time.
const WORKERS: usize = 6;

/// A call of a tool, in both spellings.
struct Call {
    level: String,
    line: Vec<String>,
    exec: Vec<String>,
}

/// A call of every tool: its example.
fn calls() -> Vec<Call> {
    let tools = schema()["tools"].as_array().unwrap().iter();
    tools.map(|tool| call(tool, &tool["example"])).collect()
}

fn call(tool: &Value, parameters: &Value) -> Call {
    let name = tool["name"].as_str().unwrap();
    let command = tool["command"].as_str().unwrap_or_default();
    let mut line: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    for (parameter, typed) in tool["on_the_line"].as_object().unwrap() {
        let typed = typed.as_str().unwrap();
        let values = match &parameters[parameter] {
            Value::Null | Value::Bool(false) => continue,
            Value::Bool(true) => {
                line.push(typed.to_owned());
                continue;
            }
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        for value in values {
            line.extend(Some(typed.to_owned()).filter(|typed| typed.starts_with("--")));
            line.push(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    }
    if command.is_empty() {
        line.clear();
    }
    let exec = vec!["exec".to_owned(), name.to_owned(), parameters.to_string()];
    Call { level: tool["level"].as_str().unwrap().to_owned(), line, exec }
}

/// What went wrong in a walk, all of it.
#[derive(Default)]
struct Findings(Mutex<Vec<String>>);

impl Findings {
    fn add(&self, finding: String) {
        self.0.lock().unwrap().push(finding);
    }

    fn none(self) {
        let all = self.0.into_inner().unwrap();
        assert!(all.is_empty(), "{} findings:\n{}", all.len(), all.join("\n"));
    }
}

/// Does the work for all items, a few at a time.
fn walk<T: Send>(items: Vec<T>, work: impl Fn(&T) + Sync) {
    let items = Mutex::new(items.into_iter());
    for_each_in_parallel(0..WORKERS, |_| {
        loop {
            let item = items.lock().unwrap().next();
            let Some(item) = item else { return };
            work(&item);
        }
    });
}

/// Every line of a walk with its format: each command in every format, and `exec`, whose format is always the same.
fn lines(calls: &[Call]) -> Vec<(Vec<String>, &'static str)> {
    let mut lines = Vec::new();
    // Runs with one cursor wait for nobody: the second one has nothing to do.
    let own = |args: &[String], name: &str| -> Vec<String> {
        args.iter().map(|arg| arg.replace("invoices", &format!("cursor-{name}"))).collect()
    };
    for call in calls {
        lines.push((own(&call.exec, "exec"), "json"));
        for format in FORMATS.into_iter().filter(|_| !call.line.is_empty()) {
            let line = own(&call.line, format);
            lines.push(([&line[..], &["--format".to_owned(), format.to_owned()]].concat(), format));
        }
    }
    lines
}

/// What is wrong with the streams of a run that failed.
fn wrong_failure(done: &Done, format: &str) -> Option<String> {
    let is_document = |line: &str| serde_json::from_str::<Value>(line).is_ok_and(|value| value.is_object());
    let for_machines = format == "json" || format == "jsonl";
    let (documents, others): (Vec<&str>, Vec<&str>) = done.stderr.lines().partition(|line| is_document(line));
    let errors = documents.iter().filter(|line| line.starts_with("{\"error\"")).count();
    let messages = others.iter().filter(|line| line.starts_with("mcs-gmail: ")).count();
    let hints = others.iter().filter(|line| line.starts_with("hint: ")).count();
    match () {
        () if !done.stdout.is_empty() => Some("a failure has no result".to_owned()),
        () if for_machines && (errors != 1 || !others.is_empty()) => {
            Some("not one error document".to_owned())
        }
        () if !for_machines && (messages != 1 || hints != 1 || !documents.is_empty()) => {
            Some("not one message and one hint".to_owned())
        }
        () => None,
    }
}

/// A flag in what `exec` says about its parameters.
fn wrong_words(line: &[String], done: &Done) -> Option<String> {
    let tools = schema()["tools"].as_array().unwrap();
    let tool = tools.iter().find(|tool| line[0] == "exec" && tool["name"] == line[1].as_str())?;
    let typed = tool["on_the_line"].as_object().unwrap().values().filter_map(Value::as_str);
    let is_named = |flag: &&str| {
        let mut rest = done.stderr.split(flag).skip(1);
        flag.starts_with("--")
            && rest.any(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '-'))
    };
    typed.into_iter().find(is_named).map(|flag| format!("exec is told of {flag}"))
}

/// What is wrong with a run, whatever it was: control characters, or text where a document belongs.
fn wrong_anywhere(done: &Done) -> Option<String> {
    let acts = |text: &str| text.contains(|c: char| c.is_control() && c != '\n' && c != '\t' && c != '\r');
    (acts(&done.stdout) || acts(&done.stderr)).then(|| "a control character in a pipe".to_owned())
}

/// Walks over every line with this change to the run; `expected` are the exit statuses.
fn fail_everywhere<'u>(
    user: &'u User,
    kind: &str,
    calls: &[Call],
    expected: &[i32],
    change: impl Fn(Run<'u>) -> Run<'u> + Sync,
    findings: &Findings,
) {
    walk(lines(calls), |(line, format)| {
        let args: Vec<&str> = line.iter().map(String::as_str).collect();
        let done = change(user.run(&args)).done();
        let code =
            (!expected.contains(&done.code)).then(|| format!("status {} is none of {expected:?}", done.code));
        let wrong = code
            .or_else(|| wrong_anywhere(&done))
            .or_else(|| wrong_failure(&done, format))
            .or_else(|| wrong_words(line, &done));
        if let Some(wrong) = wrong {
            findings.add(format!("{kind} {line:?}: {wrong}\n  out: {}\n  err: {}", done.stdout, done.stderr));
        }
    });
}

/// The files that the examples of the tools name.
fn write_files(user: &User) {
    user.write_file("old.mbox", "From a@b Thu Jan  1 00:00:00 2026\nSubject: x\n\ny\n");
    user.write_file("filters.json", r#"[{"from": "walk@example.net", "star": true}]"#);
}

fn user() -> User {
    let user = User::with_refresh_token().allowing_settings();
    write_files(&user);
    user.run(&LIST).json();
    user
}

#[test]
fn what_is_wrong_before_any_request_is_told_in_every_format() {
    let (user, calls, findings) = (user(), calls(), Findings::default());
    user.world.clear_log();
    fail_everywhere(&user, "usage", &calls, &[2], |run| run.arg("--no-such-option"), &findings);
    let variable = "MCS_GMAIL_AUTH0_CLIENT_ID";
    fail_everywhere(&user, "not configured", &calls, &[10], |run| run.without(variable), &findings);
    fail_everywhere(&user, "placeholder", &calls, &[10], |run| run.env(variable, "changeme"), &findings);
    let refused: Vec<Call> = calls.into_iter().filter(|call| call.level != "read").collect();
    fail_everywhere(&user, "policy", &refused, &[6], |run| run.env("MCS_GMAIL_POLICY", "read"), &findings);
    findings.none();
    assert_eq!(user.world.log().len(), 0, "no request was made");
}

#[test]
fn what_the_network_and_gmail_refuse_is_told_in_every_format() {
    let (user, calls, findings) = (user(), calls(), Findings::default());
    let closed = "http://127.0.0.1:1";
    // Refused connections are tried again until the time limit.
    fail_everywhere(
        &user,
        "network",
        &calls,
        &[8],
        |run| run.env("HTTPS_PROXY", closed).env("MCS_GMAIL_TIMEOUT", "0.2"),
        &findings,
    );
    let answer = |status: u16, reason: &str| {
        let body = json!({"error": {"code": status, "message": "No.", "errors": [{"reason": reason}]}});
        let headers = [("Content-Type", "application/json"), ("Retry-After", "3600")];
        Fault::on(GMAIL_HOST).always().status(status, &headers, body.to_string())
    };
    for (status, reason, expected) in [
        (403, "insufficientPermissions", &[6][..]),
        (404, "notFound", &[5]),
        (429, "rateLimitExceeded", &[7]),
        (503, "backendError", &[8]),
    ] {
        user.world.fault(answer(status, reason));
        fail_everywhere(&user, &status.to_string(), &calls, expected, |run| run, &findings);
        user.world.clear_faults();
    }
    user.world.fault(Fault::on(GMAIL_HOST).always().unauthenticated());
    fail_everywhere(&user, "401", &calls, &[6], |run| run, &findings);
    findings.none();
}

#[test]
fn a_required_sign_in_is_one_document_in_every_format() {
    let user = User::ready_to_sign_in().allowing_settings();
    write_files(&user);
    let (calls, findings) = (calls(), Findings::default());
    let url = user.run(&LIST).challenge()["url"].clone();
    walk(lines(&calls), |(line, _)| {
        let args: Vec<&str> = line.iter().map(String::as_str).collect();
        let done = user.run(&args).done();
        let document = serde_json::from_str::<Value>(&done.stdout).unwrap_or_default();
        let silent = line[0] == "new" && done.stdout.is_empty();
        if done.code != 4 || (!silent && document["url"] != url) || wrong_anywhere(&done).is_some() {
            findings.add(format!("{line:?}: {done:?}"));
        }
    });
    findings.none();
}

/// A call that succeeds, with ids of its own.
fn call_that_succeeds(user: &User, tool: &Value, number: usize) -> Call {
    let subject = format!("walk {number}");
    let uid =
        user.receive(&format!(
        "From: b@example.org\nTo: ada@example.com\nSubject: {subject}\nMessage-ID: <walk-{number}@example.org>\nList-Unsubscribe: <mailto:leave-{number}@example.org>\n\nHello\n"
    ));
    let mut parameters = tool["example"].clone();
    for name in ["uid", "thread_id"] {
        if let Some(id) = parameters.get_mut(name) {
            *id = if id.is_array() { json!([uid]) } else { json!(uid) };
        }
    }
    if parameters.get("draft_id").is_some() {
        let made =
            user.run(&["draft", "create", "--to", "bob@example.org", "--subject", &subject, "--body", "x"]);
        parameters["draft_id"] = made.json()["id"].clone();
    }
    let folder = format!("Walk {number}");
    match tool["name"].as_str().unwrap() {
        "rename_folder" | "delete_folder" => {
            user.run(&["create-folder", &folder]).json();
            parameters["name"] = folder.clone().into();
            if parameters.get("new_name").is_some() {
                parameters["new_name"] = format!("{folder} new").into();
            }
        }
        "create_folder" => parameters["name"] = folder.into(),
        "create_filter" => parameters = json!({"from": format!("{number}@example.net"), "star": true}),
        "delete_filter" => {
            let made = json!({"criteria": {"from": folder}, "action": {"addLabelIds": ["STARRED"]}});
            parameters["id"] = user.world.gmail(|gmail| gmail.add_filter(made)).into();
        }
        "move_message" => parameters["create"] = true.into(),
        "label_message" => parameters = json!({"uid": [uid], "add": ["Work"], "create": true}),
        "untrash_message" | "unspam_message" => parameters["uid"] = json!([uid]),
        "export_messages" | "save_attachments" => {
            let member = if parameters.get("out").is_some() { "out" } else { "out_dir" };
            parameters[member] = format!("files {number}").into();
        }
        "new_messages" => parameters["cursor"] = format!("walk-{number}").into(),
        _ => {}
    }
    call(tool, &parameters)
}

#[test]
fn a_result_is_one_document_and_a_closed_pipe_a_success() {
    let user = User::signed_in().allowing_settings();
    write_files(&user);
    let (findings, tools) = (Findings::default(), schema()["tools"].as_array().unwrap());
    // One call for each format and one for the closed pipe, all of them prepared before any runs.
    let ways = FORMATS.into_iter().map(Some).chain([None]);
    let all = ways.flat_map(|way| tools.iter().map(move |tool| (way, tool)));
    let all: Vec<(Option<&str>, Call)> =
        all.enumerate().map(|(number, (way, tool))| (way, call_that_succeeds(&user, tool, number))).collect();
    walk(all, |(way, call)| {
        let args = if call.line.is_empty() { &call.exec } else { &call.line };
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        let Some(format) = way else {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let (code, stderr) = user.run(&args).with_stdout(writer);
            if code != Some(0) || stderr.contains("error") || stderr.contains("mcs-gmail: ") {
                findings.add(format!("closed pipe {args:?}: {code:?} {stderr}"));
            }
            return;
        };
        args.extend(["--format", format]);
        let done = user.run(&args).done();
        let documents = done.stdout.lines().map(serde_json::from_str::<Value>);
        let is_right = match *format {
            "json" => documents.count() == 1 && serde_json::from_str::<Value>(&done.stdout).is_ok(),
            "jsonl" => documents.into_iter().all(|document| document.is_ok()),
            // Filters as a file has them have no other text.
            _ => args.starts_with(&["filter", "export"]) || !done.stdout.starts_with(['{', '[']),
        };
        if done.code != 0 || !is_right || wrong_anywhere(&done).is_some() {
            findings.add(format!("{args:?}: {done:?}"));
        }
    });
    findings.none();
}

#[test]
fn a_signal_ends_a_run_as_a_shell_expects_it_and_without_a_result() {
    let user = User::signed_in();
    let id = user.inbox(1).remove(0);
    let send = ["send", "--to", "bob@example.org", "--subject", "s", "--body", "x"];
    let work = [&LIST[..], &["read", &id], &["archive", &id], &send, &["exec", "get_profile"]];
    for (name, signal, status) in [("-INT", 2, 130), ("-TERM", 15, 143)] {
        for args in work {
            let hold = user.world.hold(Fault::on(GMAIL_HOST));
            let running = user.run(args).start();
            hold.wait_for_arrival();
            running.signal(name);
            let output = running.output();
            hold.release();
            // A shell says 128 and the number of the signal.
            assert_eq!(output.status.signal().map(|signal| 128 + signal), Some(status), "{args:?} {signal}");
            assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{args:?}: {output:?}");
        }
        // The next run is not in its way.
        user.run(&LIST).rows();
    }
    // One that waits for a person.
    let user = User::ready_to_sign_in();
    let link = user.run(&LIST).challenge();
    for (name, status) in [("-INT", 130), ("-TERM", 143)] {
        let hold = user.world.hold(Fault::on(crate::sandbox::BROKER_HOST));
        let running = user.run(&["auth", "login", "--wait", "600"]).start();
        hold.wait_for_arrival();
        running.signal(name);
        let output = running.output();
        hold.release();
        assert_eq!(output.status.signal().map(|signal| 128 + signal), Some(status));
        assert_eq!(user.run(&LIST).challenge()["url"], link["url"], "the pending sign-in is kept");
    }
}

/// The commands that are not tools, and whether they print JSON with `--format json`.
const OTHERS: &[(&[&str], bool)] = &[
    (&["auth", "login"], true),
    (&["auth", "status"], true),
    (&["auth", "list"], true),
    (&["auth", "wait", "--wait", "0"], true),
    (&["auth", "logout"], true),
    (&["doctor"], true),
    (&["doctor", "--offline"], true),
    (&["config", "show"], true),
    (&["config", "path"], true),
    (&["config", "init"], true),
    (&["config", "init", "--from-env", "--config", "made.toml"], true),
    (&["config", "example"], false),
    (&["tools"], true),
    (&["tools", "--as", "mcp"], true),
    (&["schema"], true),
    (&["status"], true),
    (&["help"], false),
    (&["help", "list"], false),
    (&["man"], false),
    (&["skill", "pack", "--binary", "missing"], true),
    (&["skill", "install", "--binary", "missing"], true),
    (&["completions", "bash"], false),
    (&[], false),
];

#[test]
fn the_other_commands_keep_the_contract_too() {
    let findings = Findings::default();
    for kind in ["fine", "broken file", "network"] {
        let user = User::ready_to_sign_in();
        if kind == "broken file" {
            user.configure("timeout = \n");
        }
        let all: Vec<(&(&[&str], bool), &str)> =
            OTHERS.iter().flat_map(|other| FORMATS.into_iter().map(move |format| (other, format))).collect();
        walk(all, |((args, prints_json), format)| {
            let args = [*args, &["--format", format]].concat();
            let run = user.run(&args);
            let run = if kind == "network" { run.env("HTTPS_PROXY", "http://127.0.0.1:1") } else { run };
            let done = run.done();
            let statuses = schema()["exit_statuses"].as_array().unwrap();
            let known = statuses.iter().any(|status| status["exit"] == done.code);
            let machine = *format == "json" && *prints_json;
            let is_document = |text: &str| text.is_empty() || serde_json::from_str::<Value>(text).is_ok();
            let told = done.code == 0 || !done.stderr.is_empty() || !done.stdout.is_empty();
            // The line with a link is text.
            let told_apart = done.code == 4 || done.stderr.lines().all(is_document);
            let documents = !machine || (is_document(&done.stdout) && told_apart);
            if !known || !told || !documents || wrong_anywhere(&done).is_some() {
                findings.add(format!("{kind} {args:?}: {done:?}"));
            }
        });
    }
    findings.none();
}

#[test]
fn nobody_is_asked_and_nothing_is_opened_without_a_terminal() {
    let user = User::signed_in();
    let id = user.receive("From: b@example.org\nSubject: s\nMessage-ID: <a@example.org>\n\nHello\n");
    user.run(&["create-folder", "Old"]).json();
    let opened = user.home().join("opened");
    for args in [
        &["send", "--to", "bob@example.org", "--subject", "s"][..],
        &["reply", &id],
        &["forward", &id, "--to", "bob@example.org", "--dry-run"],
        &["draft", "create", "--dry-run"],
        &["delete-folder", "Old"],
        &["archive", "--query", "larger:1"],
        &["config", "init"],
        &["config", "init", "--force"],
        &["man"],
        &["help"],
        &["read", &id],
    ] {
        let editor = format!("touch {}; false", opened.display());
        let run = ["EDITOR", "VISUAL", "PAGER", "BROWSER"]
            .into_iter()
            .fold(user.run(args), |run, name| run.env(name, &editor));
        // Its stdin stays open, as a person's would: who reads from it waits for ever.
        let (running, stdin) = run.env("PATH", "/usr/bin:/bin").env("TERM", "xterm").start_interactive();
        let done = running.done();
        assert!([0, 2, 6].contains(&done.code) && wrong_anywhere(&done).is_none(), "{args:?}: {done:?}");
        drop(stdin);
    }
    assert!(!opened.exists(), "a program was started");
    assert_eq!(user.sent(), 0);
}
