//! The output format: given, configured or chosen by the place, for results and for errors.

use serde_json::Value;

use crate::kit::{LIST, User};

fn is_json(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok()
}

#[test]
fn text_is_the_page_for_people_and_table_is_its_other_name() {
    let user = User::signed_in();
    let id = user.inbox(1).remove(0);
    for args in [&LIST[..], &["read", &id], &["folders", "--counts"], &["whoami"]] {
        let text = user.run(args).arg("--format").arg("text").done();
        let table = user.run(args).arg("--format").arg("table").done();
        assert_eq!((text.code, &text.stdout), (0, &table.stdout), "{args:?}");
        assert!(!is_json(&text.stdout), "{args:?}");
    }
    let error = user.run(&LIST).arg("--format").arg("xml").fails(2);
    assert!(error["hint"].as_str().unwrap().contains("text"), "{error}");
}

#[test]
fn a_variable_or_a_key_sets_the_format_and_a_flag_wins() {
    let user = User::signed_in();
    let format = |output: String| match output.as_str() {
        text if text.starts_with('[') => "json",
        text if text.starts_with('{') => "jsonl",
        text if text.contains('\t') => "tsv",
        _ => "text",
    };
    let run = || user.run(&LIST);
    assert_eq!(format(run().done().stdout), "json");
    user.configure("format = \"tsv\"\n[accounts.work]\nformat = \"jsonl\"\n");
    assert_eq!(format(run().done().stdout), "tsv");
    assert_eq!(format(run().arg("--account").arg("work").done().stdout), "jsonl", "a challenge");
    for (value, wanted) in
        [("text", "text"), ("table", "text"), ("JSON", "json"), (" jsonl ", "jsonl"), ("", "tsv")]
    {
        assert_eq!(format(run().env("MCS_GMAIL_FORMAT", value).done().stdout), wanted, "{value:?}");
    }
    let given = run().env("MCS_GMAIL_FORMAT", "text").arg("--format").arg("json");
    assert_eq!(format(given.done().stdout), "json");
    // The format of a file that is named, and errors of a line that cannot be parsed.
    let own = user.write_file("own.toml", "format = \"text\"\n");
    assert_eq!(format(run().arg("--config").arg(&own).done().stdout), "text");
    for run in [user.run(&["list", "--unknown"]), user.run(&["list", "--limit", "0"])] {
        let done = run.arg("--config").arg(&own).done();
        assert!(done.code == 2 && done.stderr.starts_with("mcs-gmail: "), "{done:?}");
    }
    // The commands without a tool.
    assert!(is_json(&user.run(&["tools"]).env("MCS_GMAIL_FORMAT", "json").done().stdout));
    assert!(!is_json(&user.run(&["config", "path"]).env("MCS_GMAIL_FORMAT", "text").done().stdout));
}

#[test]
fn an_unknown_format_is_refused_with_its_source_unless_it_is_overruled() {
    let user = User::signed_in();
    let file = user.configure("\nformat = \"xml\"\n");
    for (run, source) in [
        (user.run(&LIST), format!("{}:2", file.display())),
        (user.run(&LIST).env("MCS_GMAIL_FORMAT", "csv"), "MCS_GMAIL_FORMAT".to_owned()),
        (user.run(&["tools"]), format!("{}:2", file.display())),
        (user.run(&["auth", "list"]), format!("{}:2", file.display())),
    ] {
        let error = run.fails(10);
        let told = format!("{} {}", error["message"], error["hint"]);
        assert!(told.contains(&source) && told.contains("jsonl, text, tsv"), "{told}");
    }
    user.run(&LIST).arg("--format").arg("json").rows();
    user.run(&LIST).env("MCS_GMAIL_FORMAT", "json").rows();
    assert_eq!(user.run(&["config", "example"]).done().code, 0);
    assert_eq!(user.run(&["--help"]).done().code, 0);
    // The variable counts although the files cannot be read.
    user.configure("format = \n");
    let done = user.run(&LIST).env("MCS_GMAIL_FORMAT", "text").done();
    assert!(done.code == 10 && done.stderr.starts_with("mcs-gmail: "), "{done:?}");
}

#[test]
fn cron_stays_silent_whatever_format_is_configured() {
    let user = User::signed_in();
    let new = || user.run(&["new", "--cursor", "c"]).env("MCS_GMAIL_FORMAT", "json");
    new().says_nothing();
    new().says_nothing();
    assert_eq!(new().arg("--format").arg("json").done().stdout, "[]\n");
}

#[test]
fn errors_are_text_where_a_person_reads_them_unless_json_was_asked_for() {
    let user = User::signed_in();
    let Some(text) = user.at_terminal("mcs-gmail list --limit 0 | cat") else { return };
    assert!(text.contains("mcs-gmail:") && text.contains("hint: ") && !text.contains("{\"error\""), "{text}");
    let Some(text) = user.at_terminal("mcs-gmail read 0000 > /dev/null") else { return };
    assert!(text.contains("hint: ") && !text.contains("{\"error\""), "{text}");
    for asked in [
        "mcs-gmail list --limit 0 --format json | cat",
        "mcs-gmail list --limit 0 --format jsonl",
        "MCS_GMAIL_FORMAT=json mcs-gmail list --limit 0 | cat",
        "mcs-gmail exec list_messages '{\"limit\": 0}' | cat",
    ] {
        let text = user.at_terminal(asked).unwrap();
        assert!(text.trim_start().starts_with("{\"error\""), "{asked}: {text}");
    }
    // Where nobody reads stderr, stdout decides.
    let text = user.at_terminal("mcs-gmail list --limit 0 2> $HOME/err; cat $HOME/err").unwrap();
    assert!(text.starts_with("mcs-gmail:"), "{text}");
    let text = user.at_terminal("mcs-gmail list --limit 0 2> $HOME/err | cat; cat $HOME/err").unwrap();
    assert!(text.starts_with("{\"error\""), "{text}");
}

#[test]
fn exec_is_json_even_where_its_line_cannot_be_parsed() {
    let user = User::new();
    for front in [&[][..], &["--account", "work"], &["--quiet"]] {
        let line = [front, &["exec", "list_messages", "{}", "--unknown"]].concat();
        let error = user.run(&line).env("MCS_GMAIL_FORMAT", "text").fails(2);
        assert_eq!(error["code"], "usage", "{line:?}");
    }
}
