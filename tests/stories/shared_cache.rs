//! A cache that somebody else could have written: own modes are corrected in silence, everything else is refused.

use std::{
    fs,
    os::unix::fs::{chown, symlink},
    path::Path,
    process::Command,
    time::Instant,
};

use crate::kit::{LIST, User, files_in, permissions_of, set_permissions};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The cache is refused before any request, and the hint names this command.
#[track_caller]
fn refused(user: &User, command: &str) {
    let error = user.run(&LIST).fails(10);
    assert!(error["hint"].as_str().unwrap().contains(command), "{error}");
    assert!(user.world.log().is_empty());
}

#[test]
fn own_modes_are_corrected_in_silence() {
    let user = User::signed_in();
    let other = user.home().join("other");
    fs::create_dir(&other).unwrap();
    fs::copy(user.cache_file(), other.join("mcs-gmail.json")).unwrap();
    fs::write(user.cache_directory().join("mcs-gmail.json.lock"), "").unwrap();
    for path in [user.cache_file(), user.cache_directory(), user.home().join(".mcs"), other.clone()] {
        set_permissions(&path, 0o777);
    }
    user.run(&LIST).json();
    user.run(&LIST).env("MCS_CACHE_DIR", other.to_str().unwrap()).json();
    assert_eq!(permissions_of(&user.cache_file()), 0o600);
    // Others may look into a configured directory.
    for path in [user.cache_directory(), user.home().join(".mcs"), other] {
        assert_eq!(permissions_of(&path) & 0o022, 0, "{}", path.display());
    }
}

#[test]
fn the_cache_of_another_user_is_refused_even_for_root() {
    if !is_root() {
        return;
    }
    let parts = |user: &User| [user.cache_file(), user.cache_directory(), user.home().join(".mcs")];
    for at in 0..3 {
        let user = User::signed_in();
        let place = parts(&user)[at].clone();
        chown(&place, Some(12345), None).unwrap();
        refused(&user, &format!("chown \"$(id -u)\" {}", place.display()));
    }
    let user = User::with_refresh_token();
    let lock = user.cache_directory().join("mcs-gmail.json.lock");
    fs::write(&lock, "").unwrap();
    chown(&lock, Some(12345), None).unwrap();
    refused(&user, "chown");
}

#[test]
fn a_directory_such_as_tmp_can_hold_an_own_cache() {
    let user = User::signed_in();
    let shared = user.home().join("tmp");
    fs::create_dir(&shared).unwrap();
    set_permissions(&shared, 0o1777);
    let file = shared.join("mcs-gmail.json");
    fs::copy(user.cache_file(), &file).unwrap();
    user.run(&LIST).env("MCS_CACHE_DIR", shared.to_str().unwrap()).json();
    assert_eq!(fs::metadata(&shared).unwrap().permissions(), mode(0o41777));
    if is_root() {
        chown(&file, Some(12345), None).unwrap();
        user.run(&LIST).env("MCS_CACHE_DIR", shared.to_str().unwrap()).fails(10);
    }
}

fn mode(mode: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

#[test]
fn a_lock_that_is_a_link_is_not_followed() {
    for target in ["victim", "missing"] {
        let user = User::with_refresh_token();
        let victim = user.write_file("victim", "precious");
        set_permissions(&victim, 0o644);
        let lock = user.cache_directory().join("mcs-gmail.json.lock");
        symlink(user.home().join(target), &lock).unwrap();
        refused(&user, "Remove");
        user.run(&["new", "--cursor", "c"]).fails(10);
        assert_eq!(
            (permissions_of(&victim), fs::read_to_string(&victim).unwrap().as_str()),
            (0o644, "precious")
        );
        assert!(!user.home().join("missing").exists() && lock.is_symlink());
    }
}

#[test]
fn the_mode_of_what_a_link_leads_to_is_not_changed() {
    let user = User::signed_in();
    let real = user.home().join("real.json");
    fs::rename(user.cache_file(), &real).unwrap();
    symlink(&real, user.cache_file()).unwrap();
    set_permissions(&real, 0o644);
    user.run(&LIST).json();
    assert_eq!(permissions_of(&real), 0o644);
    user.world.clear_log();
    set_permissions(&real, 0o666);
    refused(&user, &format!("chmod go-w {}", real.display()));
    assert_eq!(permissions_of(&real), 0o666);
}

#[test]
fn what_is_no_cache_file_is_refused_at_once() {
    let make: [fn(&Path); 4] = [
        |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        |path| symlink("/dev/zero", path).unwrap(),
        |path| fs::create_dir(path).unwrap(),
        |path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
    ];
    let start = Instant::now();
    for make in make {
        for name in ["mcs-gmail.json", "mcs-gmail.json.lock"] {
            let user = User::with_refresh_token();
            let path = user.cache_directory().join(name);
            let _ = fs::remove_file(&path);
            make(&path);
            let code = user.run(&LIST).done().code;
            // Nothing is read from a lock, however long it is.
            let is_long_lock = name.ends_with("lock") && path.is_file();
            assert_eq!(code, if is_long_lock { 0 } else { 10 }, "{name}");
        }
    }
    assert!(start.elapsed().as_secs() < 30);
}

/// As on FUSE: the system call succeeds and changes nothing.
#[cfg(target_os = "linux")]
#[test]
fn where_a_mode_does_not_stick_the_run_goes_on_and_debug_tells() {
    let user = User::signed_in();
    set_permissions(&user.cache_file(), 0o666);
    set_permissions(&user.cache_directory(), 0o777);
    let inject = ["strace", "-f", "-q", "-o", "/dev/null", "-e", "inject=chmod,fchmod,fchmodat:retval=0"];
    if Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    user.run(&LIST).under(&inject).json();
    assert_eq!(permissions_of(&user.cache_file()), 0o666);
    let done = user.run(&["list", "--limit", "1", "--debug"]).under(&inject).done();
    assert_eq!(done.code, 0);
    assert!(done.stderr.contains("does not keep its mode"), "{}", done.stderr);
    assert!(files_in(&user.cache_directory()).contains(&"mcs-gmail.json".to_owned()));
}
