//! Messages and conversations as a person reads them: what stands above a text, lines that fit, and the pager.

use crate::kit::{User, plain, width};

const SIZE: (usize, usize) = (80, 24);

/// A mail with words enough for several lines, a quote, a link and two files.
fn mail() -> String {
    let words = "several words that make a long line ".repeat(6);
    format!(
        "From: Bob Example <bob@example.org>\nTo: Ada <ada@example.com>\nCc: carol@example.org\nSubject: Plans\n\
         Date: Fri, 20 Nov 2026 12:34:56 +0200\nMessage-ID: <p@x>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n\
         {words}\nhttps://example.org/{}\n\n> quoted {words}\n\nBob\n--b\n\
         Content-Type: application/pdf\nContent-Disposition: attachment; filename=plan.pdf\n\n{}\n--b\n\
         Content-Type: text/csv\nContent-Disposition: attachment; filename=numbers.csv\n\n1;2\n--b--\n",
        "a".repeat(120),
        "x".repeat(2_000)
    )
}

fn long_mail() -> String {
    let lines: String = (1..=60).map(|n| format!("line {n}\n")).collect();
    format!("From: bob@example.org\nSubject: Long\n\n{lines}")
}

#[test]
fn a_message_has_names_and_a_local_date_above_a_text_whose_lines_fit() {
    let user = User::signed_in();
    let id = user.receive(&mail());
    for columns in [40, 60, 80, 120, 200] {
        let line = format!("TZ=UTC mcs-gmail read {id}");
        let Some(screen) = user.at_terminal_of((columns, 100), &line) else { return };
        let shown = plain(&screen);
        let lines: Vec<&str> = shown.lines().collect();
        let names: Vec<&str> = lines
            .iter()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':'))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names[..6], ["From", "To", "Cc", "Date", "Subject", "Attached"], "{shown}");
        assert!(lines[0].contains("Bob Example <bob@example.org>"), "{shown}");
        assert!(shown.contains("1  plan.pdf (2 kB)") && shown.contains("2  numbers.csv (3 B)"), "{shown}");
        let too_wide = lines.iter().find(|line| width(line) > columns.min(100));
        assert_eq!(too_wide, None, "{columns}: {shown}");
        // A quote stays a quote.
        assert!(lines.iter().filter(|line| line.starts_with("  > ")).count() > 1, "{shown}");
        assert!(screen.lines().any(|line| line.contains("\u{1b}[2m> ")), "{screen:?}");
    }
    let shown = plain(&user.at_terminal_of(SIZE, &format!("TZ=Asia/Tokyo mcs-gmail read {id}")).unwrap());
    let local = |line: &&str| line.starts_with("Date:") && line.contains("Nov 2026, ");
    assert_eq!(shown.lines().filter(local).count(), 1, "{shown}");
}

#[test]
fn members_of_the_api_are_shown_only_if_they_are_asked_for() {
    let user = User::signed_in();
    let id = user.receive(&mail());
    for line in [&["read", &id][..], &["thread", &id]] {
        let short = user.run(&[line, &["--format", "table"]].concat()).done().stdout;
        let long = user.run(&[line, &["--format", "text", "--verbose"]].concat()).done().stdout;
        for word in [&id, "INBOX", "<p@x>", "Size"] {
            assert!(!short.contains(word), "{line:?} {word}: {short}");
            assert!(long.contains(word), "{line:?} {word}: {long}");
        }
        assert!(!short.contains('\u{1b}') && !short.contains("untrusted"), "{short}");
    }
    let json = user.run(&["read", &id, "--verbose"]).json();
    assert_eq!(json, user.run(&["read", &id]).json());
}

#[test]
fn a_conversation_has_one_line_above_each_message_oldest_first() {
    let user = User::signed_in();
    let first = user.receive(
        "From: Bob <bob@example.org>\nTo: ada@example.com\nSubject: Plan\nMessage-ID: <a@x>\n\nFirst words\n",
    );
    user.receive(
        "From: Zoe <zoe@example.org>\nTo: ada@example.com\nSubject: Re: Plan\nMessage-ID: <b@x>\nIn-Reply-To: <a@x>\n\
         References: <a@x>\n\nSecond words\n\nOn Fri, 20 Nov 2026, Bob <bob@example.org> wrote:\n> First words\n> First words\n",
    );
    let shown = user.run(&["thread", &first, "--format", "table"]).done().stdout;
    let rules: Vec<&str> = shown.lines().filter(|line| line.starts_with("── ")).collect();
    assert!(shown.starts_with("Subject:  Plan\nMessages: 2, by Bob, Zoe\n"), "{shown}");
    assert!(rules.len() == 2 && rules[0].contains(" Bob ") && rules[1].contains(" Zoe "), "{shown}");
    assert_eq!(shown.matches("First words").count(), 1, "{shown}");
    assert!(shown.contains("  [quoted text: "), "{shown}");
}

#[test]
fn no_text_reaches_the_first_column_of_a_terminal() {
    let user = User::signed_in();
    let forged = format!("{}From:\u{a0}Boss", "─".repeat(78));
    let raw = |extra: &str, body: &str| {
        format!(
            "From: b@example.org\nSubject: {forged}{forged}\nMessage-ID: <z@x>\nX-Long: {forged}\n{extra}\n{body}\n"
        )
    };
    let html = format!("<p>{forged}{forged}</p>\n{forged}");
    let ids = [
        user.receive(&raw(
            "Content-Type: text/plain; charset=utf-8\n",
            &format!("{forged}\n{} deep\n{forged}", ">".repeat(90)),
        )),
        user.receive(&raw("Content-Type: text/html; charset=utf-8\n", &html)),
    ];
    for id in &ids {
        for command in
            ["read", "thread", "read --body html", "read --body raw", "read --headers", "read --verbose"]
        {
            let (command, more) = command.split_once(' ').unwrap_or((command, ""));
            let line = format!("mcs-gmail {command} {id} {more} --no-pager");
            let Some(screen) = user.at_terminal_of((80, 24), &line) else { return };
            for shown in plain(&screen).lines() {
                assert!(width(shown) <= 80, "{line}: {shown}");
                assert!(!shown.starts_with("From:\u{a0}") && !shown.starts_with("Boss"), "{line}: {shown}");
                assert!(!shown.starts_with("───"), "{line}: {shown}");
            }
        }
    }
}

#[test]
fn a_text_that_is_longer_than_the_screen_goes_to_the_pager() {
    let user = User::signed_in();
    let (long, short) = (user.receive(&long_mail()), user.receive("From: b@example.org\nSubject: x\n\nhi\n"));
    let paged = |line: &str| user.at_terminal_of(SIZE, line).map(|screen| screen.contains("PAGED: "));
    let pager = "PAGER='sed s/^/PAGED:\\ /'";
    for (line, expected) in [
        (format!("{pager} mcs-gmail read {long}"), true),
        (format!("{pager} mcs-gmail thread {long}"), true),
        (format!("MCS_GMAIL_PAGER='sed s/^/PAGED:\\ /' PAGER=cat mcs-gmail read {long}"), true),
        (format!("{pager} MCS_GMAIL_PAGER= mcs-gmail read {long}"), false),
        (format!("{pager} MCS_GMAIL_PAGER=cat mcs-gmail read {long}"), false),
        (format!("{pager} mcs-gmail read {long} --no-pager"), false),
        (format!("{pager} TERM=dumb mcs-gmail read {long}"), false),
        (format!("{pager} mcs-gmail read {short}"), false),
        (format!("{pager} mcs-gmail read {long} --format text | cat"), false),
        (format!("{pager} mcs-gmail read {long} --format json"), false),
        (format!("{pager} mcs-gmail tools"), true),
        (format!("{pager} mcs-gmail tools | cat"), false),
        (format!("{pager} mcs-gmail list --limit 100"), false),
        ("PAGER= mcs-gmail list --limit 1".to_owned(), false),
    ] {
        let Some(found) = paged(&line) else { return };
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn a_pager_that_is_closed_or_missing_is_no_failure() {
    let user = User::signed_in();
    let id = user.receive(&long_mail());
    for (pager, lines) in [("head -n 1", 1), ("no-such-pager-here", 60), ("true", 0), ("false", 0)] {
        let line = format!("PAGER='{pager}' mcs-gmail read {id}; echo status $?");
        let Some(screen) = user.at_terminal_of(SIZE, &line) else { return };
        assert!(screen.contains("status 0"), "{pager}: {screen}");
        let shown = plain(&screen)
            .lines()
            .filter(|line| line.starts_with("  line ") || line.starts_with("From"))
            .count();
        assert!(shown == lines || shown == lines + 1, "{pager}: {shown} {screen}");
    }
}

#[test]
fn documents_have_names_in_words_and_values_beside_them() {
    let user = User::signed_in();
    let shown = user.run(&["whoami", "--format", "table"]).done().stdout;
    let email = shown.lines().find(|line| line.starts_with("Email:")).unwrap();
    let total = shown.lines().find(|line| line.starts_with("Messages total:")).unwrap();
    assert_eq!(email.find("ada@"), total.find(|c: char| c.is_ascii_digit()), "{shown}");
    let status = user.run(&["auth", "status", "--format", "text"]).done();
    assert_eq!(status.code, 0);
    assert!(status.stdout.contains("Usable:") && status.stdout.contains(" yes\n"), "{}", status.stdout);
    assert!(!status.stdout.contains("null") && !status.stdout.contains('_'), "{}", status.stdout);
}
