//! `skill pack`: the zip of the skill, whose launcher starts the program for each machine, with a configuration only if
//! somebody says so.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::{Value, json};
use zip::ZipArchive;

use crate::kit::{Done, LIST, Run, User, files_in, install_program, permissions_of, set_permissions};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const MACHINES: [&str; 2] = ["x86_64", "aarch64"];
const INTERPRETERS: [&[u8]; 2] = [b"/lib64/ld-linux-x86-64.so.2\0", b"/lib/ld-linux-aarch64.so.1\0\0"];

/// A small program for this machine that says it is mcs-gmail, and becomes the program under test. The real one is too
/// large for a bundle unless it is optimised.
pub(super) fn small_program() -> Vec<u8> {
    static PROGRAM: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("program.c");
        let mark = format!("static const char mark[] = \"\\0mcs-gmail, version {VERSION}\";");
        let real = env!("CARGO_BIN_EXE_mcs-gmail");
        let main = "int main(int c, char **v) { const char *volatile m = mark; (void)m; (void)c; execv(REAL, v); return 111; }";
        fs::write(&source, format!("#include <unistd.h>\n{mark}\n#define REAL \"{real}\"\n{main}\n"))
            .unwrap();
        let out = directory.path().join("program");
        assert!(Command::new("cc").arg(&source).arg("-o").arg(&out).status().unwrap().success());
        fs::read(out).unwrap()
    };
    PROGRAM.get_or_init(make).clone()
}

fn replaced(mut bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|part| part == old).unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// The number of this machine in [`MACHINES`].
fn own() -> usize {
    MACHINES.iter().position(|machine| *machine == std::env::consts::ARCH).unwrap()
}

/// The same program as if it were for the other machine. It cannot be started.
pub(super) fn foreign_program() -> Vec<u8> {
    let other = 1 - own();
    let mut program = small_program();
    program[18] = [62, 183][other];
    let interpreter = INTERPRETERS[own()].strip_suffix(b"\0").unwrap();
    replaced(program, interpreter, INTERPRETERS[other])
}

/// The names of the programs for this machine and for the other one, beside the launcher.
fn names() -> [String; 2] {
    [own(), 1 - own()].map(|number| format!("mcs-gmail-linux-{}", MACHINES[number]))
}

/// Writes both programs into the home directory.
fn with_programs(user: &User) -> [PathBuf; 2] {
    [user.write_file("own", small_program()), user.write_file("foreign", foreign_program())]
}

const BOTH: [&str; 6] = ["skill", "pack", "--binary", "own", "--binary", "foreign"];

/// The entries of a zip: name, mode, content.
fn entries(zip: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
    let mut archive = ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let count = archive.len();
    let entry = |number| {
        let mut file = archive.by_index(number).unwrap();
        let time = file.last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day(), time.hour()), (1980, 1, 1, 0));
        assert!(file.extra_data().is_none_or(<[u8]>::is_empty), "{}", file.name());
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        (file.name().to_owned(), file.unix_mode().unwrap(), content)
    };
    (0..count).map(entry).collect()
}

fn unpack(zip: &Path, into: &Path) -> PathBuf {
    ZipArchive::new(fs::File::open(zip).unwrap()).unwrap().extract(into).unwrap();
    into.join("mcs-gmail")
}

pub(super) fn warnings(done: &Done) -> Vec<String> {
    let text = |line: &str| Some(serde_json::from_str::<Value>(line).ok()?["warning"].as_str()?.to_owned());
    done.stderr.lines().filter_map(text).collect()
}

pub(super) fn told(error: &Value) -> String {
    format!("{} {}", error["message"].as_str().unwrap(), error["hint"].as_str().unwrap())
}

#[test]
fn the_bundle_has_every_file_with_its_mode_and_the_same_bytes_each_time() {
    let user = User::new();
    with_programs(&user);
    let document = user.run(&BOTH).json();
    let zip = fs::read(user.home().join("mcs-gmail.zip")).unwrap();
    let again = ["--out", "again.zip", "--binary", "foreign", "--binary", "own"];
    user.run(&[&["skill", "pack"][..], &again].concat()).env("TZ", "Asia/Tokyo").behind("umask 077;").json();
    assert!(zip == fs::read(user.home().join("again.zip")).unwrap(), "the same files give the same bytes");
    assert_eq!(permissions_of(&user.home().join("again.zip")), 0o600);

    let entries = entries(&zip);
    let found: Vec<&str> = entries.iter().map(|(name, ..)| name.as_str()).collect();
    let mut sorted = found.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    let skill = Path::new(env!("CARGO_MANIFEST_DIR")).join("skill");
    for (name, mode, content) in &entries {
        let name = name.strip_prefix("mcs-gmail/").unwrap_or_else(|| panic!("{name}"));
        let is_program = name.starts_with("scripts/");
        assert_eq!(*mode, if is_program { 0o100755 } else { 0o100644 }, "{name}");
        match name {
            "LICENSE" => {}
            name if name.starts_with("scripts/mcs-gmail-") => {
                let expected = if name.ends_with(&names()[0]) { small_program() } else { foreign_program() };
                assert!(*content == expected, "{name}");
            }
            name => assert!(*content == fs::read(skill.join(name)).unwrap(), "{name}"),
        }
    }
    for name in ["SKILL.md", "references/tools.md", "scripts/mcs-gmail"] {
        assert!(found.contains(&format!("mcs-gmail/{name}").as_str()), "{found:?}");
    }
    for name in names() {
        assert!(found.contains(&format!("mcs-gmail/scripts/{name}").as_str()), "{found:?}");
    }
    assert!(!found.iter().any(|name| name.contains("config")), "{found:?}");

    let listed = document["files"].as_array().unwrap();
    assert_eq!(listed.iter().map(|file| file["path"].as_str().unwrap()).collect::<Vec<_>>(), found);
    assert_eq!(
        listed.iter().map(|file| file["size"].as_u64().unwrap()).sum::<u64>(),
        document["uncompressed"]
    );
    assert_eq!(
        (&document["machines"], &document["with_config"], &document["version"], &document["size"]),
        (&json!(["linux-x86_64", "linux-aarch64"]), &json!(false), &json!(VERSION), &json!(zip.len()))
    );
    let sums = Command::new("sha256sum").arg(user.home().join("mcs-gmail.zip")).output().unwrap();
    assert!(sums.stdout.starts_with(document["sha256"].as_str().unwrap().as_bytes()), "{document}");
}

#[test]
fn another_reader_of_zip_files_sees_the_same() {
    let user = User::new();
    with_programs(&user);
    let document = user.run(&BOTH).json();
    let script = "import sys, zipfile, json\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        print(json.dumps([[i.filename, oct(i.external_attr >> 16), i.file_size, list(i.date_time), i.create_system, len(i.extra)] for i in z.infolist()]))";
    let Ok(output) =
        Command::new("python3").args(["-c", script]).arg(user.home().join("mcs-gmail.zip")).output()
    else {
        return;
    };
    let seen: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    for (entry, file) in seen.iter().zip(document["files"].as_array().unwrap()) {
        let mode = format!("0o10{}", file["mode"].as_str().unwrap());
        assert_eq!(*entry, json!([file["path"], mode, file["size"], [1980, 1, 1, 0, 0, 0], 3, 0]));
    }
    assert_eq!(seen.len(), document["files"].as_array().unwrap().len());
}

/// Runs the launcher of an unpacked bundle in the world of a user.
pub(super) fn launch(user: &User, skill: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.arg(skill.join("scripts/mcs-gmail")).args(args).env_clear().envs(user.world.env());
    command.env("HOME", user.home()).env("PATH", "/usr/bin:/bin").current_dir(user.home());
    command
}

#[test]
fn the_launcher_of_the_unpacked_bundle_starts_its_program_also_where_nothing_can_be_written() {
    let user = User::signed_in();
    with_programs(&user);
    user.run(&BOTH).json();
    let skill = unpack(&user.home().join("mcs-gmail.zip"), &user.home().join("unpacked"));
    let list = |skill: &Path| {
        let output = launch(&user, skill, &LIST).output().unwrap();
        let rows: Vec<Value> =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
        assert_eq!(rows.len(), 1);
    };
    list(&skill);
    // What a rule of a client must not allow by allowing the launcher.
    for args in [&["config", "init", "--from-env"][..], &["list", "--config", "/dev/null"]] {
        let output = launch(&user, &skill, args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    }
    let scripts = skill.join("scripts");
    for directory in [&scripts, &skill.join("references"), &skill] {
        set_permissions(directory, 0o555);
    }
    list(&skill);
    // An installer that drops the executable bits, in a directory that cannot be written.
    for name in files_in(&scripts) {
        set_permissions(&scripts.join(name), 0o444);
    }
    list(&skill);
    for directory in [&scripts, &skill.join("references"), &skill] {
        set_permissions(directory, 0o755);
    }
    let mount = format!("mount --bind '{0}' '{0}'; mount -o remount,bind,ro '{0}'", skill.display());
    let script = format!(
        "set -e; {mount}; ! touch {}/x 2>/dev/null; exec sh {}/mcs-gmail list --limit 1",
        skill.display(),
        scripts.display()
    );
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", &script]).env_clear().envs(user.world.env());
    let output = command.env("HOME", user.home()).env("PATH", "/usr/bin:/bin").output().unwrap();
    // Not every machine permits mounts.
    if !String::from_utf8_lossy(&output.stderr).contains("unshare") && !output.stderr.starts_with(b"mount") {
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn only_programs_of_mcs_gmail_for_linux_are_packed() {
    let user = User::new();
    let [own, foreign] = with_programs(&user);
    let patched = |name: &str, at: usize, value: u8| {
        let mut program = small_program();
        program[at] = value;
        user.write_file(name, program);
    };
    patched("riscv", 18, 243);
    patched("freebsd", 7, 9);
    patched("small", 4, 1);
    let whole = small_program();
    user.write_file("half", &whole[..whole.len() / 2]);
    user.write_file("script", "#!/bin/sh\n");
    user.write_file("windows", b"MZ\x90\0");
    user.write_file("nothing", "");
    let mut mac = b"\xcf\xfa\xed\xfe\x0c\0\0\x01\0\0\0\0\x02\0\0\0".to_vec();
    mac.extend(format!("\0mcs-gmail, version {VERSION}\0").bytes());
    user.write_file("mac", mac);
    let stated = format!("version {VERSION}\0");
    let mut other = "9".repeat(VERSION.len());
    other.push('\0');
    user.write_file(
        "other",
        replaced(whole.clone(), stated.as_bytes(), format!("version {other}").as_bytes()),
    );
    user.write_file("stranger", replaced(whole.clone(), b"mcs-gmail, version", b"mcs-gmail? version"));
    for (name, what) in [
        ("riscv", "it is a program for riscv64"),
        ("freebsd", "it is a program for FreeBSD"),
        ("small", "it is a 32-bit program"),
        ("half", "it is cut off"),
        ("script", "it is a script"),
        ("windows", "it is a program for Windows"),
        ("nothing", "it is empty"),
        ("mac", "it is a program for darwin-aarch64"),
        ("stranger", "it is a program, but not mcs-gmail"),
        ("other", "Take all files from the same release"),
        ("missing", "cannot read missing"),
        (".", "it is not a regular file"),
    ] {
        let error = user.run(&["skill", "pack", "--binary", name]).fails(2);
        assert!(told(&error).contains(what) && told(&error).contains(name), "{name}: {error}");
    }
    fs::copy(&own, user.home().join("twice")).unwrap();
    let error = user.run(&["skill", "pack", "--binary", "own", "--binary", "twice"]).fails(2);
    assert!(
        told(&error).contains(&format!("twice is a second binary for linux-{}", MACHINES[self::own()])),
        "{error}"
    );
    assert!(!user.home().join("mcs-gmail.zip").exists());

    let done = user.run(&["skill", "pack", "--binary", "foreign"]).done();
    assert_eq!(done.json()["machines"], json!([format!("linux-{}", MACHINES[1 - self::own()])]));
    let warning = format!("the bundle has no binary for linux-{}", MACHINES[self::own()]);
    assert!(warnings(&done).len() == 1 && warnings(&done)[0].starts_with(&warning), "{}", done.stderr);
    // A program for a newer system than that of Cowork.
    let mut newer = fs::read(&foreign).unwrap();
    for at in 0..newer.len() - 10 {
        if newer[at..].starts_with(b"GLIBC_2.") {
            newer[at + 8] = b'9';
        }
    }
    user.write_file("newer", newer);
    let done = user.run(&["skill", "pack", "--binary", "own", "--binary", "newer"]).done();
    assert!(warnings(&done).concat().contains("newer requires version 2.9"), "{}", done.stderr);
}

#[test]
fn what_is_too_large_for_an_upload_is_refused() {
    let user = User::new();
    let mut large = small_program();
    large.resize(30_000_000, 0);
    user.write_file("large", large);
    let error = user.run(&["skill", "pack", "--binary", "large"]).fails(2);
    for part in ["less than 30.0 MB are allowed", &format!("scripts/{} has 30.0 MB", names()[0]), "release"] {
        assert!(told(&error).contains(part), "{error}");
    }
    assert!(!user.home().join("mcs-gmail.zip").exists());
}

#[test]
fn without_a_choice_the_programs_beside_the_running_one_are_packed() {
    let user = User::new();
    let programs = user.home().join("bin");
    fs::create_dir(&programs).unwrap();
    let program = programs.join("mcs-gmail");
    install_program(env!("CARGO_BIN_EXE_mcs-gmail"), &program);
    user.write_file(&format!("bin/{}", names()[0]), small_program());
    let pack = |skill: Option<&Path>| {
        let mut command = Command::new(&program);
        command.args(["skill", "pack"]).env_clear().env("HOME", user.home()).current_dir(user.home());
        let output = command.envs(skill.map(|skill| ("MCS_GMAIL_SKILL_DIR", skill))).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        (document, String::from_utf8(output.stderr).unwrap())
    };
    let (document, stderr) = pack(None);
    assert_eq!(document["machines"], json!([format!("linux-{}", MACHINES[own()])]));
    assert!(stderr.contains("no binary for"), "{stderr}");
    user.write_file(&format!("bin/{}", names()[1]), foreign_program());
    let (document, stderr) = pack(None);
    assert_eq!((&document["machines"], stderr.as_str()), (&json!(["linux-x86_64", "linux-aarch64"]), ""));

    // In an installed skill, the programs beside its launcher.
    let skill = user.home().join("skills/mcs-gmail");
    user.write_file("skills/mcs-gmail/SKILL.md", "");
    for (name, content) in [(&names()[0], small_program()), (&names()[1], foreign_program())] {
        fs::remove_file(programs.join(name)).unwrap();
        user.write_file(&format!("skills/mcs-gmail/scripts/{name}"), content);
    }
    let (document, stderr) = pack(Some(&skill));
    assert_eq!((&document["machines"], stderr.as_str()), (&json!(["linux-x86_64", "linux-aarch64"]), ""));
}

/// The configuration of the sandbox as a file, with more lines.
fn configuration(user: &User, more: &str) -> String {
    let key = |(name, value): (&str, &str)| {
        let name = name.strip_prefix("MCS_GMAIL_")?.to_lowercase();
        Some(format!("{name} = {}\n", json!(value)))
    };
    let env = user.world.env();
    let lines: String = env.iter().filter_map(|(name, value)| key((name.as_ref(), value.as_ref()))).collect();
    lines + more
}

/// Runs without the variables of the configuration.
fn unconfigured<'u>(user: &'u User, args: &[&str]) -> Run<'u> {
    let names = user.world.env().into_iter().map(|(name, _)| name.to_string());
    names.filter(|name| name.starts_with("MCS_GMAIL_")).fold(user.run(args), |run, name| run.without(&name))
}

#[test]
fn a_configuration_is_packed_only_if_it_is_named_and_works_where_it_is_unpacked() {
    let user = User::without_poll_interval();
    with_programs(&user);
    let config = user.write_file("mine.toml", configuration(&user, "cache_dir = \"~/shared/mcs\"\n"));
    set_permissions(&config, 0o600);
    let run = unconfigured(&user, &[&BOTH[..], &["--with-config", "mine.toml"]].concat());
    let done = run.done();
    assert_eq!((done.code, &done.json()["with_config"]), (0, &json!(true)), "{}", done.stderr);
    let warned = warnings(&done).join("\n");
    for part in
        ["anyone who has the zip", "has auth0_client_secret and linkauth_api_key", "can use the mailbox"]
    {
        assert!(warned.contains(part), "{warned}");
    }
    let zip = user.home().join("mcs-gmail.zip");
    assert_eq!(permissions_of(&zip), 0o600);
    let packed = entries(&fs::read(&zip).unwrap());
    let (_, mode, content) = packed.iter().find(|(name, ..)| name == "mcs-gmail/config.toml").unwrap();
    assert_eq!((*mode, content), (0o100644, &fs::read(&config).unwrap()));

    // Nothing but the packed file says where the broker is, and where the sign-in is kept.
    let skill = unpack(&zip, &user.home().join("unpacked"));
    let launched = || {
        let mut command = launch(&user, &skill, &LIST);
        let names = user.world.env().into_iter().map(|(name, _)| name.to_string());
        for name in names.filter(|name| name.starts_with("MCS_GMAIL_")) {
            command.env_remove(name);
        }
        command.output().unwrap()
    };
    for _ in 0..2 {
        let output = launched();
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        user.approve(&serde_json::from_slice(&output.stdout).unwrap());
    }
    let output = launched();
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&output.stdout).unwrap().len(), 1, "{output:?}");
    assert!(user.home().join("shared/mcs/mcs-gmail.json").exists());
}

#[test]
fn a_configuration_that_cannot_work_is_not_packed() {
    let user = User::new();
    with_programs(&user);
    let pack = |name: &str| unconfigured(&user, &[&BOTH[..], &["--with-config", name]].concat());
    let whole = configuration(&user, "");
    for (name, text, what) in [
        ("unknown.toml", format!("{whole}cach_dir = \"~/x\"\n"), "cache_dir"),
        (
            "example.toml",
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml.example")).unwrap(),
            "placeholder",
        ),
        (
            "section.toml",
            format!("{whole}[accounts.work]\nlinkauth_broker_url = \"ftp://x\"\n"),
            "linkauth_broker_url",
        ),
        ("relative.toml", format!("{whole}cache_dir = \"mcs\"\n"), "absolute"),
        ("policy.toml", format!("{whole}[policy]\naccess = \"all\"\n"), "access"),
        ("toml.toml", "auth0_domain = \n".to_owned(), "toml.toml:1"),
        ("list.json", "[]".to_owned(), "list.json"),
        ("empty.toml", "# nothing\n".to_owned(), "sets no key"),
    ] {
        set_permissions(&user.write_file(name, text), 0o600);
        let error = pack(name).fails(10);
        assert!(told(&error).contains(what), "{name}: {error}");
    }
    assert!(told(&pack("missing.toml").fails(10)).contains("missing.toml"));
    let open = user.write_file("open.toml", &whole);
    set_permissions(&open, 0o666);
    assert!(told(&pack("open.toml").fails(10)).contains("can be changed by other users"));
    assert!(!user.home().join("mcs-gmail.zip").exists());

    // What is not set there may be set as a variable.
    let half =
        whole.lines().filter(|line| !line.starts_with("auth0_client_id")).collect::<Vec<_>>().join("\n");
    set_permissions(
        &user.write_file("half.json", json!(toml::from_str::<toml::Table>(&half).unwrap()).to_string()),
        0o600,
    );
    let done = pack("half.json").done();
    let warned = warnings(&done).join("\n");
    assert!(
        warned.contains("does not set auth0_client_id") && warned.contains("has no cache_dir"),
        "{warned}"
    );
    let packed = entries(&fs::read(user.home().join("mcs-gmail.zip")).unwrap());
    assert!(packed.iter().any(|(name, ..)| name == "mcs-gmail/config.json"));
}

#[test]
fn a_configuration_in_the_directory_of_the_skill_is_not_packed_unless_somebody_says_so() {
    let user = User::new();
    with_programs(&user);
    let skill = user.home().join("my skills/mcs-gmail");
    user.write_file("my skills/mcs-gmail/SKILL.md", "");
    let run = |more: &[&str]| {
        unconfigured(&user, &[&BOTH[..], more].concat()).env_os("MCS_GMAIL_SKILL_DIR", &skill)
    };
    let example =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml.example")).unwrap();
    let path = user.write_file("my skills/mcs-gmail/config.toml", example);
    set_permissions(&path, 0o600);
    run(&[]).json();
    fs::remove_file(user.home().join("mcs-gmail.zip")).unwrap();

    fs::write(&path, configuration(&user, "")).unwrap();
    let error = run(&[]).fails(10);
    for part in ["config.toml is filled in", "--without-config", "--with-config '", "has its secrets"] {
        assert!(told(&error).contains(part), "{error}");
    }
    assert!(!user.home().join("mcs-gmail.zip").exists());
    run(&["--without-config"]).json();
    let packed = entries(&fs::read(user.home().join("mcs-gmail.zip")).unwrap());
    assert!(!packed.iter().any(|(name, ..)| name.contains("config")));
    // An agent that may use the launcher does not get at the secrets, or at other files.
    for option in [&["--with-config", path.to_str().unwrap()][..], &["--force"]] {
        let error = run(option).fails(2);
        assert!(told(&error).contains("not available through the skill's launcher"), "{error}");
    }
    let error = unconfigured(&user, &["skill", "pack", "--without-config", "--with-config", "x"]).fails(2);
    assert!(told(&error).contains("--without-config"), "{error}");
}

#[test]
fn only_an_earlier_bundle_is_replaced() {
    let user = User::new();
    with_programs(&user);
    let out = |name: &str| user.run(&[&BOTH[..], &["--out", name]].concat());
    out("a.zip").json();
    let first = fs::read(user.home().join("a.zip")).unwrap();
    out("a.zip").json();
    let mine = user.write_file("mine.zip", "PK\x03\x04 something else");
    let error = out("mine.zip").fails(1);
    assert!(told(&error).contains("mine.zip already exists") && told(&error).contains("--force"), "{error}");
    assert_eq!(fs::read(&mine).unwrap(), b"PK\x03\x04 something else");
    let link = user.home().join("link.zip");
    std::os::unix::fs::symlink("mine.zip", &link).unwrap();
    user.run(&[&BOTH[..], &["--force", "--out", "link.zip"]].concat()).json();
    assert!(fs::read(&mine).unwrap() == first && link.is_symlink(), "the file behind a link is replaced");
    for (name, what) in [
        ("/dev/null", "not a regular file"),
        (".", "a directory"),
        ("missing/a.zip", "cannot write missing/a.zip"),
        ("mine.zip/a.zip", "cannot write mine.zip/a.zip"),
    ] {
        let error = out(name).fails(2);
        assert!(told(&error).contains(what) && told(&error).contains("--out"), "{error}");
    }
    assert!(!fs::metadata("/dev/null").unwrap().is_file());

    let zip = fs::File::create(user.home().join("piped.zip")).unwrap();
    assert_eq!(out("-").with_stdout(zip), (Some(0), String::new()));
    assert!(fs::read(user.home().join("piped.zip")).unwrap() == first);
    if let Some(screen) =
        user.at_terminal(&format!("cd {}; mcs-gmail skill pack --binary own --out -", user.home().display()))
    {
        assert!(screen.contains("cannot write the content to a terminal"), "{screen}");
    }
    if let Some(screen) =
        user.at_terminal(&format!("cd {}; mcs-gmail skill pack --binary own", user.home().display()))
    {
        assert!(
            screen.contains("Wrote mcs-gmail.zip with ") && screen.contains("Customize, Skills"),
            "{screen}"
        );
    }
    let left = files_in(user.home());
    assert!(!left.iter().any(|name| name.ends_with(".tmp")), "{left:?}");
}

#[test]
fn a_full_disk_leaves_the_earlier_bundle() {
    let user = User::new();
    with_programs(&user);
    let disk = user.home().join("disk");
    fs::create_dir(&disk).unwrap();
    let (place, left) = (disk.display(), user.home().join("left"));
    let start = user.write_file("start", [&b"PK\x03\x04"[..], &[0; 26], b"mcs-gmail/x"].concat());
    let fill = format!("cp '{}' '{place}/a.zip'", start.display());
    let look = format!(
        "\"$@\"; code=$?; {{ ls -A '{place}'; wc -c < '{place}/a.zip'; }} > '{}'; exit $code;",
        left.display()
    );
    let run = user.run(&[&BOTH[..], &["--out", "disk/a.zip"]].concat()).behind(&look);
    let Some(run) = run.with_mounts(&format!("mount -t tmpfs -o size=16k none '{place}'; {fill}")) else {
        return;
    };
    let error = run.fails(1);
    assert!(error["message"].as_str().unwrap().contains("No space left"), "{error}");
    assert_eq!(fs::read_to_string(left).unwrap(), "a.zip\n41\n");
}
