//! Attachments: listed, saved under safe names, never over anything, in flat memory.

use serde_json::{Value, json};

use crate::{
    kit::{User, column, files_in, members, permissions_of},
    sandbox::{Fault, GMAIL_HOST},
};

const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A message whose attachments have these names and contents, each to be fetched by its attachment id.
fn message_with(user: &User, files: &[(&str, &[u8])]) -> String {
    user.world.gmail(|gmail| {
        let parts: Vec<Value> = files
            .iter()
            .enumerate()
            .map(|(n, (name, bytes))| {
                gmail.add_attachment(&format!("att-{n}"), bytes);
                json!({
                    "partId": (n + 1).to_string(), "mimeType": "application/octet-stream", "filename": name,
                    "headers": [{"name": "Content-Disposition", "value": "attachment"}],
                    "body": {"attachmentId": format!("att-{n}"), "size": bytes.len()},
                })
            })
            .collect();
        gmail.add_payload(json!({
            "labelIds": ["INBOX"], "snippet": "files",
            "payload": {
                "partId": "", "mimeType": "multipart/mixed", "filename": "",
                "headers": [{"name": "Subject", "value": "Files"}], "body": {"size": 0}, "parts": parts,
            },
        }))
    })
}

/// A directory in the one in which the user works.
fn directory_of(user: &User) -> tempfile::TempDir {
    tempfile::Builder::new().prefix("out").tempdir_in(user.home()).unwrap()
}

#[test]
fn without_a_directory_the_attachments_are_listed() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.pdf", b"%PDF"), ("b.bin", b"\0\x01")]);
    let rows = user.run(&["attachments", &id]).json();
    assert_eq!(members(&rows[0]), ["part_id", "filename", "mime_type", "size", "inline", "untrusted"]);
    assert_eq!((&rows[1]["filename"], &rows[1]["size"]), (&json!("b.bin"), &json!(2)));
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 1);
    assert_eq!(user.run(&["exec", "save_attachments", &json!({"uid": id}).to_string()]).json(), rows);
}

#[test]
fn attachments_are_saved_with_size_and_hash_and_only_for_their_owner() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"hello"), ("empty", b"")]);
    let directory = directory_of(&user);
    let out = directory.path().to_str().unwrap();
    let rows = user.run(&["attachments", &id, "--out-dir", out]).json();
    assert_eq!(rows[0]["sha256"], "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_eq!((&rows[0]["size"], &rows[1]["size"]), (&json!(5), &json!(0)));
    assert_eq!(rows[1]["sha256"], EMPTY_SHA256);
    assert_eq!(std::fs::read(rows[0]["path"].as_str().unwrap()).unwrap(), b"hello");
    assert_eq!(permissions_of(&directory.path().join("a.txt")), 0o600);
}

#[test]
fn file_names_cannot_leave_the_directory_and_nothing_is_overwritten() {
    let user = User::signed_in();
    let files: [(&str, &[u8]); 6] = [
        ("../../escape.txt", b"1"),
        ("/etc/passwd", b"2"),
        ("..\\up.txt", b"3"),
        (".hidden", b"4"),
        ("same.txt", b"5"),
        ("same.txt", b"6"),
    ];
    let id = message_with(&user, &files);
    let parent = directory_of(&user);
    let out = parent.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("passwd"), "mine").unwrap();
    let rows = user.run(&["attachments", &id, "--out-dir", out.to_str().unwrap()]).json();
    assert_eq!(rows.as_array().unwrap().len(), 6);
    assert_eq!(files_in(parent.path()), ["out"]);
    let expected = ["escape.txt", "hidden", "passwd", "passwd (2)", "same (2).txt", "same.txt", "up.txt"];
    assert_eq!(files_in(&out), expected);
    assert_eq!(std::fs::read_to_string(out.join("passwd")).unwrap(), "mine");
    assert_eq!(std::fs::read_to_string(out.join("same (2).txt")).unwrap(), "6");
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"evil")]);
    let directory = directory_of(&user);
    let target = directory.path().join("target");
    let out = directory.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::os::unix::fs::symlink(&target, out.join("a.txt")).unwrap();
    let rows = user.run(&["attachments", &id, "--out-dir", out.to_str().unwrap()]).json();
    assert!(rows[0]["path"].as_str().unwrap().ends_with("a (2).txt"));
    assert!(!target.exists());
}

#[test]
fn a_token_that_is_refused_between_two_attachments_saves_none_twice() {
    let user = User::with_refresh_token();
    let id = message_with(&user, &[("a.txt", b"first"), ("b.txt", b"second")]);
    let second = format!("/gmail/v1/users/me/messages/{id}/attachments/att-1");
    for more in [&["--out-dir", "out"][..], &["--out-dir", "texts", "--text"]] {
        user.world.fault(Fault::on(GMAIL_HOST).path(&second).unauthenticated());
        let rows = user.run(&[&["attachments", &id], more].concat()).inside(user.home()).json();
        assert_eq!(column(rows.as_array().unwrap(), "filename"), ["a.txt", "b.txt"]);
        assert_eq!(files_in(&user.home().join(more[1])), ["a.txt", "b.txt"]);
    }
}

#[test]
fn one_attachment_can_be_chosen_by_part_or_name_and_written_to_stdout() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"first"), ("B.txt", b"second\xff\0")]);
    let output = user.run(&["attachments", &id, "--name", "b.TXT", "--out-dir", "-"]).start().output();
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(output.stdout, b"second\xff\0");
    let output = user.run(&["attachments", &id, "--part", "1", "--out-dir", "-"]).done();
    assert_eq!((output.code, output.stdout.as_str()), (0, "first"));
    let rows = user.run(&["attachments", &id, "--part", "1", "--part", "2"]).json();
    assert_eq!(rows.as_array().unwrap().len(), 2);

    user.run(&["attachments", &id, "--out-dir", "-"]).fails(2);
    let error = user.run(&["attachments", &id, "--name", "c.txt"]).fails(5);
    assert!(error["hint"].as_str().unwrap().contains("a.txt (1)"), "{error}");
    user.run(&["attachments", &id, "--part", "9"]).fails(5);
    let exec = json!({"uid": id, "out_dir": "-"}).to_string();
    user.run(&["exec", "save_attachments", &exec]).fails(2);
}

#[test]
fn attachments_are_not_written_to_a_terminal() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"\x1b[2Jhello")]);
    let Some(text) = user.at_terminal(&format!("mcs-gmail attachments {id} --part 1 --out-dir -")) else {
        return;
    };
    assert!(text.contains("terminal") && !text.contains("hello"), "{text}");
}

#[test]
fn a_missing_directory_is_created_for_its_owner_only() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"hello")]);
    let run = user.run(&["attachments", &id, "--out-dir", "new/place"]).behind("umask 0;");
    assert_eq!(run.json()[0]["path"], "new/place/a.txt");
    for made in ["new", "new/place"] {
        assert_eq!(permissions_of(&user.home().join(made)), 0o700);
    }
}

#[test]
fn an_empty_directory_name_means_that_none_was_given() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"hello")]);
    for empty in ["", "  "] {
        assert!(user.run(&["attachments", &id, "--out-dir", empty]).json()[0].get("path").is_none());
        let exec = json!({"uid": id, "out_dir": empty}).to_string();
        assert!(user.run(&["exec", "save_attachments", &exec]).json()[0].get("path").is_none());
    }
}

#[test]
fn no_attachment_is_saved_in_a_hidden_directory_or_one_of_the_program() {
    let user = User::signed_in();
    let id = message_with(&user, &[("rc", b"hello")]);
    let skill = user.write_file("skill/SKILL.md", "x").parent().unwrap().to_owned();
    let work = user.write_file("work/x", "").parent().unwrap().to_owned();
    user.write_file(".ssh/known_hosts", "");
    std::os::unix::fs::symlink(user.home().join(".ssh"), work.join("link")).unwrap();
    user.configure("[policy]\nfiles = [\".\", \"~\"]\n");
    user.world.clear_log();
    let home = user.home().display();
    for place in [
        format!("{home}/.ssh"),
        format!("{home}/.config/autostart"),
        format!("{home}/work/.git/hooks"),
        "link".to_owned(),
        "../.ssh/".to_owned(),
        "missing/../../.ssh".to_owned(),
        format!("{home}/.mcs"),
        format!("{home}/.mcs/cache"),
        skill.display().to_string(),
        format!("{}/scripts", skill.display()),
        "/etc/mcs-gmail".to_owned(),
        "/proc/self/cwd".to_owned(),
        "/proc/self/root/tmp".to_owned(),
        "/nonexistent/place".to_owned(),
    ] {
        let run =
            |args: &[&str]| user.run(args).inside(&work).env("MCS_GMAIL_SKILL_DIR", skill.to_str().unwrap());
        assert_eq!(
            run(&["attachments", &id, "--out-dir", &place]).fails(6)["code"],
            "policy_refused",
            "{place}"
        );
        run(&["exec", "save_attachments", &json!({"uid": id, "out_dir": place}).to_string()]).fails(6);
    }
    assert!(user.world.log().is_empty());
    assert_eq!(files_in(&user.home().join(".ssh")), ["known_hosts"]);
    assert_eq!(files_in(&skill), ["SKILL.md"]);
}

#[test]
fn attachments_are_saved_only_where_the_policy_allows_files() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"hello")]);
    let work = user.write_file("work/x", "").parent().unwrap().to_owned();
    let other = user.home().join("other");
    let save = || user.run(&["attachments", &id, "--out-dir", "../other"]).inside(&work);
    let error = save().fails(6);
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("files = [") && hint.contains(other.to_str().unwrap()), "{error}");
    assert!(!other.exists());
    user.configure("[policy]\nfiles = [\"~/other\"]\n");
    save().json();
    assert_eq!(files_in(&other), ["a.txt"]);
    user.run(&["attachments", &id, "--out-dir", "."]).inside(&work).fails(6);
    assert_eq!(files_in(&work), ["x"]);
}

#[test]
fn names_that_a_shell_or_a_program_would_act_on_are_changed() {
    let user = User::signed_in();
    let names =
        ["-rf", "~", "$(id)`id`.txt", "a;b|c&d'e\"f", "CLAUDE.md", "inv\u{200b}oice\u{202e}.pdf", "Makefile"];
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &b"x"[..])).collect();
    let id = message_with(&user, &files);
    user.run(&["attachments", &id, "--out-dir", "out"]).json();
    let saved = files_in(&user.home().join("out"));
    assert_eq!(saved.len(), names.len());
    for name in &saved {
        assert!(!name.contains(['$', '`', ';', '|', '&', '\'', '"', '\u{200b}', '\u{202e}']), "{saved:?}");
        assert!(!name.starts_with(['-', '~']) && !names[4..5].contains(&name.as_str()) && name != "Makefile");
    }
}

#[test]
fn a_broken_download_is_started_again_and_one_that_stays_broken_leaves_no_file() {
    let user = User::signed_in();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let id = message_with(&user, &[("a.bin", &bytes)]);
    let directory = directory_of(&user);
    let out = directory.path().to_str().unwrap();
    let path = format!("/gmail/v1/users/me/messages/{id}/attachments");
    user.world.fault(Fault::on(GMAIL_HOST).path(&path).truncate(3_000));
    let rows = user.run(&["attachments", &id, "--out-dir", out]).json();
    assert_eq!(std::fs::read(rows[0]["path"].as_str().unwrap()).unwrap(), bytes);
    std::fs::remove_file(directory.path().join("a.bin")).unwrap();

    user.world.fault(Fault::on(GMAIL_HOST).path(&path).times(50).truncate(3_000));
    let error = user.run(&["attachments", &id, "--out-dir", out]).fails(8);
    assert_eq!(error["part_id"], "1");
    assert!(files_in(directory.path()).is_empty());
}

#[test]
fn a_web_page_in_place_of_a_file_is_not_saved() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.bin", b"hello")]);
    let directory = directory_of(&user);
    // What is in the first quotation marks would be a file.
    let page = "<!-- \"cGFnZQ\" --><html lang=\"en\">";
    let path = format!("/gmail/v1/users/me/messages/{id}/attachments");
    let html = [("Content-Type", "text/html")];
    user.world.fault(Fault::on(GMAIL_HOST).path(&path).always().status(200, &html, page));
    let error = user.run(&["attachments", &id, "--out-dir", directory.path().to_str().unwrap()]).fails(8);
    assert!(error["message"].as_str().unwrap().contains("received a web page"), "{error}");
    assert!(files_in(directory.path()).is_empty());
}

#[test]
fn when_one_of_several_fails_the_saved_ones_are_reported_and_it_is_named() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"hello"), ("b.txt", b"world")]);
    user.world.gmail(|gmail| gmail.fail_part("/attachments/att-1", 404, "notFound", 100));
    let directory = directory_of(&user);
    let done = user.run(&["attachments", &id, "--out-dir", directory.path().to_str().unwrap()]).done();
    assert_eq!(done.code, 9);
    assert_eq!(done.json().as_array().unwrap().len(), 1);
    assert!(done.error()["missing"][0]["uid"].as_str().unwrap().ends_with("part 2"));
    assert_eq!(files_in(directory.path()), ["a.txt"]);
}

#[test]
fn an_empty_or_refused_part_does_not_stop_the_others_wherever_it_is() {
    let user = User::signed_in();
    let files: [(&str, &[u8]); 4] =
        [("first.txt", b"1"), ("second.txt", b"2"), ("third.txt", b"3"), ("fourth.txt", b"4")];
    for (status, reason) in [(404, "notFound"), (403, "forbidden"), (400, "invalidArgument")] {
        for lost in 0..files.len() {
            let id = message_with(&user, &files);
            user.world
                .gmail(|gmail| gmail.fail_part(&format!("{id}/attachments/att-{lost}"), status, reason, 100));
            let directory = directory_of(&user);
            let done =
                user.run(&["attachments", &id, "--out-dir", directory.path().to_str().unwrap()]).done();
            let note = format!("{status} {lost} {}", done.stderr);
            assert_eq!((done.code, done.json().as_array().unwrap().len()), (9, 3), "{note}");
            let missing = done.error()["missing"].clone();
            assert_eq!(missing.as_array().unwrap().len(), 1, "{note}");
            assert!(missing[0]["uid"].as_str().unwrap().ends_with(&format!("part {}", lost + 1)), "{note}");
            assert_eq!(files_in(directory.path()).len(), 3, "{note}");
        }
    }
}

#[test]
fn a_part_for_which_gmail_has_no_content_is_named_and_the_rest_is_saved() {
    let user = User::signed_in();
    for body in
        [json!({"size": 0}), json!({}), json!(null), json!({"size": 9, "data": "", "attachmentId": ""})]
    {
        let id = user.world.gmail(|gmail| {
            let part = |id: &str, name: &str, body: &Value| {
                json!({"partId": id, "mimeType": "application/pdf", "filename": name, "headers": [], "body": body})
            };
            let full = json!({"size": 5, "data": "aGVsbG8="});
            gmail.add_payload(json!({"payload": {
                "mimeType": "multipart/mixed", "filename": "", "headers": [], "body": {"size": 0},
                "parts": [part("0", "empty.pdf", &body), part("1", "full.pdf", &full)],
            }}))
        });
        let directory = directory_of(&user);
        let out = directory.path().to_str().unwrap();
        let done = user.run(&["attachments", &id, "--out-dir", out]).done();
        assert_eq!((done.code, done.json().as_array().unwrap().len()), (9, 1), "{body}");
        let missing = &done.error()["missing"][0];
        assert!(missing["uid"].as_str().unwrap().ends_with("part 0"), "{body}");
        assert_eq!(missing["code"], "not_found");
        assert_eq!(files_in(directory.path()), ["full.pdf"]);
        // Alone, its own failure is the result.
        user.run(&["attachments", &id, "--out-dir", out, "--part", "0"]).fails(5);
    }
}

#[test]
fn parts_that_fail_for_different_reasons_are_all_named() {
    let user = User::signed_in();
    let id = message_with(&user, &[("a.txt", b"a"), ("b.txt", b"b")]);
    user.world.gmail(|gmail| {
        gmail.fail_part(&format!("{id}/attachments/att-0"), 404, "notFound", 100);
        gmail.fail_part(&format!("{id}/attachments/att-1"), 403, "forbidden", 100);
    });
    let done = user.run(&["attachments", &id, "--out-dir", "out"]).done();
    assert_eq!((done.code, done.stdout.as_str()), (9, "[]\n"));
    assert_eq!(done.error()["missing"].as_array().unwrap().len(), 2);
    let id = message_with(&user, &[("a.txt", b"a"), ("b.txt", b"b")]);
    user.world.gmail(|gmail| gmail.fail_part("/attachments/", 404, "notFound", 100));
    user.run(&["attachments", &id, "--out-dir", "out"]).fails(5);
}

#[test]
fn names_are_read_in_every_spelling_and_parts_without_one_get_a_telling_name() {
    let user = User::signed_in();
    let part = |headers: &str| format!("--b\nContent-Transfer-Encoding: base64\n{headers}\n\naGVsbG8=\n");
    let pdf = |disposition: &str| {
        part(&format!("Content-Type: application/pdf\nContent-Disposition: attachment; {disposition}"))
    };
    let parts = [
        pdf("filename=\"=?utf-8?Q?=C3=BCber?= =?utf-8?Q?sicht.pdf?=\""),
        pdf("filename*1*=%91%E7%A5%A8.pdf; filename*0*=utf-8''%E5%8F"),
        pdf("filename*=Shift_JIS''%90%BF%8B%81%8F%91"),
        pdf("filename=\"..\\\\..\\\\CON.pdf . \""),
        pdf("filename*=utf-8''pay%E2%80%AEfdp.exe"),
        part("Content-Type: image/png\nContent-ID: <logo@example.org>\nContent-Disposition: inline"),
        part("Content-Type: application/zip\nContent-Disposition: attachment"),
        "--b\nContent-Type: message/rfc822\n\nSubject: Re: a/b\n\ninner\n".to_owned(),
    ];
    let id = user.receive(&format!(
        "Subject: Files\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n{}--b--\n",
        parts.concat()
    ));
    let rows = user.run(&["attachments", &id, "--out-dir", "out"]).json();
    let named = [
        "übersicht.pdf",
        "发票.pdf",
        "請求書.pdf",
        "CON.pdf",
        "payfdp.exe",
        "image-6.png",
        "attachment-7.zip",
        "Re: a-b.eml",
    ];
    assert_eq!(column(rows.as_array().unwrap(), "filename"), named);
    let saved = [
        "übersicht.pdf",
        "发票.pdf",
        "請求書.pdf",
        "_CON.pdf",
        "payfdp.exe",
        "image-6.png",
        "attachment-7.zip",
        "Re_ a-b.eml",
    ];
    let paths = saved.map(|name| format!("out/{name}"));
    assert_eq!(column(rows.as_array().unwrap(), "path"), paths.each_ref().map(String::as_str));
    assert_eq!(rows[4]["removed"], json!({"bidi": 1}));
    assert_eq!(user.run(&["attachments", &id, "--name", "发票.pdf"]).json()[0]["part_id"], "1");
}

#[test]
fn a_small_inline_part_and_a_forwarded_message_can_be_saved() {
    let user = User::signed_in();
    let raw = "From: b@example.org\nSubject: Fwd\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
               --b\nContent-Type: text/plain\n\nSee below.\n--b\nContent-Type: text/calendar; name=invite.ics\n\
               Content-Disposition: attachment; filename=invite.ics\n\nBEGIN:VCALENDAR\n--b--\n";
    let id = user.receive(raw);
    let directory = directory_of(&user);
    let rows = user.run(&["attachments", &id, "--out-dir", directory.path().to_str().unwrap()]).json();
    let saved = std::fs::read_to_string(rows[0]["path"].as_str().unwrap()).unwrap();
    assert_eq!(saved.trim(), "BEGIN:VCALENDAR");
}

#[test]
#[cfg(target_os = "linux")]
fn twenty_megabytes_are_saved_with_flat_memory() {
    let user = User::signed_in();
    let mut seed = 1_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let bytes: Vec<u8> = (0..20 << 20).map(|_| random()).collect();
    let id = message_with(&user, &[("small.bin", b"small"), ("large.bin", &bytes)]);
    let directory = directory_of(&user);
    let out = directory.path().to_str().unwrap();
    let save = |part: &str| {
        let args = ["attachments", &id, "--part", part, "--out-dir", out, "--timeout", "600"];
        user.run(&args).with_peak_memory()
    };
    let (_, small) = save("1");
    let (done, large) = save("2");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(std::fs::read(directory.path().join("large.bin")).unwrap() == bytes);
    let note = format!("peak with 5 bytes {small} kB, with 20 MB {large} kB");
    assert!(large < 40_000 && large < small + 6_000, "{note}");
}
