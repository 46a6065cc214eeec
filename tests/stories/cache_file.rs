//! Where the cache file is and what it is: a symbolic link, a single mounted file, read-only, owned by someone else.

use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::{
    kit::{
        ACCESS_TOKEN, LIST, REFRESH_TOKEN, Run, User, files_in, for_each_in_parallel, permissions_of,
        set_permissions,
    },
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, FULL_SCOPES, Fault},
};

/// Moves the cache file there and leaves a link that reads `link` in its place.
fn replace_by_link(user: &User, link: &str, file: &Path) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::rename(user.cache_file(), file).unwrap();
    symlink(link, user.cache_file()).unwrap();
}

fn contains_token(file: &Path) -> bool {
    fs::read_to_string(file).unwrap().contains(ACCESS_TOKEN)
}

fn is_link(path: &Path) -> bool {
    path.is_symlink()
}

/// One exchange, as the number of requests to the token endpoint says.
fn exchanges(user: &User) -> usize {
    user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token")
}

#[test]
fn a_link_stays_and_the_file_to_which_it_leads_is_replaced() {
    for relative in [false, true] {
        let user = User::with_refresh_token();
        let file = user.home().join("elsewhere/cache.json");
        let link = if relative { "../../elsewhere/cache.json" } else { file.to_str().unwrap() };
        replace_by_link(&user, link, &file);
        // It stays open, so that its number is not given to another file.
        let before = std::fs::File::open(&file).unwrap();
        user.run(&LIST).json();
        assert!(is_link(&user.cache_file()) && contains_token(&file), "{link}");
        let (before, after) = (before.metadata().unwrap().ino(), file.metadata().unwrap().ino());
        assert_ne!(before, after, "overwritten instead of replaced");
        let beside = files_in(&user.cache_directory());
        let lists = |name: &&String| name.starts_with("mcs-gmail.lists-");
        assert_eq!((beside.len(), beside.iter().filter(lists).count()), (2, 1), "{beside:?}");
        assert_eq!(files_in(file.parent().unwrap()), ["cache.json", "cache.json.lock"]);
        assert_eq!(permissions_of(&file), 0o600);
    }
}

#[test]
fn a_chain_of_links_stays_and_a_link_may_lead_to_a_file_that_does_not_exist_yet() {
    let user = User::ready_to_sign_in();
    let (middle, file) = (user.home().join("middle/link"), user.home().join("end/file"));
    replace_by_link(&user, middle.to_str().unwrap(), &file);
    fs::create_dir(middle.parent().unwrap()).unwrap();
    symlink("../end/file", &middle).unwrap();
    fs::remove_file(&file).unwrap();
    user.sign_in();
    assert!(is_link(&user.cache_file()) && is_link(&middle) && contains_token(&file));
    assert_eq!(files_in(middle.parent().unwrap()), ["link"]);
    user.run(&["auth", "logout"]).json();
    assert!(is_link(&user.cache_file()) && !contains_token(&file));
}

#[test]
fn two_directories_with_links_to_one_file_share_its_lock() {
    let user = User::with_refresh_token();
    let file = user.home().join("shared.json");
    replace_by_link(&user, file.to_str().unwrap(), &file);
    let other = user.home().join("other");
    fs::create_dir(&other).unwrap();
    symlink(&file, other.join("mcs-gmail.json")).unwrap();
    let directories = [user.cache_directory(), other];
    for_each_in_parallel(directories.iter().cycle().take(8), |directory| {
        user.run(&LIST).env("MCS_CACHE_DIR", directory.to_str().unwrap()).json();
    });
    assert_eq!(exchanges(&user), 1);
}

#[test]
fn a_link_that_leads_nowhere_is_an_error_before_any_packet() {
    let user = User::new();
    fs::create_dir_all(user.cache_directory()).unwrap();
    let directory = user.home().join("it's missing");
    symlink(directory.join("file"), user.cache_file()).unwrap();
    let error = user.run(&LIST).fails(10);
    assert!(error["message"].as_str().unwrap().contains("it's missing, which does not exist"), "{error}");
    let quoted = format!("mkdir -p '{}/it'\\''s missing'", user.home().display());
    assert!(error["hint"].as_str().unwrap().contains(&quoted), "{error}");

    // The directory, and one above it.
    for link in [user.cache_directory(), user.home().join(".mcs")] {
        fs::remove_dir_all(&link).unwrap();
        symlink("../gone", &link).unwrap();
        let error = user.run(&LIST).fails(10);
        assert!(error["message"].as_str().unwrap().contains("gone, which does not exist"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("mkdir -p"), "{error}");
        fs::remove_file(&link).unwrap();
        fs::create_dir_all(user.cache_directory()).unwrap();
    }

    symlink("other", user.cache_file()).unwrap();
    symlink("mcs-gmail.json", user.cache_directory().join("other")).unwrap();
    let error = user.run(&LIST).fails(10);
    assert!(error["message"].as_str().unwrap().contains("loop"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("Remove"), "{error}");
    assert_eq!(user.world.log().len(), 0);
}

/// As root, replacing /dev/null would remove it for the whole machine; reading a pipe would never end.
#[test]
fn what_is_not_a_regular_file_is_neither_read_nor_replaced() {
    let user = User::new();
    fs::create_dir_all(user.cache_directory()).unwrap();
    let pipe = user.home().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink(&pipe, user.cache_file()).unwrap();
    let error = user.run(&LIST).fails(10);
    assert!(error["message"].as_str().unwrap().contains("not a regular file"), "{error}");
    fs::remove_file(user.cache_file()).unwrap();
    fs::create_dir(user.cache_file()).unwrap();
    user.run(&LIST).fails(10);
    assert_eq!(user.world.log().len(), 0);
}

/// Mounts a file over the cache file, as containers do.
fn with_mounted_file<'u>(user: &'u User, run: Run<'u>, file: &Path) -> Option<Run<'u>> {
    let cache = user.cache_file();
    run.with_mounts(&format!("mount --bind '{}' '{}'", file.display(), cache.display()))
}

#[test]
fn a_single_mounted_file_is_overwritten_and_nothing_stays_beside_it() {
    for read_only_directory in [false, true] {
        let user = User::ready_to_sign_in();
        let file = user.write_file("mounted.json", fs::read(user.cache_file()).unwrap());
        let inode = file.metadata().unwrap().ino();
        let directory = user.cache_directory();
        let lock =
            format!("mount --bind '{0}' '{0}' && mount -o remount,bind,ro '{0}' && ", directory.display());
        let mount = |run| {
            let cache = user.cache_file();
            let first = if read_only_directory { lock.as_str() } else { "" };
            Run::with_mounts(run, &format!("{first}mount --bind '{}' '{}'", file.display(), cache.display()))
        };
        for _ in 0..2 {
            let Some(run) = mount(user.run(&LIST)) else { return };
            user.approve(&run.challenge());
        }
        assert_eq!(mount(user.run(&LIST)).unwrap().rows().len(), 1);
        assert!(contains_token(&file) && file.metadata().unwrap().ino() == inode);
        mount(user.run(&["auth", "logout"])).unwrap().json();
        let content = fs::read_to_string(&file).unwrap();
        assert!(content.ends_with("}\n"), "not cut: {content}");
        assert!(!content.contains(REFRESH_TOKEN), "{content}");
        assert!(files_in(&directory).iter().all(|name| !name.contains("tmp")), "{:?}", files_in(&directory));
    }
}

#[test]
fn a_mounted_file_that_is_not_a_cache_is_copied_aside_and_emptied() {
    let user = User::ready_to_sign_in();
    let file = user.write_file("mounted.json", "{\"at:gmail\": {\"v");
    let Some(run) = with_mounted_file(&user, user.run(&LIST), &file) else { return };
    let done = run.done();
    done.challenge();
    let aside = files_in(&user.cache_directory()).into_iter().find(|n| n.contains("corrupt-")).unwrap();
    assert_eq!(fs::read(user.cache_directory().join(aside)).unwrap(), b"{\"at:gmail\": {\"v");
    assert!(fs::read_to_string(&file).unwrap().contains("linkauth:privkey"));
}

/// The ways in which a cache cannot be written.
const READ_ONLY: [&str; 4] =
    ["directory mounted read-only", "file mounted read-only", "permissions", "file immutable"];

/// The run with a cache that cannot be written.
fn read_only<'u>(user: &'u User, how: &str, run: Run<'u>) -> Option<Run<'u>> {
    let (directory, file) = (user.cache_directory(), user.cache_file());
    let mount = |path: PathBuf| {
        let path = path.display().to_string();
        format!("mount --bind '{path}' '{path}'; mount -o remount,bind,ro '{path}'")
    };
    match how {
        "directory mounted read-only" => run.with_mounts(&mount(directory)),
        "file mounted read-only" => run.with_mounts(&mount(file)),
        // The attribute is removed when the run ends.
        "file immutable" => {
            let file = file.display();
            let script = format!("chattr +i '{file}' && trap \"chattr -i '{file}'\" EXIT && \"$@\"");
            let probe = format!("chattr +i '{file}' && chattr -i '{file}'");
            let works = Command::new("sh").args(["-c", &probe]).output().unwrap().status.success();
            works.then(|| run.under(&["sh", "-c", &script, "sh"]))
        }
        _ => {
            set_permissions(&directory, 0o500);
            set_permissions(&file, 0o400);
            Some(run.unprivileged())
        }
    }
}

#[test]
fn a_read_only_cache_with_a_valid_sign_in_reads_mail_warns_once_and_stores_nothing() {
    for how in READ_ONLY {
        let user = User::with_refresh_token();
        let before = fs::read(user.cache_file()).unwrap();
        for args in [&LIST[..], &["list", "--limit", "1", "--quiet"]] {
            let Some(run) = read_only(&user, how, user.run(args)) else { continue };
            let done = run.done();
            assert_eq!(done.code, 0, "{how}: {done:?}");
            assert_eq!(done.json().as_array().unwrap().len(), 1);
            let warnings = if args.contains(&"--quiet") { 0 } else { 1 };
            assert_eq!(done.stderr.lines().count(), warnings, "{how}: {}", done.stderr);
            assert_eq!(done.stderr.matches("is not writable").count(), warnings, "{how}: {}", done.stderr);
            assert_eq!(fs::read(user.cache_file()).unwrap(), before, "{how}");
        }
    }
}

#[test]
fn a_read_only_cache_renews_a_refused_token_and_warns_once() {
    let user = User::with_refresh_token();
    let dead = user.world.issue_google_token(&["https://mail.google.com/"], 3600);
    user.edit_cache(|cache| cache[ACCESS_TOKEN] = json!({"v": dead, "exp": 4_000_000_000.0}));
    user.world.auth0(|tenant| tenant.revoke_google_tokens());
    let Some(run) = read_only(&user, READ_ONLY[0], user.run(&LIST)) else { return };
    let done = run.done();
    assert_eq!((done.code, done.stderr.matches("is not writable").count()), (0, 1), "{done:?}");
}

#[test]
fn a_read_only_cache_refuses_a_sign_in_before_it_asks_the_broker() {
    for how in READ_ONLY {
        for user in [User::ready_to_sign_in(), User::not_connected()] {
            let Some(run) = read_only(&user, how, user.run(&LIST)) else { continue };
            let error = run.fails(10);
            assert!(error["message"].as_str().unwrap().contains("cannot store a sign-in"), "{how}: {error}");
            assert!(error["hint"].as_str().unwrap().contains("MCS_CACHE_DIR"), "{error}");
            assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 0, "{how}");
            assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/me/"), 0, "{how}");
        }
    }
}

#[test]
fn a_read_only_cache_says_that_it_cannot_forget_a_refused_sign_in() {
    let user = User::with_refresh_token();
    user.world.auth0(|tenant| tenant.revoke_all_refresh_tokens());
    let Some(run) = read_only(&user, READ_ONLY[0], user.run(&LIST)) else { return };
    let error = run.fails(10);
    assert!(error["message"].as_str().unwrap().contains("is not writable"), "{error}");
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 0);
}

#[test]
fn a_read_only_cache_does_not_fetch_a_credential_that_exists_only_once() {
    let user = User::ready_to_sign_in();
    user.approve(&user.run(&LIST).challenge());
    user.world.clear_log();
    let Some(run) = read_only(&user, READ_ONLY[0], user.run(&LIST)) else { return };
    run.fails(10);
    assert_eq!(user.world.log().len(), 0);
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
}

#[test]
fn a_read_only_cache_refuses_cursors_sends_with_a_key_and_a_logout() {
    let user = User::with_refresh_token();
    let letter = ["send", "--to", "bob@example.org", "--subject", "x", "--body", "y"];
    let with_key = [&letter[..], &["--idempotency-key", "k"]].concat();
    for args in [&["new", "--cursor", "inbox"][..], &with_key, &["auth", "logout"]] {
        let Some(run) = read_only(&user, READ_ONLY[0], user.run(args)) else { return };
        let error = run.done().error();
        assert_eq!(error["exit"], 10, "{args:?}: {error}");
        assert!(error["message"].as_str().unwrap().contains("is not writable"), "{args:?}: {error}");
    }
    assert_eq!(user.sent(), 0);
    assert_eq!(user.world.auth0(|tenant| tenant.live_refresh_tokens()), 1);
    assert_eq!(read_only(&user, READ_ONLY[0], user.run(&letter)).unwrap().done().code, 0);
}

#[test]
fn a_rotated_refresh_token_that_cannot_be_stored_is_named() {
    let user = User::with_refresh_token();
    let token = user.world.issue_google_token(&FULL_SCOPES, 3600);
    let granted = json!({"access_token": token, "expires_in": 3600, "refresh_token": "v1.rotated"});
    let fault = Fault::on(AUTH0_DOMAIN).path("/oauth/token");
    user.world.fault(fault.status(200, &[("Content-Type", "application/json")], granted.to_string()));
    let Some(run) = read_only(&user, READ_ONLY[0], user.run(&LIST)) else { return };
    let error = run.fails(10);
    assert!(error["message"].as_str().unwrap().contains("replaced the refresh token"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("sign in again"), "{error}");
}

#[test]
fn a_given_refresh_token_needs_no_cache() {
    let user = User::ready_to_sign_in();
    user.world.allow(AUTH0_DOMAIN);
    let given = user.world.signed_in_refresh_token();
    fs::remove_dir_all(user.home().join(".mcs")).unwrap();
    set_permissions(user.home(), 0o500);
    let run = user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", "auth0");
    let done = run.env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &given).unprivileged().done();
    assert_eq!((done.code, done.stderr.lines().count()), (0, 1), "{done:?}");
    set_permissions(user.home(), 0o700);
    assert!(!user.home().join(".mcs").exists());
}

#[test]
fn a_write_that_fails_leaves_the_old_content_and_no_temporary_file() {
    let traced = |inject| vec!["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject];
    let limited = vec!["sh", "-c", "ulimit -f 0; exec \"$@\"", "sh"];
    let ways = [
        (traced("inject=rename:error=EIO"), 10),
        (traced("inject=fsync:error=EIO:when=1"), 10),
        (traced("inject=fsync:error=ENOSPC:when=1"), 1),
        (limited, 1),
    ];
    for (wrapper, code) in ways {
        if Command::new(wrapper[0]).args(["-c", "true"]).output().is_err() {
            continue;
        }
        let user = User::with_refresh_token();
        let before = fs::read(user.cache_file()).unwrap();
        user.run(&LIST).under(&wrapper).fails(code);
        assert_eq!(
            files_in(&user.cache_directory()),
            ["mcs-gmail.json", "mcs-gmail.json.lock"],
            "{wrapper:?}"
        );
        assert_eq!(fs::read(user.cache_file()).unwrap(), before, "{wrapper:?}");
    }
}

/// The run ends as it enters this call on the mounted file; the new content is shorter than the old one.
#[test]
fn a_kill_while_a_mounted_file_is_overwritten_leaves_valid_json() {
    for call in ["write", "ftruncate", "fsync"] {
        let user = User::with_refresh_token();
        user.run(&LIST).json();
        let file = user.write_file("mounted.json", fs::read(user.cache_file()).unwrap());
        let cache = user.cache_file().display().to_string();
        let inject = format!("inject={call}:signal=SIGKILL:when=1");
        let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", &cache, "-e", &inject];
        if Command::new("strace").arg("-V").output().is_err() {
            return;
        }
        let run = user.run(&["auth", "logout"]).under(&strace);
        let Some(run) = with_mounted_file(&user, run, &file) else { return };
        assert!([-1, 137].contains(&run.done().code), "{call}");
        let cache: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert!(cache.get("linkauth:privkey").is_some(), "{call}");
        assert_eq!(cache.get(REFRESH_TOKEN).is_some(), call == "write", "{call}");
    }
}

#[test]
fn a_mounted_file_keeps_its_content_when_overwriting_it_fails() {
    let user = User::with_refresh_token();
    let content = fs::read(user.cache_file()).unwrap();
    let file = user.write_file("mounted.json", &content);
    // The first fsync is that of the temporary file.
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=ENOSPC:when=2"];
    if Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    let Some(run) = with_mounted_file(&user, user.run(&LIST).under(&strace), &file) else { return };
    run.fails(1);
    assert_eq!(fs::read(&file).unwrap(), content);
}

#[test]
fn what_the_program_creates_is_private_whatever_the_umask() {
    for umask in ["0777", "0277", "0000"] {
        let user = User::without_poll_interval();
        let run = |args| user.run(args).behind(&format!("umask {umask};")).unprivileged();
        let directory = user.home().join("new/deep/cache");
        let cache = directory.to_str().unwrap();
        run(&LIST).env("MCS_CACHE_DIR", cache).challenge();
        run(&LIST).env("MCS_CACHE_DIR", cache).challenge();
        for made in [&directory, &user.home().join("new/deep"), &user.home().join("new")] {
            assert_eq!(permissions_of(made), 0o700, "umask {umask}: {}", made.display());
        }
        for name in files_in(&directory) {
            assert_eq!(permissions_of(&directory.join(&name)), 0o600, "umask {umask}: {name}");
        }
    }
}

#[test]
fn a_lock_file_without_permissions_for_its_owner_is_repaired() {
    let user = User::with_refresh_token();
    let lock = user.write_file(".mcs/cache/mcs-gmail.json.lock", "");
    set_permissions(&lock, 0o000);
    user.run(&LIST).unprivileged().json();
    assert_eq!(permissions_of(&lock), 0o600);
}

#[test]
fn a_lock_or_cache_file_of_another_user_is_named_with_its_owner() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for name in ["mcs-gmail.json.lock", "mcs-gmail.json"] {
        let user = User::with_refresh_token();
        let path = user.cache_directory().join(name);
        if !path.exists() {
            fs::write(&path, "").unwrap();
        }
        set_permissions(&path, 0o600);
        std::os::unix::fs::chown(&path, Some(1), Some(1)).unwrap();
        let error = user.run(&LIST).unprivileged().fails(10);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(name) && message.contains("belongs to daemon, user id 1"), "{error}");
        let hint = error["hint"].as_str().unwrap();
        let path = path.display();
        assert!(hint.contains(&format!("chown \"$(id -u)\" {path}")), "{hint}");
        assert!(hint.contains(&format!("rm -f {path}")), "{hint}");
        assert_eq!(user.world.log().len(), 0);
    }
    // A directory in which nothing can be seen.
    let user = User::with_refresh_token();
    std::os::unix::fs::chown(user.cache_directory(), Some(1), Some(1)).unwrap();
    set_permissions(&user.cache_directory(), 0o700);
    let error = user.run(&LIST).unprivileged().fails(10);
    assert!(error["message"].as_str().unwrap().contains("directory belongs to daemon, user id 1"), "{error}");
}
