//! Configuration files as editors and shells write them: encodings, line ends, permissions.

use std::{
    fs,
    os::unix::fs::{chown, symlink},
    path::Path,
    process::Command,
    time::Instant,
};

use crate::kit::{LIST, User, permissions_of, set_permissions};

/// The text in UTF-16, as PowerShell's `>` writes it.
fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect()
}

#[test]
fn a_file_in_utf16_with_a_byte_order_mark_is_read() {
    let user = User::signed_in();
    let text = "# Größe\r\n[policy]\r\naccess = \"read\"\r\n";
    let json = "{\"policy\": {\"access\": \"read\"}}\r\n";
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        user.write_file(".mcs/mcs-gmail.toml", utf16(text, unit));
        let error = user.run(&["star", "1"]).fails(6);
        assert!(error["source"].as_str().unwrap().contains("mcs-gmail.toml"), "{error}");
        fs::remove_file(user.home().join(".mcs/mcs-gmail.toml")).unwrap();
        let json = user.write_file("own.json", utf16(json, unit));
        user.run(&["star", "1", "--config", json.to_str().unwrap()]).fails(6);
    }
    // The lines are counted as an editor counts them.
    user.write_file(".mcs/mcs-gmail.toml", utf16("\r\n\r\ntimeot = 3\r\n", u16::to_le_bytes));
    assert!(user.run(&LIST).fails(10)["message"].as_str().unwrap().contains(".toml:3"));
}

#[test]
fn another_encoding_is_named_with_the_file_and_a_policy_in_it_is_not_overlooked() {
    let user = User::signed_in();
    let text = "[policy]\naccess = \"read\"\n";
    let unmarked = &utf16(text, u16::to_le_bytes)[2..];
    let utf32: Vec<u8> = format!("\u{feff}{text}").chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
    for (bytes, named) in [
        (b"sender_name = \"Zo\xeb\"\n[policy]\naccess = \"read\"\n".to_vec(), "Windows-1252"),
        (unmarked.to_vec(), "UTF-16 without"),
        (utf32, "UTF-32"),
        (b"\xff\xfea".to_vec(), "UTF-16"),
        (b"\x00\x00\x00\x00".to_vec(), "UTF-32"),
    ] {
        user.write_file(".mcs/mcs-gmail.toml", bytes);
        for args in [&LIST[..], &["star", "1"], &["tools"]] {
            let error = user.run(args).fails(10);
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(named) && message.contains("mcs-gmail.toml"), "{message}");
            assert!(error["hint"].as_str().unwrap().contains("UTF-8"), "{error}");
        }
    }
    assert_eq!(user.world.log().len(), 0);
}

const SECRET: &str = "linkauth_api_key = \"la_x\"\n";

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

/// What a run with this prefix says on stderr about the user's own file.
fn warned(user: &User, wrapper: &[&str]) -> bool {
    let run = user.run(&LIST);
    let done = if wrapper.is_empty() { run.done() } else { run.under(wrapper).done() };
    assert_eq!(done.code, 0, "{done:?}");
    done.stderr.contains("chmod 600")
}

#[test]
fn a_secret_that_others_can_read_is_mentioned_until_the_mode_is_changed() {
    let user = User::signed_in();
    let file = user.configure(SECRET);
    set_permissions(&file, 0o644);
    assert!(warned(&user, &[]));
    set_permissions(&file, 0o600);
    assert!(!warned(&user, &[]));
    set_permissions(&file, 0o644);
    for without_secret in ["sender_name = \"Ada\"\n", "auth0_client_secret = \"\"\n"] {
        user.configure(without_secret);
        assert!(!warned(&user, &[]));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn where_chmod_cannot_help_nothing_is_said() {
    let user = User::signed_in();
    let file = user.configure(SECRET);
    set_permissions(&file, 0o644);
    if !is_root() {
        return;
    }
    // A file that is immutable.
    if Command::new("chattr").arg("+i").arg(&file).status().is_ok_and(|status| status.success()) {
        let warned = warned(&user, &[]);
        assert!(Command::new("chattr").arg("-i").arg(&file).status().unwrap().success());
        assert!(!warned);
    }
    // A mount that is read-only, as for a secret of a container.
    let Some(mount) = read_only(&file) else { return };
    assert!(!warned(&user, &["unshare", "-m", "sh", "-c", &mount, "sh"]));
}

/// A script that makes the file a read-only mount and runs its arguments; `None` where mounts are not permitted.
#[cfg(target_os = "linux")]
fn read_only(file: &Path) -> Option<String> {
    let file = file.display();
    let mount = format!("mount --bind {file} {file} && mount -o remount,bind,ro {file}");
    let probe = Command::new("unshare").args(["-m", "sh", "-c", &mount]).output();
    probe.is_ok_and(|output| output.status.success()).then(|| format!("{mount} && exec \"$@\""))
}

const READ_ONLY: &str = "[policy]\naccess = \"read\"\n";

/// Runs a command that the policy refuses, and gives the error about the configuration file.
fn distrusted(user: &User) -> (String, String) {
    let error = user.run(&["star", "1"]).fails(10);
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (text("message"), text("hint"))
}

#[test]
fn a_configuration_that_others_could_have_written_is_refused_with_the_command_that_helps() {
    let user = User::signed_in();
    let file = user.configure(READ_ONLY);
    let directory = user.home().join(".mcs");
    for mode in [0o666, 0o646, 0o602] {
        set_permissions(&file, mode);
        let (message, hint) = distrusted(&user);
        assert!(
            message.contains("mcs-gmail.toml") && message.contains("changed by other users"),
            "{message}"
        );
        assert!(hint.contains(&format!("chmod go-w {}", file.display())), "{hint}");
        assert_eq!(permissions_of(&file), mode);
    }
    set_permissions(&file, 0o600);
    for place in [&directory, &user.home().to_owned()] {
        let before = permissions_of(place);
        set_permissions(place, 0o777);
        let (_, hint) = distrusted(&user);
        assert!(hint.contains(&format!("chmod go-w {}.", place.display())), "{hint}");
        set_permissions(place, before);
    }
    user.run(&["star", "1"]).fails(6);
    if !is_root() {
        return;
    }
    for place in [&file, &directory] {
        chown(place, Some(12345), None).unwrap();
        let (message, hint) = distrusted(&user);
        assert!(message.contains("belongs to user id 12345"), "{message}");
        assert!(hint.contains("chown") && hint.contains(place.to_str().unwrap()), "{hint}");
        // Without the file there would be no policy.
        assert!(!hint.contains("rm "), "{hint}");
        chown(place, Some(0), None).unwrap();
    }
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn the_file_to_which_a_configuration_link_leads_is_judged_too() {
    let user = User::signed_in();
    let real = user.write_file("shared/real.toml", READ_ONLY);
    fs::create_dir_all(user.home().join(".mcs")).unwrap();
    symlink(&real, user.home().join(".mcs/mcs-gmail.toml")).unwrap();
    user.run(&["star", "1"]).fails(6);
    set_permissions(real.parent().unwrap(), 0o777);
    assert!(distrusted(&user).1.contains("shared"));
    set_permissions(real.parent().unwrap(), 0o755);
    set_permissions(&real, 0o666);
    distrusted(&user);
    assert_eq!(permissions_of(&real), 0o666);
}

#[test]
fn a_group_may_write_a_configuration_only_if_nobody_else_is_in_it() {
    let user = User::signed_in();
    let file = user.configure(READ_ONLY);
    set_permissions(&file, 0o664);
    if !is_root() {
        return;
    }
    // Root's own group, and one of other users.
    for (group, code) in [(0, 6), (12345, 10)] {
        chown(&file, None, Some(group)).unwrap();
        user.run(&["star", "1"]).fails(code);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_not_taken_for_none() {
    let user = User::signed_in();
    let path = user.home().join(".mcs/mcs-gmail.toml");
    let directory = path.parent().unwrap().to_owned();
    fs::create_dir_all(&directory).unwrap();
    type Obstacle = fn(&Path);
    let obstacles: [(Obstacle, &str); 6] = [
        (|path| symlink("/nonexistent/x", path).unwrap(), "which does not exist"),
        (|path| symlink("mcs-gmail.toml", path).unwrap(), "symbolic link"),
        (|path| fs::create_dir(path).unwrap(), "regular file"),
        (|path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()), "regular file"),
        (|path| symlink("/dev/zero", path).unwrap(), "regular file"),
        (|path| fs::write(path, "#".repeat((1 << 20) + 1)).unwrap(), "larger than"),
    ];
    let start = Instant::now();
    for (obstacle, what) in obstacles {
        obstacle(&path);
        let (message, _) = distrusted(&user);
        assert!(message.contains(what), "{what}: {message}");
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    }
    assert!(start.elapsed().as_secs() < 20);
    fs::remove_dir_all(&directory).unwrap();
    symlink("gone", &directory).unwrap();
    assert!(distrusted(&user).0.contains("which does not exist"));
    fs::remove_file(&directory).unwrap();
    fs::write(&directory, "").unwrap();
    assert!(distrusted(&user).0.contains("not a directory"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_file_of_the_administrator_is_never_overlooked() {
    let user = User::signed_in();
    let run = |script: &str| {
        let script = format!("mount -t tmpfs none /etc && {script}");
        Some(user.run(&["star", "1"]).with_mounts(&script)?.done().code)
    };
    for (script, code) in [
        ("mkdir /etc/mcs-gmail && echo 'policy.access = \"read\"' > /etc/mcs-gmail/config.toml", 6),
        ("mkdir /etc/mcs-gmail && ln -s /gone /etc/mcs-gmail/config.toml", 10),
        ("ln -s /gone /etc/mcs-gmail", 10),
        ("touch /etc/mcs-gmail", 10),
        ("mkdir -p /etc/mcs-gmail/config.toml", 10),
        ("mkdir -m 777 /etc/mcs-gmail && touch /etc/mcs-gmail/config.toml", 10),
    ] {
        let Some(found) = run(script) else { return };
        assert_eq!(found, code, "{script}");
    }
}

#[test]
fn an_unknown_variable_with_the_prefix_is_an_error_and_not_no_policy() {
    let user = User::signed_in();
    for (name, meant) in [
        ("MCS_GMAIL_POLCY", "MCS_GMAIL_POLICY"),
        ("MCS_GMAIL_RECIPIENTS", "config example"),
        ("MCS_GMAIL_FILES", ""),
        ("mcs_gmail_policy", "MCS_GMAIL_POLICY"),
        ("MCS_GMAIL_Policy", "MCS_GMAIL_POLICY"),
        ("MCS_GMAIL_", ""),
        ("MCS_GMAIL_AUTH0_DOMIAN", "MCS_GMAIL_AUTH0_DOMAIN"),
    ] {
        for args in [&["star", "1"][..], &["tools"]] {
            let error = user.run(args).env(name, "read").fails(10);
            assert!(error["message"].as_str().unwrap().contains(name), "{error}");
            assert!(meant == "config example" || error["hint"].as_str().unwrap().contains(meant), "{error}");
        }
    }
    assert_eq!(user.world.log().len(), 0);
    user.run(&["tools"]).env("MCS_GMAIL_LAUNCHED", "1").env("MCS_GMAIL_TIMEOUT", "30").done();
    assert!(user.run(&["--help"]).env("MCS_GMAIL_POLCY", "read").done().stdout.contains("search"));
    assert_eq!(user.run(&["--version"]).env("MCS_GMAIL_POLCY", "read").done().code, 0);
}

#[test]
fn a_key_that_occurs_twice_is_an_error_in_every_format() {
    let user = User::signed_in();
    for text in [
        r#"{"policy": {"access": "read"}, "policy": {"access": "send"}}"#,
        r#"{"policy": {"access": "read", "access": "send"}}"#,
        r#"{"policy": {"access": "read", "\u0061ccess": "send"}}"#,
        r#"{"accounts": {"a": {"policy": {"access": "read"}}, "a": {}}}"#,
    ] {
        let file = user.write_file("own.json", text);
        let error = user.run(&["star", "1", "--config", file.to_str().unwrap()]).fails(10);
        assert!(error["message"].as_str().unwrap().contains("occurs twice"), "{error}");
    }
    user.configure("policy.access = \"read\"\npolicy.access = \"send\"\n");
    user.run(&["star", "1"]).fails(10);
    user.configure("Policy.access = \"read\"\n");
    user.run(&["star", "1"]).fails(10);
}

#[test]
fn an_error_about_a_configuration_file_shows_nothing_of_its_content() {
    let user = User::signed_in();
    for text in [
        "-----BEGIN KEY-----\nhunter2\n",
        "[default]\naws_secret_access_key = hunter2\n",
        "hunter2 = 1\n",
        "\"https://user:hunter2@host\" = 1\n",
        "machine host login hunter2 password hunter2\n",
        "hunter2",
        "x = \"hunter2\nhunter2",
        "[hunter2]\n[hunter2]\n",
        "policy = \"hunter2\"\n",
        "timeout = [[\"hunter2\"]]\n",
    ] {
        for name in ["file", "file.json"] {
            let file = user.write_file(name, text);
            let done = user.run(&["list", "--config", file.to_str().unwrap()]).done();
            assert_eq!(done.code, 10, "{done:?}");
            assert!(!done.stderr.contains("hunter2") && !done.stdout.contains("hunter2"), "{done:?}");
        }
    }
}
