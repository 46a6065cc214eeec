//! A person at a terminal who reads what is asked and types.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Stdio},
    sync::mpsc::{Receiver, channel},
};

use super::{PATIENCE, User};

/// A terminal with a shell command that runs in it.
pub struct Terminal<'u> {
    user: &'u User,
    child: Child,
    stdin: ChildStdin,
    output: Receiver<Vec<u8>>,
    seen: String,
    /// Up to where the output was expected.
    read: usize,
}

impl User {
    /// Runs a shell command at a terminal, in which `mcs-gmail` is the program and variables are set; None where this
    /// machine has no `script` to make a terminal.
    pub fn terminal(&self, line: &str) -> Option<Terminal<'_>> {
        let mut command = self.script(line);
        command.current_dir(self.home());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Terminal { user: self, child, stdin, output, seen: String::new(), read: 0 })
    }
}

impl Terminal<'_> {
    /// Waits until this is shown, after what was expected before.
    pub fn expect(&mut self, text: &str) {
        loop {
            if let Some(at) = self.seen[self.read..].find(text) {
                self.read += at + text.len();
                return;
            }
            let more = self.output.recv_timeout(PATIENCE);
            let more = more.unwrap_or_else(|_| panic!("{text:?} is not in {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Types a line.
    pub fn types(&mut self, text: &str) {
        self.stdin.write_all(format!("{text}\r").as_bytes()).unwrap();
    }

    /// Presses a key that is one character.
    pub fn presses(&mut self, key: char) {
        self.stdin.write_all(&[key as u8]).unwrap();
    }

    /// Waits for the end of the command: its exit status, and all that was shown.
    pub fn ends(mut self) -> (Option<i32>, String) {
        while let Ok(more) = self.output.recv_timeout(PATIENCE) {
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        self.user.look_through(&self.seen);
        (self.child.wait().unwrap().code(), self.seen)
    }
}
