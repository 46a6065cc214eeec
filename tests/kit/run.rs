//! One run of the program: how it is started, and what came out of it.

use std::{
    ffi::OsStr,
    io::Write,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use super::{User, contract};

#[must_use]
pub struct Run<'u> {
    user: &'u User,
    command: Command,
    args: Vec<String>,
    stdin: Option<Vec<u8>>,
}

impl<'u> Run<'u> {
    pub(super) fn new(user: &'u User, args: &[&str]) -> Run<'u> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcs-gmail"));
        command.args(args).env_clear().envs(user.world.env()).env("HOME", user.home());
        command.current_dir(user.home());
        let args = args.iter().map(|arg| arg.to_string()).collect();
        Run { user, command, args, stdin: None }
    }

    pub fn env(self, name: &str, value: &str) -> Self {
        self.env_os(name, value)
    }

    /// A variable whose value need not be text.
    pub fn env_os(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// One more argument, which need not be text.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_string_lossy().into_owned());
        self.command.arg(arg);
        self
    }

    /// Runs it in this directory instead of the home.
    pub fn inside(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
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

    /// Starts it and returns at once; its output is piped.
    pub fn start(mut self) -> Running<'u> {
        let input = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = self.spawn(input);
        if let Some(bytes) = self.stdin {
            // A program that does not read its stdin may have ended already.
            let _ = child.stdin.take().unwrap().write_all(&bytes);
        }
        Running { user: self.user, args: self.args, child }
    }

    /// Starts it and keeps its stdin open, as a person at a keyboard does.
    pub fn start_interactive(mut self) -> (Running<'u>, ChildStdin) {
        let mut child = self.spawn(Stdio::piped());
        let stdin = child.stdin.take().unwrap();
        (Running { user: self.user, args: self.args, child }, stdin)
    }

    fn spawn(&mut self, input: Stdio) -> Child {
        self.command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs it with its stdout going there, and gives the exit code and stderr.
    pub fn with_stdout(mut self, stdout: impl Into<Stdio>) -> (Option<i32>, String) {
        let output = self.command.stdin(Stdio::null()).stdout(stdout).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    pub fn done(self) -> Done {
        self.start().done()
    }

    /// The result of a run that succeeds and says nothing else.
    pub fn json(self) -> Value {
        let done = self.done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "stdout: {}", done.stdout);
        done.json()
    }

    /// The same for a result that is an array.
    pub fn rows(self) -> Vec<Value> {
        match self.json() {
            Value::Array(rows) => rows,
            other => panic!("not an array: {other}"),
        }
    }

    /// The result of a run that needs a person.
    pub fn challenge(self) -> Value {
        self.done().challenge()
    }

    /// The error of a run that ends with this code and prints no result.
    pub fn fails(self, code: i32) -> Value {
        let done = self.done();
        assert_eq!((done.code, done.stdout.as_str()), (code, ""), "stderr: {}", done.stderr);
        done.error()
    }

    /// A run that succeeds in silence, as cron likes it.
    pub fn says_nothing(self) {
        let done = self.done();
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (0, "", ""));
    }

    /// Runs to the end; what came out, and the peak of its memory in kB.
    #[cfg(target_os = "linux")]
    pub fn with_peak_memory(self) -> (Done, u64) {
        let running = self.start();
        let status = format!("/proc/{}/status", running.id());
        let watch = std::thread::spawn(move || {
            let mut peak = 0;
            while let Some(now) = peak_so_far(&status) {
                peak = now;
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            peak
        });
        let done = running.done();
        (done, watch.join().unwrap())
    }
}

/// In kB; None once the process has ended.
#[cfg(target_os = "linux")]
fn peak_so_far(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// A run that has been started.
#[must_use]
pub struct Running<'u> {
    user: &'u User,
    args: Vec<String>,
    child: Child,
}

impl Running<'_> {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its stdout; dropping it closes the pipe.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.id().to_string()]).status().unwrap().success());
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end. Stdout need not be text here.
    pub fn output(self) -> std::process::Output {
        self.child.wait_with_output().unwrap()
    }

    /// Waits for its end and checks that nothing secret came out of it.
    pub fn done(self) -> Done {
        let (user, args) = (self.user, self.args.clone());
        let output = self.output();
        let done = Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        user.look_through(&done.stdout);
        user.look_through(&done.stderr);
        contract::check(&args, &done);
        done
    }
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

    /// The documents of `--format jsonl`.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
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
