//! Configuration files as editors and shells write them: encodings, line ends, permissions.

use std::{fs, path::Path, process::Command};

use crate::kit::{LIST, User, set_permissions};

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
    // A file of somebody else, as from an image or a mounted host directory.
    assert!(Command::new("chown").arg("12345").arg(&file).status().unwrap().success());
    assert!(!warned(&user, &[]));
    assert!(Command::new("chown").arg("0").arg(&file).status().unwrap().success());
    assert!(warned(&user, &[]));
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
