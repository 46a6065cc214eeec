//! The kit of the stories: a user with a home directory, in a world, who runs the real binary.
//!
//! ```ignore
//! let user = User::signed_in();                                  // a world of its own, and a home in it
//! user.receive("From: b@example.org\nSubject: Hi\n\nHello\n");   // given: mail, faults, a policy, an old cache
//! let rows = user.run(&["list", "--limit", "1"]).rows();         // when: the program runs
//! assert_eq!(rows[0]["subject"], "Hi");                          // then
//! assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2);           // and what the services saw of it
//! ```
//!
//! How a story begins, with more and more in the cache: [`User::new`], [`User::without_poll_interval`],
//! [`User::ready_to_sign_in`], [`User::not_connected`], [`User::with_refresh_token`], [`User::signed_in`].
//! [`User::time_passes`] lets things expire, so that no test waits; `user.world.hold(fault)` holds a request back.
//!
//! How a run ends decides what is asserted with it:
//!
//! | call | asserts | gives |
//! |---|---|---|
//! | `json`, `rows` | exit code 0, nothing on stderr | the document on stdout, or its array |
//! | `challenge` | exit code 4 | the document that asks for a sign-in |
//! | `fails(code)` | this exit code, nothing on stdout, an error document with a hint | its member `error` |
//! | `says_nothing` | exit code 0, no output at all | |
//! | `done` | nothing more | exit code, stdout and stderr |
//!
//! Always asserted: every result and every error is what `schema` says, no secret that the world issued is in the output, the program did not panic, and, when the
//! world ends, every request was one that the real services would have understood.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::sandbox::{FULL_SCOPES, World};

mod cache;
mod contract;
mod files;
mod mail;
mod run;
mod screen;
mod system;
mod terminal;

pub use contract::{schema, violation};
pub use files::{files_in, install_program, permissions_of, set_permissions};
pub use mail::{emails, names_and_emails};
pub use run::{Done, Run, Running};
pub use screen::{DARK, LIGHT, decode_qr, plain, width};

/// The shortest run that needs a token and Gmail.
pub const LIST: [&str; 3] = ["list", "--limit", "1"];
/// The keys of the tokens in the cache.
pub const REFRESH_TOKEN: &str = "rt:mcs-sandbox.eu.auth0.com";
pub const ACCESS_TOKEN: &str = "at:gmail";

/// How long a run may take unless it is told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(40);
/// How long a test waits for something that must happen, on a machine however busy.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct User {
    pub world: World,
    home: tempfile::TempDir,
}

impl User {
    /// Everything is configured and nothing is cached; the broker may be polled every five seconds.
    pub fn new() -> User {
        User { world: World::start(), home: tempfile::tempdir().unwrap() }
    }

    /// Nothing is cached, and the broker may be polled at any time.
    pub fn without_poll_interval() -> User {
        let user = User::new();
        user.world.broker(|broker| broker.interval_s = 0);
        user
    }

    /// The key pair is in the cache, and the broker may be polled at any time.
    pub fn ready_to_sign_in() -> User {
        let user = User::without_poll_interval();
        user.write_cache(&json!({"linkauth:privkey": {"v": cache::key_pair()}}));
        user
    }

    /// Signed in to Auth0, but the Google account is not connected: the connect visit is next.
    pub fn not_connected() -> User {
        let user = User::ready_to_sign_in();
        let token = user.world.auth0(|tenant| tenant.sign_in());
        user.cache_refresh_token(&token);
        user
    }

    /// Signed in to Auth0 and connected; the next run exchanges the refresh token for an access token.
    pub fn with_refresh_token() -> User {
        let user = User::ready_to_sign_in();
        let token = user.world.signed_in_refresh_token();
        user.cache_refresh_token(&token);
        user
    }

    /// With an access token that stays valid, and nothing to renew it with.
    pub fn signed_in() -> User {
        let user = User::new();
        user.write_cache(&json!({}));
        user.cache_access_token();
        user
    }

    /// May change settings, too: by the policy, and by the scope of the token that is cached or of the next sign-in.
    pub fn allowing_settings(self) -> User {
        self.configure("[policy]\naccess = \"settings\"\n");
        if self.cache_file().exists() && self.cache().get(ACCESS_TOKEN).is_some() {
            let scopes =
                [&FULL_SCOPES[..], &["https://www.googleapis.com/auth/gmail.settings.basic"]].concat();
            let token = self.world.issue_google_token(&scopes, 3600);
            self.edit_cache(|cache| cache[ACCESS_TOKEN]["v"] = json!(token));
        }
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn run(&self, args: &[&str]) -> Run<'_> {
        Run::new(self, args)
    }

    /// What a person at a terminal sees of a shell command in which `mcs-gmail` is the program; None where this
    /// machine has no `script` to make a terminal.
    pub fn at_terminal(&self, line: &str) -> Option<String> {
        let output = self.script(line).stdin(Stdio::null()).output().ok()?;
        Some(self.looked_through(&output.stdout))
    }

    /// A shell command at a terminal, in which `mcs-gmail` is the program.
    fn script(&self, line: &str) -> Command {
        let line = line.replace("mcs-gmail", env!("CARGO_BIN_EXE_mcs-gmail"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env_clear().envs(self.world.env());
        command.env("HOME", self.home()).env("PATH", "/usr/bin:/bin").env("TERM", "xterm");
        command
    }

    /// Checks that nothing secret came out, and that the program did not panic.
    fn look_through(&self, shown: &str) {
        for secret in self.world.secrets() {
            assert!(!shown.contains(&secret), "a secret was shown: {shown}");
        }
        assert!(!shown.contains("panicked at"), "{shown}");
    }

    fn looked_through(&self, shown: &[u8]) -> String {
        let shown = String::from_utf8_lossy(shown).into_owned();
        self.look_through(&shown);
        shown
    }

    /// The same at a terminal of this size, without the carriage returns of its lines.
    pub fn at_terminal_of(&self, (columns, rows): (usize, usize), line: &str) -> Option<String> {
        let screen = self.at_terminal(&format!("stty cols {columns} rows {rows}; {line}"))?;
        Some(screen.replace("\r\n", "\n"))
    }

    /// The same with a person who types; the home directory is the working directory.
    pub fn typing_at_terminal(&self, line: &str, typed: &str, env: &[(&str, &str)]) -> Option<String> {
        let mut command = self.script(line);
        command.env("TMPDIR", self.home()).envs(env.iter().copied()).current_dir(self.home());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let mut keyboard = child.stdin.take().unwrap();
        // The program may end before it has read everything.
        let _ = std::io::Write::write_all(&mut keyboard, typed.as_bytes());
        let output = child.wait_with_output().unwrap();
        drop(keyboard);
        Some(self.looked_through(&output.stdout))
    }

    /// The person opens the link of a challenge, signs in or allows Gmail, and ends at the success page.
    pub fn approve(&self, challenge: &Value) {
        self.world.approve(url(challenge)).unwrap();
    }

    /// The person opens the link, confirms the code, and says no at the provider.
    pub fn refuse(&self, challenge: &Value) {
        self.world.refuse(url(challenge)).unwrap();
    }

    /// Runs and approves both visits of a new user. The run after it has a result.
    pub fn approve_both_visits<'u>(&self, run: impl Fn() -> Run<'u>) {
        for _ in 0..2 {
            self.approve(&run().challenge());
        }
    }

    /// Runs and approves until there is a result, as an agent and its user would.
    pub fn sign_in_and_run(&self, args: &[&str]) -> Done {
        for _ in 0..4 {
            let done = self.run(args).done();
            if done.code != 4 {
                return done;
            }
            self.approve(&done.challenge());
        }
        panic!("the sign-in does not end");
    }

    /// Signs in, in as many visits as it takes.
    pub fn sign_in(&self) {
        assert_eq!(self.sign_in_and_run(&LIST).code, 0);
    }

    /// Writes the user's own configuration file, which is always read.
    pub fn configure(&self, toml: &str) -> PathBuf {
        self.write_file(".mcs/mcs-gmail.toml", toml)
    }

    /// Writes a file below the home directory.
    pub fn write_file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }
}

/// The link of a challenge.
pub fn url(challenge: &Value) -> &str {
    challenge["url"].as_str().unwrap()
}

/// The names of an object's members, in their order.
pub fn members(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// One member of every row.
pub fn column<'a>(rows: impl IntoIterator<Item = &'a Value>, name: &str) -> Vec<&'a str> {
    rows.into_iter().map(|row| row[name].as_str().unwrap()).collect()
}

/// Waits until the condition holds, and fails the test where it never does.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "still not after {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Does the work for all items at the same time: most stories wait more than they compute.
pub fn for_each_in_parallel<T: Send>(items: impl IntoIterator<Item = T>, work: impl Fn(T) + Sync) {
    let work = &work;
    std::thread::scope(|scope| {
        for item in items {
            scope.spawn(move || work(item));
        }
    });
}
