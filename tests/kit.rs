//! A person with a home directory who runs the real binary in a world. Every run's output is searched for
//! every secret that the world ever issued.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use serde_json::{Value, json};

use crate::sandbox::{FULL_SCOPES, World};

pub struct User {
    pub world: World,
    home: tempfile::TempDir,
}

impl User {
    /// Nothing in the cache, everything configured.
    pub fn new() -> User {
        User { world: World::start(), home: tempfile::tempdir().unwrap() }
    }

    /// With a fresh Google access token in the cache.
    pub fn signed_in() -> User {
        let user = User::new();
        let token = user.world.issue_google_token(&FULL_SCOPES, 3600);
        user.write_cache(&json!({"at:gmail": {"v": token, "exp": 4_000_000_000.0}}));
        user
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn cache_file(&self) -> PathBuf {
        self.home().join(".mcs/cache/mcs-gmail.json")
    }

    pub fn write_cache(&self, value: &Value) {
        std::fs::create_dir_all(self.cache_file().parent().unwrap()).unwrap();
        std::fs::write(self.cache_file(), value.to_string()).unwrap();
    }

    pub fn cache(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.cache_file()).unwrap()).unwrap()
    }

    /// Changes the cache file as if time had passed or another program had written it.
    pub fn edit_cache(&self, edit: impl FnOnce(&mut Value)) {
        let mut value = self.cache();
        edit(&mut value);
        self.write_cache(&value);
    }

    /// Lets the next poll happen at once.
    pub fn poll_time_has_come(&self) {
        self.edit_cache(|cache| {
            for (key, entry) in cache.as_object_mut().unwrap() {
                if key.starts_with("mcs-gmail:session:") {
                    let mut notes: Value = serde_json::from_str(entry["v"].as_str().unwrap()).unwrap();
                    notes["next_poll"] = json!(0.0);
                    entry["v"] = notes.to_string().into();
                }
            }
        });
    }

    pub fn run(&self, args: &[&str]) -> Run<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcs-gmail"));
        command.args(args).env_clear().envs(self.world.env()).env("HOME", self.home());
        command.current_dir(self.home());
        Run { user: self, command, stdin: None }
    }

    /// What a person at a terminal sees of a shell command in which `mcs-gmail` is the program; None where this
    /// machine has no `script` to make a terminal.
    pub fn at_terminal(&self, line: &str) -> Option<String> {
        let line = line.replace("mcs-gmail", env!("CARGO_BIN_EXE_mcs-gmail"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env_clear().envs(self.world.env());
        command.env("HOME", self.home()).env("PATH", "/usr/bin:/bin").env("TERM", "xterm");
        let output = command.stdin(Stdio::null()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs and approves until the result is there, as an agent and its user would.
    pub fn sign_in_and_run(&self, args: &[&str]) -> Done {
        for _ in 0..4 {
            let done = self.run(args).done();
            if done.code != 4 {
                return done;
            }
            self.world.approve(done.challenge()["url"].as_str().unwrap()).unwrap();
        }
        panic!("the sign-in does not end");
    }
}

#[must_use]
pub struct Run<'u> {
    user: &'u User,
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Run<'_> {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Runs it as the last words of another command line, such as strace's.
    pub fn under(mut self, wrapper: &[&str]) -> Self {
        let mut outer = Command::new(wrapper[0]);
        outer.args(&wrapper[1..]).arg(self.command.get_program()).args(self.command.get_args());
        outer.env_clear().envs(self.command.get_envs().filter_map(|(k, v)| Some((k, v?))));
        outer.env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir(self.user.home());
        self.command = outer;
        self
    }

    /// Starts it and comes back at once; output is piped.
    pub fn start(mut self) -> Child {
        let input = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child =
            self.command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if let Some(bytes) = self.stdin {
            // A program that does not read its stdin may be gone already.
            let _ = child.stdin.take().unwrap().write_all(&bytes);
        }
        child
    }

    /// Starts it and keeps its stdin open, as a person at the keys does.
    pub fn start_interactive(mut self) -> (Child, ChildStdin) {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        (child, stdin)
    }

    pub fn done(self) -> Done {
        let user = self.user;
        finished(user, self.start())
    }

    /// The result of a run that succeeds and says nothing else.
    pub fn json(self) -> Value {
        let done = self.done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "stdout: {}", done.stdout);
        done.json()
    }

    /// The error of a run that ends with this code and prints no result.
    pub fn fails(self, code: i32) -> Value {
        let done = self.done();
        assert_eq!((done.code, done.stdout.as_str()), (code, ""), "stderr: {}", done.stderr);
        done.error()
    }
}

/// Waits for a child and checks that nothing secret came out of it.
pub fn finished(user: &User, child: Child) -> Done {
    let output = child.wait_with_output().unwrap();
    let done = Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    for secret in user.world.secrets() {
        assert!(!done.stdout.contains(&secret), "a secret on stdout: {}", done.stdout);
        assert!(!done.stderr.contains(&secret), "a secret on stderr: {}", done.stderr);
    }
    assert!(!done.stderr.contains("panicked at"), "{}", done.stderr);
    done
}

#[derive(Debug)]
pub struct Done {
    /// The exit status; -1 when a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// The challenge of a run that needs a person.
    pub fn challenge(&self) -> Value {
        assert_eq!(self.code, 4, "{} {}", self.stdout, self.stderr);
        self.json()
    }

    /// The member `error` of the document on the last line of stderr.
    pub fn error(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        let document: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {}", self.stderr));
        assert_eq!(document["error"]["exit"], self.code, "{document}");
        assert!(document["error"]["hint"].is_string(), "no hint: {document}");
        document["error"].clone()
    }
}
