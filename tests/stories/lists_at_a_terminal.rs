//! Lists as a person sees them: columns that fit the terminal, and rows that commands accept by their numbers.

use std::time::Duration;

use serde_json::json;

use crate::{
    kit::{User, plain, width},
    sandbox::gmail::Gmail,
};

const SIZE: (usize, usize) = (80, 24);

fn mail(from: &str, subject: &str) -> String {
    let id: String = subject.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "From: {from}\nTo: Ada <ada@example.com>\nMessage-ID: <{id}@example.org>\nSubject: {subject}\n\nhi\n"
    )
}

/// A mailbox with one message for each of these senders and subjects; the last one is the newest.
fn user_with(mails: &[(&str, &str)]) -> (User, Vec<String>) {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    let ids = mails.iter().map(|(from, subject)| user.receive(&mail(from, subject))).collect();
    (user, ids)
}

/// The mails whose width is hard to tell.
const WIDE: [(&str, &str); 7] = [
    (
        "\"山田 太郎\" <yamada@example.org>",
        "日本語のとても長い件名がここにあり、端末の幅よりも長くなることがあります。日本語のとても長い件名",
    ),
    ("Zoë <zoe@example.org>", "e\u{301}a\u{308}o\u{302} combining"),
    ("Emoji 👩\u{200d}💻 <e@example.org>", "👍🏽 ❤\u{fe0f}\u{200d}🔥 🇩🇪 1\u{fe0f}\u{20e3} done"),
    ("한국 <k@example.org>", "안녕하세요"),
    ("Bob <bob@example.org>", "short"),
    (
        "Somebody With Quite A Long Name <long@example.org>",
        "A subject that is much longer than what a small terminal can show of it in one line, and then some more words",
    ),
    ("bare@example.org", ""),
];

#[test]
fn no_line_is_wider_than_the_terminal_and_the_ids_are_aligned() {
    let (user, ids) = user_with(&WIDE);
    user.world.gmail(|gmail| gmail.add_label("Project with a long name"));
    user.run(&["label", &ids[5], "--add", "Project with a long name"]).json();
    for columns in [12, 20, 30, 45, 59, 60, 80, 120, 200] {
        for list in
            ["list", "list --threads", "draft list", "folders --counts", "list --fields uid,from,subject"]
        {
            let Some(screen) = user.at_terminal_of((columns, 24), &format!("mcs-gmail {list}")) else {
                return;
            };
            for line in plain(&screen).lines().filter(|line| !line.starts_with("note: ")) {
                assert!(width(line) <= columns, "{list} at {columns}: {line}");
            }
        }
        let screen = plain(&user.at_terminal_of((columns, 24), "mcs-gmail list").unwrap());
        let rows: Vec<&str> = screen.lines().skip(1).collect();
        assert_eq!(rows.len(), WIDE.len(), "{screen}");
        let at = |row: &str, id: &str| row.find(id).map(|at| width(&row[..at]));
        let places: Vec<Option<usize>> =
            rows.iter().zip(ids.iter().rev()).map(|(row, id)| at(row, id)).collect();
        assert!(places.iter().all(|place| *place == places[0]), "{columns}: {screen}");
        assert!(places[0].is_some() == (columns >= 70), "{columns}: {screen}");
        // The number never leaves.
        assert!(rows.iter().enumerate().all(|(at, row)| row.starts_with(&(at + 1).to_string())), "{screen}");
    }
}

#[test]
fn a_row_has_names_and_marks_and_only_labels_that_say_something() {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    let labels = ["INBOX", "UNREAD", "IMPORTANT", "CATEGORY_UPDATES", "STARRED", "Work/Invoices"];
    let file =
        "MIME-Version: 1.0\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n";
    let starred = user.receive_in(
        &labels,
        &mail("Bob <bob@example.org>", "report").replacen("\n\n", &format!("\n{file}\n"), 1),
    );
    let asked = user.receive(&mail("Carol <carol@example.org>", "question"));
    user.run(&["reply", &asked, "--body", "yes"]).json();
    user.receive(&mail("\"boss@example.com\" <eve@evil.example>", "pay now"));
    let Some(screen) = user.at_terminal_of((120, 24), "mcs-gmail list") else { return };
    let shown = plain(&screen);
    let row = |word: &str| shown.lines().find(|line| line.contains(word)).unwrap().to_owned();
    let report = row("report");
    assert!(report.contains("*@") && report.contains("Bob ") && report.contains("Work/Invoices"), "{shown}");
    assert!(
        report.ends_with(&starred) && !report.contains("bob@") && !report.contains("CATEGORY"),
        "{shown}"
    );
    assert!(row("question").contains(" r ") && !row("pay now").contains(" r "), "{shown}");
    // A name that could be taken for an address does not hide the real one.
    assert!(row("pay now").contains("eve@evil.example") && !row("pay now").contains("boss@"), "{shown}");
    let bold = |word: &str| screen.lines().find(|line| line.contains(word)).unwrap().contains("\u{1b}[1m");
    assert!(bold("report") && !bold("Carol"), "{screen:?}");
    // What bold says with colours, a mark says without.
    for line in ["NO_COLOR=1 mcs-gmail list", "TERM=dumb mcs-gmail list", "mcs-gmail list --color never"] {
        let shown = user.at_terminal_of((120, 24), line).unwrap();
        assert!(!shown.contains('\u{1b}'), "{line}: {shown:?}");
        assert!(shown.lines().any(|line| line.contains("N*@") && line.contains("report")), "{line}: {shown}");
    }
    let sent = plain(&user.at_terminal_of((120, 24), "mcs-gmail list --folder Sent").unwrap());
    assert!(sent.contains("To: Carol") || sent.contains("To: carol@example.org"), "{sent}");
    let within = plain(&user.at_terminal_of((120, 24), "mcs-gmail list --folder Work/Invoices").unwrap());
    assert!(within.contains("report") && !within.contains("Work/Invoices"), "{within}");
}

#[test]
fn a_list_in_a_pipe_has_neither_numbers_nor_colours_nor_a_width() {
    let (user, ids) = user_with(&WIDE);
    let done = user.run(&["list", "--format", "table"]).done();
    let rows: Vec<&str> = done.stdout.lines().collect();
    assert_eq!((done.code, done.stderr.as_str(), rows.len()), (0, "", WIDE.len() + 1));
    assert!(!done.stdout.contains(['#', '\u{1b}']), "{}", done.stdout);
    assert!(
        rows[1].ends_with(&ids[6])
            && rows[1].contains("2026-11-")
            && rows[2].contains("and then some more words")
    );
    assert!(!user.home().join(".mcs/cache/terminals").exists());
}

#[test]
fn a_row_number_stands_for_the_id_in_the_list_that_the_terminal_showed_last() {
    let (user, ids) =
        user_with(&[("a@example.org", "one"), ("b@example.org", "two"), ("c@example.org", "three")]);
    let draft = user
        .run(&["draft", "create", "--to", "bob@example.org", "--subject", "mine", "--body", "draft text"])
        .json();
    let at = |line: &str| user.at_terminal_of(SIZE, line);
    let Some(screen) = at("mcs-gmail list; mcs-gmail read 3 --format json") else { return };
    assert!(screen.contains(&format!("\"uid\":\"{}\"", ids[0])), "{screen}");
    for (line, word) in [
        ("mcs-gmail list; mcs-gmail thread 2", "two"),
        ("mcs-gmail list --threads; mcs-gmail thread 1", "three"),
        ("mcs-gmail search subject:two; mcs-gmail attachments 1", "No attachments."),
        ("mcs-gmail list; mcs-gmail reply 2 --body x --dry-run", "Re: two"),
        ("mcs-gmail draft list; mcs-gmail draft show 1", "draft text"),
        ("mcs-gmail list; mcs-gmail list; mcs-gmail read 1", "three"),
    ] {
        let screen = at(line).unwrap();
        assert!(screen.contains(word), "{line}: {screen}");
    }
    at("mcs-gmail list; mcs-gmail star 1 3").unwrap();
    assert_eq!([0, 1, 2].map(|n| user.has_label(&ids[n], "STARRED")), [true, false, true]);
    at("mcs-gmail list; mcs-gmail mark-read 1-2 3; mcs-gmail unstar 1,3").unwrap();
    assert!(ids.iter().all(|id| !user.has_label(id, "UNREAD") && !user.has_label(id, "STARRED")));
    let missing = at("mcs-gmail list; mcs-gmail star 1 18c9f2a4b5d6e7f8").unwrap();
    assert!(missing.contains("not found: 18c9f2a4b5d6e7f8"), "{missing}");
    let several = at("mcs-gmail list; mcs-gmail reply 1-2 --body x --dry-run").unwrap();
    assert!(several.contains("takes one"), "{several}");
    at("mcs-gmail list --threads; mcs-gmail archive --thread 1").unwrap();
    assert!(!user.has_label(&ids[2], "INBOX"));
    assert!(user.draft_ids().contains(&draft["id"].as_str().unwrap().to_owned()));
}

#[test]
fn a_row_number_is_refused_where_it_could_mean_something_else() {
    let (user, ids) = user_with(&[("a@example.org", "one"), ("b@example.org", "two")]);
    let at = |line: &str| user.at_terminal_of(SIZE, line);
    let Some(screen) = at("mcs-gmail read 1") else { return };
    assert!(screen.contains("this terminal has shown no list"), "{screen}");
    user.world.clear_log();
    for (line, word) in [
        ("mcs-gmail list; mcs-gmail read 3", "the last list has 2 rows"),
        ("mcs-gmail list; mcs-gmail read 0", "there is no row 0"),
        ("mcs-gmail list; mcs-gmail list --folder Trash; mcs-gmail read 1", "the last list was empty"),
        ("mcs-gmail list; mcs-gmail list --format tsv; mcs-gmail read 1", "the last list had none"),
        ("mcs-gmail list; mcs-gmail list --format json; mcs-gmail read 1", "the last list had none"),
        ("mcs-gmail list --threads; mcs-gmail read 1", "is a conversation, not a message"),
        ("mcs-gmail list --threads; mcs-gmail archive 1", "--thread"),
        ("mcs-gmail list; mcs-gmail draft show 1", "is a message, not a draft"),
        ("mcs-gmail list; setsid -c -w mcs-gmail read 1", "this terminal has shown no list"),
    ] {
        let screen = at(line).unwrap();
        assert!(screen.contains(word) && screen.contains("hint: "), "{line}: {screen}");
    }
    // A person may send the result elsewhere.
    let elsewhere = at("mcs-gmail list -q; mcs-gmail read 1 --format json | cat; mcs-gmail read 1 --format json > /dev/null; echo $?").unwrap();
    assert!(elsewhere.contains("\"subject\":\"two\"") && elsewhere.trim_end().ends_with('0'), "{elsewhere}");
    // Elsewhere a number is an id like any other.
    let piped =
        at("mcs-gmail list; mcs-gmail read 1 < /dev/null; mcs-gmail exec fetch_message '{\"uid\":\"1\"}'")
            .unwrap();
    assert_eq!(piped.matches("message 1 not found").count(), 2, "{piped}");
    assert!(user.has_label(&ids[0], "INBOX") && user.has_label(&ids[1], "INBOX"));
}

/// Changes when the terminals of a user showed their lists.
fn grow_older(user: &User, by: Duration) {
    for entry in std::fs::read_dir(user.home().join(".mcs/cache/terminals")).unwrap() {
        let path = entry.unwrap().path();
        let mut list: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        list["at"] = json!(list["at"].as_f64().unwrap() - by.as_secs_f64());
        std::fs::write(path, list.to_string()).unwrap();
    }
}

#[test]
fn row_numbers_expire_after_an_hour_and_belong_to_one_account() {
    let (user, _) = user_with(&[("a@example.org", "one")]);
    let steps = "mcs-gmail list; touch ready; until test -e go; do sleep 0.05; done; mcs-gmail read 1";
    let line = format!("cd {}; {steps}", user.home().display());
    for (expected, wait) in
        [("one", Duration::from_secs(3_000)), ("no list for an hour", Duration::from_secs(3_700))]
    {
        for name in ["ready", "go"] {
            let _ = std::fs::remove_file(user.home().join(name));
        }
        let shown = std::thread::scope(|scope| {
            let run = scope.spawn(|| user.at_terminal_of(SIZE, &line));
            let ready = || run.is_finished() || user.home().join("ready").exists();
            crate::kit::wait_until("the list was shown", ready);
            if !run.is_finished() {
                grow_older(&user, wait);
                user.write_file("go", "");
            }
            run.join().unwrap()
        });
        let Some(screen) = shown else { return };
        assert!(screen.contains(expected), "{wait:?}: {screen}");
    }
    let screen = user
        .at_terminal_of(SIZE, "mcs-gmail list; mcs-gmail read 1 --account eve@example.com --no-input")
        .unwrap();
    assert!(screen.contains("of another account"), "{screen}");
}

#[test]
fn where_it_cannot_be_kept_what_numbers_stand_for_there_are_none() {
    let (user, ids) = user_with(&[("a@example.org", "one"), ("b@example.org", "two")]);
    let place = user.home().join(".mcs/cache/terminals").display().to_string().replace("mcs", "m''cs");
    let line = format!(
        "mcs-gmail list -q; for f in {place}/*; do rm $f; mkdir $f; done; mcs-gmail search one; mcs-gmail read 1"
    );
    let Some(screen) = user.at_terminal_of(SIZE, &line) else { return };
    let shown = plain(&screen);
    // The second list has no numbers, and those of the first one are gone.
    assert_eq!(shown.matches('#').count(), 1, "{shown}");
    assert!(shown.contains(&ids[0]) && shown.contains("this terminal has shown no list"), "{shown}");
    assert!(!shown.contains("warning"), "{shown}");
    // A locked or read-only cache does not matter.
    user.edit_cache(|_| {});
    let cache = user.home().join(".mcs/cache").display().to_string();
    let busy = format!(
        "cd {cache}; exec 9>>m''cs-gmail.json.lock; flock 9; mcs-gmail list 9>&-; mcs-gmail read 1 9>&-"
    );
    let shown = plain(&user.at_terminal_of(SIZE, &busy.replace(".mcs", ".m''cs")).unwrap());
    assert!(shown.contains('#') && shown.contains("Subject: two"), "{shown}");
}

#[test]
fn every_list_that_a_terminal_shows_takes_the_numbers_of_the_one_before() {
    let (user, _) = user_with(&[("a@example.org", "one"), ("b@example.org", "two")]);
    let other = user.home().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("mcs-gmail.json"), std::fs::read(user.cache_file()).unwrap()).unwrap();
    for list in [
        format!("MCS_CACHE_DIR={} mcs-gmail search two", other.display()),
        "mcs-gmail search two --page-token '' --format json".to_owned(),
        "mcs-gmail exec search_messages '{\"criteria\":\"two\"}'".to_owned(),
        "mcs-gmail list --format jsonl".to_owned(),
    ] {
        let Some(screen) = user.at_terminal_of(SIZE, &format!("mcs-gmail list -q; {list}; mcs-gmail read 2"))
        else {
            return;
        };
        let refused = screen.contains("the last list had none") || screen.contains("another cache");
        assert!(refused && !screen.contains("Subject"), "{list}: {screen}");
    }
}

#[test]
fn an_empty_list_says_so_to_a_person_and_to_nobody_else() {
    let (user, _) = user_with(&[]);
    for (line, said) in [
        (&["list"][..], "No messages in INBOX.\n"),
        (&["list", "--folder", "ALL"], "No messages.\n"),
        (&["list", "--threads"], "No conversations in INBOX.\n"),
        (&["search", "is:starred"], "No messages in INBOX match is:starred.\n"),
        (&["search", "in:sent x"], "No messages match in:sent x.\n"),
        (&["draft", "list"], "No drafts.\n"),
    ] {
        let text = user.run(&[line, &["--format", "table"]].concat()).done();
        assert_eq!((text.code, text.stdout.as_str(), text.stderr.as_str()), (0, "", said), "{line:?}");
        let quiet = user.run(&[line, &["--format", "table", "--quiet"]].concat()).done();
        assert_eq!(quiet.stderr, "", "{line:?}");
        assert_eq!(user.run(line).json(), json!([]), "{line:?}");
    }
}

#[test]
fn counts_and_accounts_have_headings_and_numbers_to_the_right() {
    let user = User::signed_in();
    let Some(screen) = user.at_terminal_of(SIZE, "mcs-gmail folders --counts") else { return };
    let shown = plain(&screen);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["FOLDER", "UNREAD", "MESSAGES"]);
    assert!(lines.iter().all(|line| width(line) == width(lines[0])), "{shown}");
    let accounts =
        plain(&user.at_terminal_of(SIZE, "mcs-gmail list --limit 1 -q; mcs-gmail auth list").unwrap());
    assert!(accounts.contains("ACCOUNT") && accounts.contains("signed in"), "{accounts}");
}
