//! Files that leave the machine: only those that the owner allows, never the program's own, and each is opened once.

use std::{fs, os::unix::fs::symlink, path::PathBuf, process::Command, time::Instant};

use serde_json::{Value, json};

use crate::kit::{Run, User};

const SECRET: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const DRY: [&str; 6] = ["send", "--to", "bob@example.org", "--subject", "s", "--dry-run"];

/// A user who works in ~/work and has secrets beside it.
fn user() -> User {
    let user = User::signed_in();
    user.write_file("work/letter.txt", "Dear Bob");
    user.write_file(".ssh/id_ed25519", SECRET);
    user.write_file("private.txt", SECRET);
    user
}

fn work(user: &User) -> PathBuf {
    user.home().join("work")
}

/// Previews a message with one more option, in ~/work.
fn preview<'u>(user: &'u User, more: &[&str]) -> Run<'u> {
    user.run(&[&DRY[..], more].concat()).inside(&work(user))
}

fn attach<'u>(user: &'u User, path: &str) -> Run<'u> {
    preview(user, &["--body", "x", "--attach", path])
}

#[track_caller]
fn shown(run: Run<'_>) -> String {
    let done = run.done();
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    done.stdout
}

#[track_caller]
fn refused(run: Run<'_>) -> Value {
    let done = run.done();
    assert!(!done.stdout.contains(SECRET) && !done.stderr.contains(SECRET), "{done:?}");
    assert_eq!((done.code, done.stdout.as_str()), (6, ""), "{done:?}");
    assert_eq!(done.error()["code"], "policy_refused");
    done.error()
}

#[test]
fn no_option_sends_or_prints_a_file_outside_the_allowed_directories() {
    let user = user();
    let home = user.home().display();
    for path in [
        format!("{home}/.ssh/id_ed25519"),
        format!("{home}/private.txt"),
        "../private.txt".to_owned(),
        "./../work/../.ssh/id_ed25519".to_owned(),
        "/etc/hostname".to_owned(),
        format!("{home}/.ssh"),
        format!("{home}/.ssh/missing"),
    ] {
        let inline = format!("a={path}");
        for option in [
            &["--body-file", path.as_str()][..],
            &["--body", "x", "--html-file", &path],
            &["--body", "x", "--attach", &path],
            &["--html-body", "<img src='cid:a'>", "--inline", &inline],
        ] {
            let error = refused(preview(&user, option));
            assert!(error["hint"].as_str().unwrap().contains("files = [\".\", \"/tmp\", "), "{error}");
        }
        let message = json!({"to": "bob@example.org", "subject": "s", "body": "x", "dry_run": true});
        for (name, value) in
            [("attach", json!([path])), ("html_file", json!(path)), ("body_file", json!(path))]
        {
            let mut message = message.clone();
            if name == "body_file" {
                message.as_object_mut().unwrap().remove("body");
            }
            message[name] = value;
            refused(user.run(&["exec", "send_message", &message.to_string()]).inside(&work(&user)));
        }
    }
    assert!(user.world.log().is_empty());
}

#[test]
fn a_refusal_does_not_tell_whether_the_file_exists() {
    let user = user();
    for below in ["", "/x"] {
        let text = |name: &str| {
            let path = format!("{}/.ssh/{name}{below}", user.home().display());
            refused(attach(&user, &path)).to_string().replace(name, "NAME")
        };
        assert_eq!(text("id_ed25519"), text("id_missing"));
    }
    // A link answers no more than the path itself.
    for target in ["id_ed25519", "id_missing"] {
        let link = work(&user).join("link");
        symlink(user.home().join(".ssh").join(target), &link).unwrap();
        refused(attach(&user, "link"));
        fs::remove_file(link).unwrap();
    }
}

#[test]
fn files_of_the_working_directory_and_of_the_temporary_directory_are_sent() {
    let user = user();
    let shared = tempfile::Builder::new().prefix("mcs").tempfile_in("/tmp").unwrap();
    symlink("letter.txt", work(&user).join("link")).unwrap();
    for path in ["letter.txt", "./letter.txt", "../work/letter.txt", "link", shared.path().to_str().unwrap()]
    {
        shown(attach(&user, path));
    }
    assert!(shown(preview(&user, &["--body-file", "letter.txt"])).contains("Dear Bob"));
    shown(preview(&user, &["--body-file", "-"]).stdin("Dear Bob"));
    assert_eq!(attach(&user, "missing.txt").fails(2)["code"], "usage");
}

#[test]
fn links_and_hidden_names_do_not_lead_out() {
    let user = user();
    let inside = |name: &str| work(&user).join(name);
    symlink(user.home().join(".ssh"), inside("keys")).unwrap();
    symlink("../private.txt", inside("up.txt")).unwrap();
    symlink("up.txt", inside("twice.txt")).unwrap();
    symlink("loop", inside("loop")).unwrap();
    user.write_file("work/.env", SECRET);
    user.write_file("work/.git/config", SECRET);
    for path in ["keys/id_ed25519", "keys/../.ssh/id_ed25519", "up.txt", "twice.txt", ".env", ".git/config"] {
        refused(attach(&user, path));
    }
    attach(&user, "loop").fails(2);
    // The caller chooses the working directory and the temporary directory.
    let ssh = user.home().join(".ssh");
    let run = user.run(&[&DRY[..], &["--body-file", "id_ed25519"]].concat()).inside(&ssh);
    refused(run);
    let key = ssh.join("id_ed25519");
    let key = key.to_str().unwrap();
    for place in [ssh.to_str().unwrap(), "/", user.home().parent().unwrap().to_str().unwrap()] {
        refused(attach(&user, key).env("TMPDIR", place));
        refused(attach(&user, "/etc/hostname").env("TMPDIR", place));
    }
    refused(user.run(&[&DRY[..], &["--body-file", "etc/hostname"]].concat()).inside("/".as_ref()));
}

#[test]
fn the_key_files_allows_directories_and_every_source_restricts_the_others() {
    let user = user();
    user.write_file("Documents/a.txt", "a");
    user.write_file("Documents/.hidden", SECRET);
    user.write_file(".notes/b.txt", "b");
    user.configure("[policy]\nfiles = [\"~/Documents\", \"~/.notes\", \".\"]\n");
    for path in ["../Documents/a.txt", "../.notes/b.txt", "letter.txt"] {
        shown(attach(&user, path));
    }
    refused(attach(&user, "../Documents/.hidden"));
    refused(attach(&user, "../private.txt"));

    let other = user.write_file("other.toml", "[policy]\nfiles = [\"~/Documents\"]\n");
    let other = other.to_str().unwrap();
    let with = |path: &str| attach(&user, path).env("MCS_GMAIL_CONFIG", other);
    shown(with("../Documents/a.txt"));
    let error = refused(with("letter.txt"));
    assert_eq!(error["source"], other);
    user.configure("[policy]\nfiles = []\n");
    refused(attach(&user, "letter.txt"));
    refused(with("../Documents/a.txt"));

    user.configure("[accounts.work]\naccount = \"ada@example.org\"\npolicy.files = [\"~/Documents\"]\n");
    refused(attach(&user, "letter.txt").env("MCS_GMAIL_ACCOUNT", "work"));
    shown(attach(&user, "letter.txt"));
}

#[test]
fn a_file_that_the_caller_names_does_not_allow_more() {
    let user = user();
    let own = user.write_file("work/own.toml", "[policy]\nfiles = [\"~/.ssh\", \"/\"]\n");
    let key = user.home().join(".ssh/id_ed25519");
    let run = || attach(&user, key.to_str().unwrap());
    refused(run().env("MCS_GMAIL_CONFIG", own.to_str().unwrap()));
    refused(preview(&user, &["--body-file", key.to_str().unwrap(), "--config", own.to_str().unwrap()]));
}

#[test]
fn a_wrong_value_of_files_is_an_error_and_not_an_empty_rule() {
    let user = user();
    for wrong in
        ["\".\"", "true", "[1]", "[\"\"]", "[\" \"]", "[\"~bob/x\"]", "[\"$HOME/x\"]", "[\"*.pdf\"]", "{}"]
    {
        user.configure(&format!("[policy]\nfiles = {wrong}\n"));
        let error = attach(&user, "letter.txt").fails(10);
        assert!(error["message"].as_str().unwrap().contains("mcs-gmail.toml:2"), "{wrong}: {error}");
        user.run(&["tools"]).fails(10);
    }
}

#[test]
fn the_own_files_never_leave_by_any_name() {
    let user = user();
    let config = user.configure("[policy]\nfiles = [\"~\", \"~/.mcs\", \".\"]\n");
    let cache = user.cache_file();
    let lock = user.write_file(".mcs/cache/mcs-gmail.json.lock", "");
    let broken = user.write_file(".mcs/cache/mcs-gmail.json.corrupt-1", SECRET);
    fs::hard_link(&cache, work(&user).join("hard.json")).unwrap();
    fs::hard_link(&config, work(&user).join("hard.toml")).unwrap();
    symlink(&cache, work(&user).join("link.json")).unwrap();
    let names = [&config, &cache, &lock, &broken].map(|path| path.display().to_string());
    for path in names.iter().map(String::as_str).chain(["hard.json", "hard.toml", "link.json"]) {
        let error = refused(attach(&user, path));
        assert!(error["message"].as_str().unwrap().contains("belongs to mcs-gmail"), "{error}");
        // Another cache for this run does not give the usual one away.
        refused(attach(&user, path).env("MCS_CACHE_DIR", user.home().join("elsewhere").to_str().unwrap()));
    }
    let named = user.write_file("work/named.toml", "# auth0_client_secret\n");
    refused(attach(&user, "named.toml").env("MCS_GMAIL_CONFIG", named.to_str().unwrap()));
    refused(preview(&user, &["--body-file", "named.toml", "--config", "named.toml"]));
}

#[test]
fn a_person_at_a_terminal_may_name_any_file_but_the_own_ones() {
    let user = user();
    fs::hard_link(user.cache_file(), work(&user).join("hard.json")).unwrap();
    let line = |path: &str, more: &str| {
        format!("cd {}; mcs-gmail {} --body-file {path} {more}", work(&user).display(), DRY.join(" "))
    };
    let Some(text) = user.at_terminal(&line("../private.txt", "")) else { return };
    assert!(text.contains(SECRET), "{text}");
    for (path, more) in [("../private.txt", "--no-input"), ("hard.json", ""), ("/proc/self/environ", "")] {
        let text = user.at_terminal(&line(path, more)).unwrap();
        assert!(text.contains("cannot use") && !text.contains("Content-Type"), "{path}: {text}");
    }
}

#[test]
fn what_is_no_file_on_a_disk_is_refused_at_once() {
    let user = user();
    let pipe = work(&user).join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("/dev/zero", work(&user).join("zero")).unwrap();
    symlink("/proc/self/environ", work(&user).join("environ")).unwrap();
    user.configure("[policy]\nfiles = [\"/\", \".\", \"/proc\", \"/dev\"]\n");
    let start = Instant::now();
    for path in [
        "/proc/self/environ",
        "/proc/self/fd/0",
        "/proc/self/root/etc/hostname",
        "/proc/self/cwd/letter.txt",
        "/dev/stdin",
        "/dev/fd/0",
        "/dev/zero",
        "/dev/../proc/self/environ",
        "zero",
        "environ",
    ] {
        refused(attach(&user, path).stdin("x"));
        refused(preview(&user, &["--body-file", path]).stdin("x"));
    }
    for path in ["pipe", ".", "../work/"] {
        attach(&user, path).fails(2);
        preview(&user, &["--body-file", path]).fails(2);
    }
    assert!(start.elapsed().as_secs() < 30);
}

#[test]
fn a_body_file_has_a_limit() {
    let user = user();
    fs::File::create(work(&user).join("huge.txt")).unwrap().set_len(37 << 20).unwrap();
    let error = preview(&user, &["--body-file", "huge.txt"]).fails(2);
    assert!(error["message"].as_str().unwrap().contains("larger than"), "{error}");
    preview(&user, &["--body-file", "-"]).under(&["sh", "-c", "exec \"$@\" < /dev/zero", "sh"]).fails(2);
}

/// Another process exchanges a file for a link all the time: either the file is sent or nothing.
#[test]
fn a_link_that_comes_and_goes_is_never_followed_out() {
    let user = user();
    let name = work(&user).join("swap");
    let script = format!(
        "cd {}; while :; do ln -s ../.ssh/id_ed25519 s; mv -T s swap; echo fine > f; mv -T f swap; done",
        work(&user).display()
    );
    let mut swapper = Command::new("sh").args(["-c", &script]).spawn().unwrap();
    let mut codes = [0; 3];
    for _ in 0..150 {
        let done = preview(&user, &["--body-file", "swap"]).done();
        assert!(!done.stdout.contains(SECRET), "{done:?}");
        codes[match done.code {
            0 => 0,
            6 => 1,
            _ => 2,
        }] += 1;
    }
    swapper.kill().unwrap();
    swapper.wait().unwrap();
    assert!(codes[1] > 0 && name.parent().unwrap().exists(), "{codes:?}");
}

#[test]
fn an_attachment_is_opened_once() {
    let user = user();
    let log = user.home().join("trace");
    let strace = ["strace", "-f", "-e", "trace=open,openat", "-o", log.to_str().unwrap()];
    if Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    let letter = work(&user).join("letter.txt");
    let args = ["send", "--to", "bob@example.org", "--subject", "s", "--body", "x", "--attach"];
    user.run(&[&args[..], &[letter.to_str().unwrap()]].concat()).under(&strace).json();
    let opened = fs::read_to_string(&log).unwrap();
    assert_eq!(opened.lines().filter(|line| line.contains("letter.txt\"")).count(), 1, "{opened}");
    assert_eq!(user.last_sent().attachments().next().unwrap().contents(), b"Dear Bob");
}

#[test]
fn the_status_shows_the_allowed_directories() {
    let user = user();
    let file = user.configure("[policy]\nfiles = [\"~/Documents\", \".\"]\n").display().to_string();
    let status = user.run(&["auth", "status"]).json();
    assert_eq!(status["policy"]["files"], json!([{"allow": ["~/Documents", "."], "source": file}]));
}
