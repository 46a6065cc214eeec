//! The launcher of the skill bundle, in every shell of this machine: it starts the binary wherever that is, and every
//! failure to do so is an error document.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::kit::{files_in, install_program, set_permissions};

const LAUNCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/skill/scripts/mcs-gmail");
const BINARY: &str = env!("CARGO_BIN_EXE_mcs-gmail");
const PATH: &str = "/usr/bin:/bin";

/// A skill that is installed in a home directory.
struct Bundle {
    home: tempfile::TempDir,
    scripts: PathBuf,
}

impl Bundle {
    /// The launcher without a binary.
    fn new() -> Bundle {
        Bundle::below(OsStr::new("my skills"))
    }

    fn below(name: &OsStr) -> Bundle {
        let home = tempfile::tempdir().unwrap();
        let scripts = home.path().join(name).join("mcs-gmail/scripts");
        fs::create_dir_all(&scripts).unwrap();
        fs::write(scripts.with_file_name("SKILL.md"), "").unwrap();
        install_program(LAUNCHER, &scripts.join("mcs-gmail"));
        Bundle { home, scripts }
    }

    fn with_binary() -> Bundle {
        let bundle = Bundle::new();
        install_program(BINARY, &bundle.binary());
        bundle
    }

    fn launcher(&self) -> PathBuf {
        self.scripts.join("mcs-gmail")
    }

    fn binary(&self) -> PathBuf {
        let system = std::env::consts::OS.replace("macos", "darwin");
        self.scripts.join(format!("mcs-gmail-{system}-{}", std::env::consts::ARCH))
    }

    /// A directory of the home directory.
    fn directory(&self, name: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// The commands that make it read-only.
    fn read_only(&self) -> String {
        let scripts = self.scripts.display();
        format!("mount --bind '{scripts}' '{scripts}'; mount -o remount,bind,ro '{scripts}'")
    }

    fn run(&self, shell: &[&str]) -> Started {
        self.run_with(shell, OsStr::new(PATH), &[])
    }

    fn run_with(&self, shell: &[&str], path: &OsStr, env: &[(&str, &OsStr)]) -> Started {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(self.launcher()).arg("--version").current_dir(self.home.path());
        command.env_clear().env("PATH", path).envs(env.iter().copied());
        Started(command.output().unwrap_or_else(|e| panic!("{command:?}: {e}")))
    }

    /// Runs it with mounts of its own. None where this machine permits none.
    fn run_with_mounts(&self, mounts: &str, tmpdir: &Path) -> Option<Started> {
        self.run_script(&format!("{mounts}; exec sh \"$0\" --version"), tmpdir)
    }

    /// Runs a script that may mount something. The launcher is its `$0`.
    fn run_script(&self, script: &str, tmpdir: &Path) -> Option<Started> {
        let probe = Command::new("unshare").args(["-m", "mount", "--bind", "/tmp", "/tmp"]).output();
        if !probe.is_ok_and(|done| done.status.success()) {
            return None;
        }
        let script = format!("set -e; {script}");
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &script]).arg(self.launcher()).env_clear().env("PATH", PATH);
        Some(Started(command.env("TMPDIR", tmpdir).env("HOME", self.home.path()).output().unwrap()))
    }
}

#[derive(Debug)]
struct Started(Output);

impl Started {
    fn succeeds(&self) {
        assert!(self.0.status.success() && self.0.stdout.starts_with(b"mcs-gmail "), "{:?}", self.0);
        assert!(self.0.stderr.is_empty(), "{:?}", self.0);
    }

    /// Message and hint of the error document, the last line of stderr.
    fn refuses(&self) -> (String, String) {
        assert_eq!((self.0.status.code(), &self.0.stdout[..]), (Some(10), &b""[..]), "{:?}", self.0);
        let line = self.0.stderr.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap();
        let document: Value = serde_json::from_slice(line).unwrap_or_else(|e| panic!("{e}: {:?}", self.0));
        let error = &document["error"];
        assert_eq!((&error["code"], &error["exit"]), (&"configuration".into(), &10.into()), "{error}");
        (error["message"].as_str().unwrap().into(), error["hint"].as_str().unwrap().into())
    }
}

/// The shells of this machine that can be /bin/sh.
fn shells() -> Vec<Vec<&'static str>> {
    let all = [
        &["/bin/sh"][..],
        &["/bin/dash"],
        &["/bin/bash", "--posix"],
        &["/bin/bash"],
        &["/bin/busybox", "sh"],
    ];
    all.into_iter().filter(|shell| Path::new(shell[0]).exists()).map(<[_]>::to_vec).collect()
}

/// A PATH with these directories in front.
fn path_of(directories: &[&Path]) -> OsString {
    let usual = Path::new("/usr/bin:/bin");
    let all: Vec<&OsStr> = directories.iter().copied().chain([usual]).map(Path::as_os_str).collect();
    all.join(OsStr::new(":"))
}

#[test]
fn it_starts_the_binary_of_the_bundle_through_links_and_from_any_directory() {
    for shell in shells() {
        Bundle::with_binary().run(&shell).succeeds();
    }
    let bundle = Bundle::with_binary();
    let link = bundle.directory("links").join("mcs-gmail");
    symlink("../my skills/mcs-gmail/scripts/mcs-gmail", &link).unwrap();
    let scripts = bundle.home.path().join("linked");
    symlink(&bundle.scripts, &scripts).unwrap();
    for (directory, name) in
        [("links", "./mcs-gmail"), ("links", "../linked/mcs-gmail"), ("", "linked/./mcs-gmail")]
    {
        let directory = bundle.home.path().join(directory);
        // The binary lists the skill's configuration file if it was told where the skill is.
        let mut command = Command::new(name);
        command.args(["config", "path"]).current_dir(directory).env_clear().env("PATH", PATH);
        let paths = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(paths.contains("/my skills/mcs-gmail/config.toml"), "{name}: {paths}");
    }
}

#[test]
fn it_finds_the_binary_on_the_path_and_then_in_the_usual_places() {
    for shell in shells() {
        let bundle = Bundle::new();
        let (message, hint) = bundle.run(&shell).refuses();
        assert!(message.contains("was not found"), "{message}");
        assert!(hint.contains("pip install mcs-gmail") && hint.contains("next to the launcher"), "{hint}");
        for place in [".cargo/bin", ".local/bin"] {
            let bundle = Bundle::new();
            symlink(BINARY, bundle.directory(place).join("mcs-gmail")).unwrap();
            let home = bundle.home.path().as_os_str();
            bundle.run_with(&shell, OsStr::new(PATH), &[("HOME", home)]).succeeds();
            bundle.run_with(&shell, OsStr::new("/nowhere"), &[("HOME", home)]).succeeds();
            bundle.run(&shell).refuses();
        }
        let bin = bundle.directory("bin");
        symlink(BINARY, bin.join("mcs-gmail")).unwrap();
        bundle.run_with(&shell, &path_of(&[&bin]), &[]).succeeds();
    }
}

#[test]
fn it_never_starts_itself_and_looks_further() {
    let bundle = Bundle::new();
    let places = ["link", "copy", "wrapper", "binary"].map(|name| bundle.directory(name));
    symlink(bundle.launcher(), places[0].join("mcs-gmail")).unwrap();
    install_program(LAUNCHER, &places[1].join("mcs-gmail"));
    let wrapper = bundle.home.path().join("wrapper.sh");
    fs::write(&wrapper, format!("#!/bin/sh\nexec '{}' \"$@\"\n", bundle.launcher().display())).unwrap();
    install_program(&wrapper, &places[2].join("mcs-gmail"));
    symlink(BINARY, places[3].join("mcs-gmail")).unwrap();
    let [link, copy, wrapper, binary] = places.each_ref().map(PathBuf::as_path);
    for shell in shells() {
        let run = |directories: &[&Path]| bundle.run_with(&shell, &path_of(directories), &[]);
        run(&[&bundle.scripts]).refuses();
        run(&[link]).refuses();
        run(&[copy]).refuses();
        let (message, _) = run(&[wrapper]).refuses();
        assert!(message.contains("leads back"), "{message}");
        run(&[&bundle.scripts, link, copy, binary]).succeeds();
    }
}

/// The header of a binary for another machine.
fn foreign_binary() -> Vec<u8> {
    let machine = if cfg!(target_arch = "x86_64") { 0xb7 } else { 0x3e };
    [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0", &[machine, 0, 1, 0, 0, 0][..], &[0; 40], b"\n"].concat()
}

#[test]
fn whatever_lies_in_place_of_the_binary_is_named() {
    for shell in shells() {
        let refusal = |make: &dyn Fn(&Path)| {
            let bundle = Bundle::new();
            make(&bundle.binary());
            let started = bundle.run(&shell);
            let (message, hint) = started.refuses();
            assert!(
                started.0.stderr.starts_with(b"{") || message.contains("cannot be started"),
                "{started:?}"
            );
            assert!(message.contains("/my skills/mcs-gmail/scripts/mcs-gmail-"), "{message}");
            assert!(hint.contains("mcs-gmail-"), "{hint}");
            message
        };
        let content = |bytes: &[u8]| {
            refusal(&|path| {
                let source = path.with_file_name("source");
                fs::write(&source, bytes).unwrap();
                install_program(source, path);
            })
        };
        assert!(refusal(&|path| fs::create_dir(path).unwrap()).contains("is a directory"));
        assert!(refusal(&|path| symlink("gone", path).unwrap()).contains("does not exist"));
        assert!(refusal(&|path| symlink("/dev/null", path).unwrap()).contains("not a regular file"));
        assert!(content(b"touch should-not-run\n").contains("is not a program"));
        assert!(content(b"version https://git-lfs.github.com/spec/v1\n").contains("is not a program"));
        assert!(content(b"").contains("is not a program"));
        assert!(content(&foreign_binary()).contains("is a binary for"));
        assert!(content(&fs::read(LAUNCHER).unwrap()).contains("is the launcher"));
        let binary = fs::read(BINARY).unwrap();
        assert!(content(&binary[..40]).contains("is cut off"));
        content(&binary[..binary.iter().position(|b| *b == b'\n').unwrap().min(500)]);
        assert!(content(b"#!/nowhere/interpreter\n").contains("requires /nowhere/interpreter"));
        assert!(content(b"#! /bin/sh\r\necho should-not-run\r\n").contains("requires /bin/sh?"));
        if cfg!(target_os = "linux") {
            assert!(content(b"\xcf\xfa\xed\xfe\x07\0\0\x01for\nDarwin").contains("for Linux"));
            assert!(content(b"\xff\xfet\0e\0x\0t\0\n\0").contains("for Linux"));
        }
        let loader = b"/ld-linux";
        if let Some(at) = binary.windows(loader.len()).position(|bytes| bytes == loader) {
            // Built for a C library that this machine does not have.
            let mut other = binary.clone();
            other[at..at + loader.len()].copy_from_slice(b"/ld-other");
            assert!(content(&other).contains("/ld-other"), "the loader is not named");
        }
    }
}

#[test]
fn a_binary_that_cannot_be_used_does_not_hide_another_one() {
    let bundle = Bundle::new();
    fs::create_dir(bundle.binary()).unwrap();
    let (broken, good) = (bundle.directory("broken"), bundle.directory("good"));
    fs::write(broken.join("mcs-gmail"), "text").unwrap();
    symlink(BINARY, good.join("mcs-gmail")).unwrap();
    for shell in shells() {
        bundle.run_with(&shell, &path_of(&[&broken, &good]), &[]).succeeds();
    }
    let bundle = Bundle::new();
    let (message, hint) = bundle.run_with(&["/bin/sh"], &path_of(&[&broken]), &[]).refuses();
    assert!(message.contains("is not executable") && hint.contains("chmod +x"), "{message} {hint}");
}

#[test]
fn it_works_where_installers_dropped_the_executable_bits() {
    for shell in shells() {
        let bundle = Bundle::with_binary();
        set_permissions(&bundle.binary(), 0o644);
        set_permissions(&bundle.launcher(), 0o644);
        bundle.run(&shell).succeeds();
    }
}

#[test]
fn a_bundle_that_is_mounted_read_only_runs_as_a_copy_in_the_first_place_that_can() {
    let bundle = Bundle::with_binary();
    set_permissions(&bundle.binary(), 0o644);
    let read_only = bundle.read_only();
    let places = [bundle.home.path().join("missing"), bundle.directory("full"), bundle.directory("noexec")];
    let [missing, full, noexec] = places.each_ref().map(|place| place.display().to_string());
    let mounts = format!(
        "{read_only}; mount -t tmpfs -o size=64k none '{full}'; mount -t tmpfs -o noexec none '{noexec}'"
    );
    for place in [&missing, &full, &noexec] {
        let Some(started) = bundle.run_with_mounts(&mounts, Path::new(place)) else { return };
        started.succeeds();
    }
    let all = ["/tmp", "/var/tmp", "/dev/shm"];
    let noexec = all.map(|p| format!("mount --bind {p} {p}; mount -o remount,bind,noexec {p}")).join("; ");
    let started = bundle.run_with_mounts(&noexec, Path::new("/tmp")).unwrap();
    let (message, hint) = started.refuses();
    assert!(message.contains("is not executable") && hint.contains("TMPDIR"), "{message} {hint}");
    // Nothing stays, neither of the copies that ran nor of those that could not.
    assert!(files_in(bundle.home.path()).iter().all(|name| !name.contains("mcs-gmail")));
}

#[test]
fn a_copy_reads_the_stdin_of_the_launcher() {
    let bundle = Bundle::new();
    fs::copy("/bin/cat", bundle.binary()).unwrap();
    set_permissions(&bundle.binary(), 0o644);
    for shell in shells() {
        let shell = shell.join(" ");
        let script = format!(
            "{}; echo text | {shell} \"$0\" -; {shell} \"$0\" - <&- 2>/dev/null || echo closed $?",
            bundle.read_only()
        );
        let Some(started) = bundle.run_script(&script, Path::new("/tmp")) else { return };
        assert_eq!(String::from_utf8_lossy(&started.0.stdout), "text\nclosed 1\n", "{shell}: {started:?}");
    }
}

#[test]
fn a_signal_ends_a_copy_and_the_launcher() {
    let bundle = Bundle::new();
    fs::copy("/bin/sleep", bundle.binary()).unwrap();
    set_permissions(&bundle.binary(), 0o644);
    for shell in shells() {
        let shell = shell.join(" ");
        // `timeout` sends the signal to the launcher alone. The copy is gone when the launcher ends.
        let script = format!(
            "{}; for signal in HUP INT QUIT TERM; do \
             timeout --foreground --preserve-status -s $signal 0.5 {shell} \"$0\" 77 || echo $?; done; \
             ls \"$TMPDIR\"",
            bundle.read_only()
        );
        let start = std::time::Instant::now();
        let Some(started) = bundle.run_script(&script, &bundle.directory("place")) else { return };
        let told = String::from_utf8_lossy(&started.0.stdout);
        assert_eq!(told, "129\n130\n131\n143\n", "{shell}: {started:?}");
        assert!(start.elapsed().as_secs() < 60, "{shell}: the copy ignored a signal");
    }
}

#[test]
fn nothing_in_the_current_directory_is_run() {
    for shell in shells() {
        let bundle = Bundle::with_binary();
        for name in ["uname", "readlink", "mcs-gmail"] {
            let program = bundle.home.path().join(name);
            fs::write(&program, "#!/bin/sh\necho from here >&2\n").unwrap();
            set_permissions(&program, 0o755);
        }
        bundle.run_with(&shell, OsStr::new(""), &[]).succeeds();
        fs::remove_file(bundle.binary()).unwrap();
        let (message, _) = bundle.run_with(&shell, OsStr::new(""), &[]).refuses();
        assert!(message.contains("not found"), "{message}");
    }
}

#[test]
fn the_error_document_is_valid_whatever_is_in_the_path() {
    let names: [&[u8]; 7] =
        [b"a\"b", b"a\\b", b"a\nb", b"a\tb\x01\x7f", "\u{e4}\u{1f600}".as_bytes(), b"\xe4", b"%s$(id)`id`"];
    for shell in shells() {
        for name in names {
            let bundle = Bundle::below(OsStr::from_bytes(name));
            fs::create_dir(bundle.binary()).unwrap();
            let (message, _) = bundle.run(&shell).refuses();
            assert!(message.ends_with("is a directory"), "{message}");
            if let Ok(text) = std::str::from_utf8(name)
                && !text.chars().any(char::is_control)
            {
                assert!(message.contains(text), "{message}");
            }
        }
    }
}
