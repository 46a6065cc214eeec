//! `skill install`: the skill in the directory of Claude Code, what stays there, and the lines in its settings. And what
//! is said where the sandbox of Claude Code does not let the cache be written.

use std::{
    fs::{self, File},
    io::Read,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::skill_bundle::{foreign_program, launch, small_program, told, warnings};
use crate::kit::{LIST, Run, User, files_in, for_each_in_parallel, permissions_of, set_permissions};

const SKILL: &str = ".claude/skills/mcs-gmail";
const SETTINGS: &str = ".claude/settings.json";
const BROKER: &str = crate::sandbox::BROKER_HOST;

/// Installs a small program, which becomes the program under test.
fn install<'u>(user: &'u User, more: &[&str]) -> Run<'u> {
    if !user.home().join("small").exists() {
        user.write_file("small", small_program());
    }
    user.run(&[&["skill", "install", "--binary", "small"], more].concat())
}

fn read(user: &User, name: &str) -> String {
    fs::read_to_string(user.home().join(name)).unwrap()
}

fn settings(user: &User) -> Value {
    serde_json::from_str(&read(user, SETTINGS)).unwrap()
}

fn program(user: &User) -> PathBuf {
    user.home().join(SKILL).join(format!("scripts/mcs-gmail-linux-{}", std::env::consts::ARCH))
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn the_running_program_is_installed_and_the_launcher_starts_it() {
    let user = User::signed_in();
    let document = user.run(&["skill", "install"]).json();
    let skill = user.home().join(SKILL);
    assert_eq!(document["directory"], skill.to_str().unwrap());
    for name in ["SKILL.md", "LICENSE", "references/tools.md", "scripts/mcs-gmail"] {
        assert!(strings(&document["written"]).contains(&name) && skill.join(name).exists(), "{document}");
    }
    assert_eq!(permissions_of(&program(&user)) & 0o100, 0o100);
    let output = launch(&user, &skill, &LIST).output().unwrap();
    let rows: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    assert_eq!(rows.len(), 1);
    // The settings are only shown.
    assert!(!user.home().join(SETTINGS).exists());
    assert_eq!(document["settings"]["applied"], false);
    let lines = &document["settings"]["missing"];
    assert!(strings(&lines["permissions"]["allow"]).contains(&"Skill(mcs-gmail)"));

    // Again: nothing is written.
    let inode = fs::metadata(program(&user)).unwrap().ino();
    let document = user.run(&["skill", "install"]).json();
    assert_eq!((&document["written"], &document["removed"]), (&json!([]), &json!([])));
    assert_eq!(fs::metadata(program(&user)).unwrap().ino(), inode);
    // An agent does not install, nor change what it may do.
    for args in [&["skill", "install"][..], &["skill", "install", "--apply"]] {
        let output = launch(&user, &skill, args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert!(!user.home().join(SETTINGS).exists());
}

#[test]
fn the_rules_are_those_of_the_skill_at_its_place_and_what_sends_is_always_asked_about() {
    let user = User::new();
    install(&user, &["--apply"]).json();
    let settings = settings(&user);
    let allow = strings(&settings["permissions"]["allow"]);
    let skill = user.home().join(SKILL);
    let skill = skill.to_str().unwrap();
    for rule in [
        "Skill(mcs-gmail)".to_owned(),
        "Read(~/.claude/skills/mcs-gmail/**)".to_owned(),
        format!("Bash(\"{skill}/scripts/mcs-gmail\" exec list_*)"),
        format!("Bash({skill}/scripts/mcs-gmail list *)"),
    ] {
        assert!(allow.contains(&rule.as_str()), "{rule}: {allow:?}");
    }
    let text = include_str!("../../skill/SKILL.md");
    assert_eq!(allow.len() - 1, text.matches("Bash(").count() + text.matches("Read(").count());
    assert!(
        !allow.iter().any(|rule| rule.contains("(~") && rule.contains("Bash") || rule.contains("${")),
        "{allow:?}"
    );
    for word in ["send", "reply", "forward", "import", "skill", "config", "logout"] {
        assert!(!allow.iter().any(|rule| rule.contains(&format!(" {word} "))), "{word}");
    }
    let ask = strings(&settings["permissions"]["ask"]);
    for words in ["send", "reply", "forward", "draft send", "import", "exec send_message", "exec send_draft"]
    {
        let rule = match words.strip_prefix("exec ") {
            Some(tool) => format!("Bash(*mcs-gmail* exec *{tool}*)"),
            None => format!("Bash(*mcs-gmail* {words} *)"),
        };
        assert!(ask.contains(&rule.as_str()), "{words}: {ask:?}");
    }
    assert_eq!(
        settings["sandbox"],
        json!({"filesystem": {"allowWrite": ["~/.mcs/cache"]}, "network": {"allowedDomains": [BROKER, "gmail.googleapis.com"]}})
    );
    assert_eq!(permissions_of(&user.home().join(SETTINGS)), 0o600);
    assert_eq!(permissions_of(&user.home().join(".mcs/cache")), 0o700, "the sandbox allows only what exists");

    // The client compares names, not ports.
    let elsewhere = tempfile::tempdir().unwrap();
    let port = install(&user, &["--dir", elsewhere.path().to_str().unwrap()])
        .env("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://mail.example.com:8443");
    let domains = &port.json()["settings"]["missing"]["sandbox"]["network"]["allowedDomains"];
    assert_eq!(*domains, json!(["mail.example.com"]));

    // What is configured counts.
    let other = User::new();
    let run = install(&other, &[]).env("MCS_CACHE_DIR", "/var/mcs").env("MCS_GMAIL_AUTH0_VIA", "direct");
    let sandbox = run.json()["settings"]["missing"]["sandbox"].clone();
    assert_eq!(sandbox["filesystem"]["allowWrite"], json!(["/var/mcs"]));
    assert!(
        strings(&sandbox["network"]["allowedDomains"]).contains(&"mcs-sandbox.eu.auth0.com"),
        "{sandbox}"
    );
    let done = install(&other, &[]).without("MCS_GMAIL_LINKAUTH_BROKER_URL").done();
    assert!(warnings(&done).concat().contains("no broker is configured"), "{}", done.stderr);
}

#[test]
fn settings_keep_everything_else_with_its_order_its_indentation_and_its_mode() {
    let user = User::new();
    let old = "{\n    \"model\": \"x\",\n    \"permissions\": {\n        \"deny\": [\n            \"Read(./.env)\"\n        ],\n        \"allow\": [\n            \"Bash(ls *)\",\n            \"Skill(mcs-gmail)\"\n        ]\n    },\n    \"sandbox\": {\n        \"enabled\": true,\n        \"network\": {\n            \"allowedDomains\": [\n                \"gmail.googleapis.com\"\n            ]\n        }\n    },\n    \"env\": {\n        \"A\": \"é\"\n    },\n    \"n\": 1.50\n}\n";
    let real = user.write_file("dotfiles/claude.json", old);
    set_permissions(&real, 0o640);
    fs::create_dir(user.home().join(".claude")).unwrap();
    symlink("../dotfiles/claude.json", user.home().join(SETTINGS)).unwrap();
    let document = install(&user, &["--apply"]).json();
    assert_eq!(document["settings"]["applied"], true);
    let added = strings(&document["settings"]["added"]["permissions"]["allow"]);
    assert!(!added.contains(&"Skill(mcs-gmail)") && added.len() > 50, "{added:?}");
    let text = read(&user, SETTINGS);
    let settings = settings(&user);
    assert!(user.home().join(SETTINGS).is_symlink());
    assert_eq!((permissions_of(&real), files_in(real.parent().unwrap()).len()), (0o640, 1));
    let names: Vec<&String> = settings.as_object().unwrap().keys().collect();
    assert_eq!(names, ["model", "permissions", "sandbox", "env", "n"]);
    assert!(text.starts_with(&old[..old.find("\n        ],\n        \"allow\"").unwrap()]), "{text}");
    let allow = strings(&settings["permissions"]["allow"]);
    assert_eq!(allow[..2], ["Bash(ls *)", "Skill(mcs-gmail)"]);
    assert_eq!(allow.iter().filter(|rule| **rule == "Skill(mcs-gmail)").count(), 1);
    assert_eq!(settings["sandbox"]["enabled"], true);
    assert_eq!(settings["sandbox"]["network"]["allowedDomains"], json!(["gmail.googleapis.com", BROKER]));

    // Again: not a byte of it is written.
    let inode = fs::metadata(&real).unwrap().ino();
    let document = install(&user, &["--apply"]).json();
    assert_eq!(
        (&document["settings"]["added"], &document["settings"]["applied"]),
        (&json!({}), &json!(true))
    );
    assert_eq!((read(&user, SETTINGS), fs::metadata(&real).unwrap().ino()), (text, inode));
    let tabs = read(&user, SETTINGS).replace("    ", "\t").replace(BROKER, "x.example");
    fs::write(&real, tabs).unwrap();
    install(&user, &["--apply"]).json();
    assert!(read(&user, SETTINGS).contains("\n\t\t\t\t\"x.example\",\n"), "{}", read(&user, SETTINGS));
    if let Some(screen) =
        user.at_terminal(&format!("cd {}; mcs-gmail skill install --binary small", user.home().display()))
    {
        assert!(
            screen.contains("The skill is in ~/.claude/skills/mcs-gmail") && screen.contains("has its rules"),
            "{screen}"
        );
    }
}

#[test]
fn settings_that_are_not_understood_are_left_alone_and_nothing_is_installed() {
    for (text, what) in [
        (&b"{\"model\": \"x\",}\n"[..], "not a valid JSON object, line 1"),
        (b"// mine\n{}\n", "not a valid JSON object"),
        (b"[]", "not a valid JSON object"),
        (b"{\"permissions\": {}, \"permissions\": {}}", "a key occurs twice"),
        (b"{\"permissions\": []}", "permissions is not an object"),
        (b"{\"permissions\": {\"allow\": \"Bash\"}}", "permissions.allow is not a list"),
        (b"{\"sandbox\": true}", "sandbox is not an object"),
        (b"\xff\xfe{\0}\0", "not UTF-8"),
    ] {
        let user = User::new();
        let path = user.write_file(SETTINGS, text);
        let error = install(&user, &["--apply"]).fails(10);
        assert!(told(&error).contains(what) && told(&error).contains("nothing was changed"), "{error}");
        assert!(fs::read(&path).unwrap() == text && !user.home().join(SKILL).exists());
        // Without --apply, the skill is installed, and all lines are shown.
        let done = install(&user, &[]).done();
        assert_eq!((done.code, &done.json()["settings"]["applied"]), (0, &json!(false)));
        assert!(warnings(&done).concat().contains(what), "{}", done.stderr);
        assert!(fs::read(&path).unwrap() == text && user.home().join(SKILL).join("SKILL.md").exists());
    }
    let user = User::new();
    fs::create_dir(user.home().join(".claude")).unwrap();
    symlink("nowhere", user.home().join(SETTINGS)).unwrap();
    assert!(told(&install(&user, &["--apply"]).fails(10)).contains("does not exist"));
    // Nothing is lost of an empty file, and a byte order mark is no text.
    for text in ["", " \n", "\u{feff}{\"a\": 1}"] {
        let user = User::new();
        user.write_file(SETTINGS, text);
        install(&user, &["--apply"]).json();
        assert_eq!(settings(&user).get("a").is_some(), text.contains('a'));
    }
}

#[test]
fn a_new_version_replaces_what_was_installed_and_nothing_else() {
    let user = User::new();
    install(&user, &[]).json();
    let skill = user.home().join(SKILL);
    // An earlier version had one file more, one that is different now, and was killed once.
    let mut record: Value = serde_json::from_str(&read(&user, &format!("{SKILL}/.installed.json"))).unwrap();
    let digest = |text: &str| {
        let file = user.write_file("digested", text);
        let output = std::process::Command::new("sha256sum").arg(file).output().unwrap();
        String::from_utf8_lossy(&output.stdout)[..64].to_owned()
    };
    let files = record["files"].as_object_mut().unwrap();
    for (name, text) in [
        ("references/old.md", "old"),
        ("references/mine.md", "as it was"),
        ("references/tools.md", "earlier"),
    ] {
        files.insert(name.to_owned(), digest(text).into());
    }
    files.insert("../../settings.json".to_owned(), digest("{}").into());
    files.insert("config.toml".to_owned(), digest("timeout = \"30\"\n").into());
    user.write_file(&format!("{SKILL}/.installed.json"), record.to_string());
    let put = |name: &str, text: &str| user.write_file(&format!("{SKILL}/{name}"), text);
    put("references/old.md", "old");
    put("references/mine.md", "as I changed it");
    put("references/tools.md", "earlier");
    put("references/setup.md", "with my notes");
    put("references/other.md", "mine");
    put("notes.md", "mine");
    put("config.toml", "timeout = \"30\"\n");
    put(".SKILL.md.4711.tmp", "half");
    user.write_file(SETTINGS, "{}");
    fs::write(program(&user), "#!/bin/sh\n").unwrap();
    set_permissions(&skill.join("scripts/mcs-gmail"), 0o644);
    let mut running = File::open(program(&user)).unwrap();

    let done = install(&user, &[]).done();
    let document = done.json();
    assert_eq!(document["removed"], json!(["references/old.md"]));
    assert_eq!(document["kept"].as_array().unwrap().len(), 2, "{document}");
    assert_eq!(read(&user, &format!("{SKILL}/references/setup.md.bak")), "with my notes");
    assert!(
        warnings(&done).len() == 2 && warnings(&done).concat().contains("setup.md.bak"),
        "{}",
        done.stderr
    );
    let written = strings(&document["written"]);
    for name in ["references/tools.md", "references/setup.md", "scripts/mcs-gmail"] {
        assert!(written.contains(&name), "{written:?}");
    }
    assert!(strings(&document["unchanged"]).contains(&"SKILL.md"));
    assert_eq!(document["configuration"], skill.join("config.toml").to_str().unwrap());
    for (name, text) in [
        ("references/mine.md", "as I changed it"),
        ("references/other.md", "mine"),
        ("notes.md", "mine"),
        ("config.toml", "timeout = \"30\"\n"),
    ] {
        assert_eq!(read(&user, &format!("{SKILL}/{name}")), text);
    }
    assert_eq!(read(&user, SETTINGS), "{}");
    assert!(!skill.join(".SKILL.md.4711.tmp").exists() && !skill.join("references/old.md").exists());
    assert_eq!(permissions_of(&skill.join("scripts/mcs-gmail")) & 0o100, 0o100);
    // What was running has its file until it ends.
    let mut text = String::new();
    running.read_to_string(&mut text).unwrap();
    assert_eq!(text, "#!/bin/sh\n");
    assert!(fs::read(program(&user)).unwrap() == small_program());
}

#[test]
fn a_directory_that_belongs_to_something_else_is_refused() {
    for (name, content, what) in [
        ("SKILL.md", "---\nname: other\n---\n", "it is the skill other"),
        ("SKILL.md", "# Notes\n", "it is the skill without a name"),
        ("thesis.txt", "x", "no SKILL.md"),
    ] {
        let user = User::new();
        let path = user.write_file(&format!("{SKILL}/{name}"), content);
        let error = install(&user, &["--apply"]).fails(1);
        assert!(told(&error).contains(what) && told(&error).contains("--dir"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        assert!(files_in(path.parent().unwrap()) == [name] && !user.home().join(SETTINGS).exists());
    }
    let user = User::new();
    user.write_file(SKILL, "");
    assert!(told(&install(&user, &[]).fails(1)).contains("it is not a directory"));

    let user = User::new();
    fs::create_dir_all(user.home().join(".claude/skills")).unwrap();
    symlink("../../src/skill", user.home().join(SKILL)).unwrap();
    assert!(told(&install(&user, &[]).fails(1)).contains("leads nowhere"));
    // A link to the skill is followed, as the client follows it, and a configuration may be there before the skill.
    user.write_file("src/skill/config.toml", "");
    let document = install(&user, &[]).json();
    assert!(document["real_directory"].as_str().unwrap().ends_with("/src/skill"), "{document}");
    assert!(user.home().join(SKILL).is_symlink() && user.home().join("src/skill/SKILL.md").exists());
    // A link in it would lead the files elsewhere.
    fs::rename(user.home().join("src/skill/references"), user.home().join("elsewhere")).unwrap();
    symlink("../../elsewhere", user.home().join("src/skill/references")).unwrap();
    assert!(told(&install(&user, &[]).fails(1)).contains("references: it is a symbolic link"));
}

#[test]
fn the_directory_of_the_client_and_of_the_skills_can_be_another() {
    let user = User::new();
    let work = user.home().join("my work");
    let document = install(&user, &["--apply"]).env_os("CLAUDE_CONFIG_DIR", &work).json();
    assert_eq!(document["directory"], work.join("skills/mcs-gmail").to_str().unwrap());
    assert!(work.join("settings.json").exists() && !user.home().join(".claude").exists());
    install(&user, &[]).env("CLAUDE_CONFIG_DIR", "work").fails(10);
    let document = install(&user, &["--dir", "project/.claude/skills"]).json();
    let directory = user.home().join("project/.claude/skills/mcs-gmail");
    assert_eq!(document["directory"], directory.to_str().unwrap());
    let allow = strings(&document["settings"]["missing"]["permissions"]["allow"]);
    assert!(allow.contains(&"Read(~/project/.claude/skills/mcs-gmail/**)"), "{allow:?}");
    let error = install(&user, &["--dir", "a (b)"]).fails(2);
    assert!(told(&error).contains("rules of Claude Code cannot name"), "{error}");
    user.write_file("foreign", foreign_program());
    let error = user.run(&["skill", "install", "--binary", "foreign"]).fails(2);
    assert!(told(&error).contains("foreign: it is a program for linux-"), "{error}");
}

#[test]
fn installations_at_the_same_time_all_succeed() {
    let user = User::new();
    user.write_file("small", small_program());
    user.write_file(SETTINGS, "{\"model\": \"x\"}");
    for_each_in_parallel(0..8, |_| drop(install(&user, &["--apply"]).json()));
    let skill = user.home().join(SKILL);
    assert_eq!(files_in(&skill), [".installed.json", "LICENSE", "SKILL.md", "references", "scripts"]);
    assert_eq!(files_in(&skill.join("scripts")).len(), 2);
    assert_eq!(files_in(&user.home().join(".claude")), ["settings.json", "skills"]);
    let settings = settings(&user);
    let allow = strings(&settings["permissions"]["allow"]);
    let mut unique = allow.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((unique.len(), &settings["model"]), (allow.len(), &json!("x")));
    assert!(fs::read(program(&user)).unwrap() == small_program());
}

#[test]
fn where_nothing_can_be_written_the_error_names_the_file() {
    let user = User::new();
    user.write_file("small", small_program());
    let claude = user.home().join(".claude");
    fs::create_dir(&claude).unwrap();
    let mount = format!("mount --bind '{0}' '{0}'; mount -o remount,bind,ro '{0}'", claude.display());
    let Some(run) = install(&user, &["--apply"]).with_mounts(&mount) else { return };
    let error = run.fails(10);
    assert!(
        told(&error).contains("skills/mcs-gmail: Read-only file system") && told(&error).contains("--dir"),
        "{error}"
    );
    let look = format!(
        "\"$@\"; code=$?; find '{}' > '{}'; exit $code;",
        claude.display(),
        user.home().join("left").display()
    );
    let run = install(&user, &["--apply"]).behind(&look);
    let error =
        run.with_mounts(&format!("mount -t tmpfs -o size=40k none '{}'", claude.display())).unwrap().fails(1);
    assert!(told(&error).contains("No space left"), "{error}");
    let left = read(&user, "left");
    let is_partial = |line: &str| [".tmp", "SKILL.md", "settings.json"].iter().any(|end| line.ends_with(end));
    assert!(!left.lines().any(is_partial) && left.contains("scripts"), "{left}");
    // Once there is room, the same command completes it.
    install(&user, &["--apply"]).json();
}

/// The hint of a run that cannot write the cache in the home directory.
fn hint(user: &User, run: Run<'_>) -> Option<String> {
    let place: &Path = user.home();
    let mount = format!("mount --bind '{0}' '{0}'; mount -o remount,bind,ro '{0}'", place.display());
    let error = run.with_mounts(&mount)?.fails(10);
    assert!(told(&error).contains("Read-only file system"), "{error}");
    Some(error["hint"].as_str().unwrap().to_owned())
}

#[test]
fn in_the_sandbox_of_the_client_the_hint_names_its_setting_first() {
    let user = User::without_poll_interval();
    let elsewhere = "set MCS_CACHE_DIR (or the key cache_dir)";
    for (name, value) in [("SANDBOX_RUNTIME", "1"), ("CLAUDECODE", "1")] {
        let Some(hint) = hint(&user, user.run(&LIST).env(name, value)) else { return };
        let first = "Add \"~/.mcs/cache\" to sandbox.filesystem.allowWrite in ~/.claude/settings.json, or ";
        assert!(hint.starts_with(&format!("{first}{elsewhere}")), "{hint}");
    }
    for cloud in [&[][..], &["CLAUDE_CODE_REMOTE"], &["IS_SANDBOX"]] {
        let run = cloud.iter().fold(user.run(&LIST), |run, name| run.env(name, "1").env("CLAUDECODE", "1"));
        let hint = hint(&user, run).unwrap();
        assert!(hint.starts_with("Set MCS_CACHE_DIR") && !hint.contains("allowWrite"), "{hint}");
    }
    let other = user.home().join("other").display().to_string();
    let run = user.run(&LIST).env("SANDBOX_RUNTIME", "1").env("MCS_CACHE_DIR", &other);
    assert!(hint(&user, run).unwrap().starts_with("Add \"~/other\" to sandbox.filesystem.allowWrite"));

    let mount = format!("mount --bind '{0}' '{0}'; mount -o remount,bind,ro '{0}'", user.home().display());
    let doctor =
        user.run(&["doctor", "--offline"]).env("SANDBOX_RUNTIME", "1").with_mounts(&mount).unwrap().done();
    let report = doctor.json();
    let point =
        report["points"].as_array().unwrap().iter().find(|point| point["name"] == "cache.writable").unwrap();
    assert!(point["cause"].as_str().unwrap().starts_with("The sandbox of Claude Code"), "{point}");
    assert!(point["fix"].as_str().unwrap().starts_with("Add \"~/.mcs/cache\" to sandbox"), "{point}");
}
