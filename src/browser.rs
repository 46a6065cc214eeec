//! Opens a URL in the user's browser.
//!
//! No shell is involved: the URL is one argument of one command. It must be an https:// URL or a URL of this machine.
//! The browser runs detached: it has no terminal, and this program does not wait for it.

use std::{
    ffi::{OsStr, OsString},
    io::{self, ErrorKind},
    process::{Command, Stdio},
};

use url::Url;

use crate::url as urls;

/// The commands that open a URL in the default browser of this system, in the order in which they are tried.
/// `wslview` exists only under WSL, where it opens the browser of Windows.
const OPENERS: &[&str] = if cfg!(target_os = "macos") {
    &["/usr/bin/open"]
} else if cfg!(windows) {
    &["rundll32.exe url.dll,FileProtocolHandler"]
} else {
    &["wslview", "xdg-open", "gio open", "x-www-browser"]
};

/// Opens `url`. `browser` is the variable `BROWSER`: commands separated by colons, tried before those of the
/// system. A command that starts counts as success.
pub(crate) fn open(url: &str, browser: Option<&OsStr>) -> io::Result<()> {
    let url = Url::parse(url)
        .ok()
        .filter(urls::is_https_or_loopback)
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "only https:// URLs can be opened"))?;
    // A Windows path contains colons, and BROWSER is not used there.
    let preferred = browser.filter(|_| !cfg!(windows)).map(|lines| split(lines, |b| b == b':'));
    let mut outcome = Err(ErrorKind::NotFound.into());
    for line in preferred.into_iter().flatten().chain(OPENERS.iter().map(OsString::from)) {
        let Some(mut command) = command(&line, url.as_str()) else { continue };
        outcome = start(&mut command);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// One command of `BROWSER`, split at blanks. `%s` is replaced by the URL; without it, the URL is the last argument.
/// Words need not be UTF-8: they may be paths. `None` for a blank line.
fn command(line: &OsStr, url: &str) -> Option<Command> {
    let mut words = split(line, |b| b.is_ascii_whitespace()).into_iter();
    let mut command = Command::new(words.next()?);
    let mut placed = false;
    for word in words {
        match word.to_str().filter(|word| word.contains("%s")) {
            Some(text) => {
                command.arg(text.replace("%s", url));
                placed = true;
            }
            None => {
                command.arg(word);
            }
        }
    }
    if !placed {
        command.arg(url);
    }
    Some(command)
}

/// The parts of a text between separators, without the empty ones.
fn split(text: &OsStr, is_separator: fn(u8) -> bool) -> Vec<OsString> {
    #[cfg(unix)]
    let parts = {
        use std::os::unix::ffi::OsStrExt;
        text.as_bytes().split(|b| is_separator(*b)).map(|part| OsStr::from_bytes(part).to_owned())
    };
    #[cfg(not(unix))]
    let text = text.to_string_lossy();
    #[cfg(not(unix))]
    let parts = text.split(|c: char| c.is_ascii() && is_separator(c as u8)).map(OsString::from);
    parts.filter(|part| !part.is_empty()).collect()
}

/// Starts a detached command: it has no streams, and Ctrl-C in the terminal does not reach it.
fn start(command: &mut Command) -> io::Result<()> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // Collects the exit status, so that no zombie remains while this run waits for the sign-in.
    let _ = std::thread::Builder::new().spawn(move || child.wait());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://broker.example/s/1?a=b&c=$(id);d";

    fn words(line: &str) -> Vec<String> {
        let command = command(line.as_ref(), LINK).unwrap();
        let all = std::iter::once(command.get_program()).chain(command.get_args());
        all.map(|word| word.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_url_is_one_argument() {
        assert_eq!(words("xdg-open"), ["xdg-open", LINK]);
        assert_eq!(words("firefox --new-tab"), ["firefox", "--new-tab", LINK]);
        assert_eq!(words("chrome --app=%s --x"), ["chrome", &format!("--app={LINK}"), "--x"]);
    }

    #[test]
    fn only_https_and_this_machine_are_opened() {
        // The command exists and would report success.
        for url in ["file:///etc/passwd", "http://evil.example", "javascript:alert(1)", "-h", "", "https://"]
        {
            let refused = open(url, Some("true".as_ref())).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{url}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_first_command_that_starts_gets_the_url() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        // Linux accepts any bytes in a name.
        let name: &[u8] = if cfg!(target_os = "linux") { b"br\xf6wser" } else { b"browser" };
        let browser = directory.path().join(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name));
        let opened = directory.path().join("opened");
        std::fs::write(
            &browser,
            format!("#!/bin/sh\nprintf '%s' \"$*\" > {0}.part\nmv {0}.part {0}\n", opened.display()),
        )
        .unwrap();
        std::fs::set_permissions(&browser, PermissionsExt::from_mode(0o755)).unwrap();
        let mut variable = OsString::from("/nowhere/browser::");
        variable.push(&browser);
        variable.push(" -n");
        open("http://localhost:1/a b", Some(&variable)).unwrap();
        for _ in 0..1000 {
            if opened.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(std::fs::read_to_string(opened).unwrap(), "-n http://localhost:1/a%20b");
    }
}
