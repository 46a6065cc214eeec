//! `cargo run --example sandbox -- list --limit 5`: the program in a world of its own, on one machine.
//!
//! Starts the sandbox, runs the program in it as a child process, and plays the person who opens the
//! sign-in links. `--by-hand` leaves the links to you; `--serve` keeps the world open for other programs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to the person who runs it")]

use std::{
    ffi::OsString,
    io::Write,
    process::{Command, ExitCode, Output, Stdio},
    time::Duration,
};

use sandbox::World;
use serde_json::Value;

#[path = "mod.rs"]
mod sandbox;

/// Makes a process of this example act as the program.
const CHILD: &str = "SANDBOX_CHILD";
/// The program's exit code for "a person must sign in".
const SIGN_IN: i32 = 4;
const MAX_ROUNDS: usize = 5;
const USAGE: &str = "\
Usage: sandbox [OPTION]... [ARGUMENT OF mcs-gmail]...

  --by-hand       show sign-in links and wait until you have visited them
  --serve         print the environment for other programs and stay until killed
  --auto-approve  approve every new session at once
  --person        approve each link that is written to stdin, one a line, and end with it; the other lines that it takes are
                  costs (connections, requests and quota units since the last one), latency MS, bulk N (so many
                  messages arrive) and parts N (Gmail takes so many parts of a batch at once)
  --latency MS    delay each round trip through the proxy: TCP, CONNECT, TLS, and each request
  --google-token  print a Google access token with full scopes
  --discovery     serve Google's description of the Gmail API to programs that ask for it
  --proxy-login USER:PASSWORD  credentials without which the proxy answers 407
  --forbid HOST   refuse this host instead of counting it as a fault
  --help          print this page; after an argument of mcs-gmail, its own help

Without --by-hand, a person of the sandbox opens the links and approves them. The options of the sandbox stand first;
-- may separate them from the arguments of mcs-gmail. With --person, the hosts are reached through the proxy by their names
only, and a request that a real service would not accept is a failure at the end.

  sandbox list --limit 5                   the main job, from nothing to mail
  sandbox exec list_messages '{\"limit\":1}'
  sandbox --serve > sandbox.env            then, in another shell: . ./sandbox.env; mcs-gmail list
";

fn main() -> ExitCode {
    if is_child() {
        return mcs_gmail::run(std::env::args_os());
    }
    let (options, arguments) = match Options::parse(std::env::args_os().skip(1)) {
        Ok(parsed) => parsed,
        Err(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(Some(problem)) => {
            eprint!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let world = World::start();
    // A person at a terminal need not wait for the poll interval of a real broker.
    world.broker(|broker| broker.interval_s = 1);
    world.gmail(|gmail| gmail.fill_today(jiff::Timestamp::now().as_millisecond()));
    if let Some((user, password)) = &options.proxy_login {
        world.require_proxy_login(user, password);
    }
    if options.discovery {
        world.allow(sandbox::discovery::DISCOVERY_HOST);
    }
    if let Some(host) = &options.forbid {
        world.forbid(host);
    }
    world.set_round_trip(Duration::from_millis(options.latency));
    if options.by_hand || options.serve && !options.person {
        world.open_pages();
    }
    if options.serve { serve(&world, &options) } else { run(&world, &arguments, options.by_hand) }
}

#[expect(clippy::disallowed_methods, reason = "the marker is the example's own, not the program's")]
fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[derive(Default)]
struct Options {
    by_hand: bool,
    serve: bool,
    auto_approve: bool,
    person: bool,
    google_token: bool,
    discovery: bool,
    proxy_login: Option<(String, String)>,
    forbid: Option<String>,
    latency: u64,
}

impl Options {
    /// Ours come first; the program's begin with the first argument that is not ours. An error without a text is a
    /// request for help.
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<(Options, Vec<OsString>), Option<String>> {
        let mut options = Options::default();
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.peek() {
            match argument.to_str() {
                Some("--by-hand") => options.by_hand = true,
                Some("--serve") => options.serve = true,
                Some("--auto-approve") => options.auto_approve = true,
                Some("--person") => options.person = true,
                Some("--google-token") => options.google_token = true,
                Some("--discovery") => options.discovery = true,
                Some("--proxy-login") => {
                    arguments.next();
                    let login = arguments.peek().and_then(|value| value.to_str()?.split_once(':'));
                    let (user, password) =
                        login.ok_or_else(|| Some("--proxy-login needs USER:PASSWORD".into()))?;
                    options.proxy_login = Some((user.to_owned(), password.to_owned()));
                }
                Some("--forbid") => {
                    arguments.next();
                    let host = arguments.peek().and_then(|value| value.to_str());
                    options.forbid =
                        Some(host.ok_or_else(|| Some("--forbid needs a host".into()))?.to_owned());
                }
                Some("--latency") => {
                    arguments.next();
                    let latency = arguments.peek().and_then(|value| value.to_str()?.parse().ok());
                    options.latency = latency.ok_or_else(|| Some("--latency needs milliseconds".into()))?;
                }
                Some("--help" | "-h") => return Err(None),
                Some("--") => {
                    arguments.next();
                    break;
                }
                _ => break,
            }
            arguments.next();
        }
        let rest: Vec<OsString> = arguments.collect();
        if options.serve && !rest.is_empty() {
            return Err(Some("--serve runs no program".into()));
        }
        let serving = options.auto_approve || options.person || options.google_token || options.discovery;
        if (serving || options.proxy_login.is_some() || options.forbid.is_some()) && !options.serve {
            let names = "--auto-approve, --person, --google-token, --discovery, --proxy-login and --forbid";
            return Err(Some(format!("{names} belong to --serve")));
        }
        if rest.is_empty() && !options.serve {
            return Err(Some("nothing to do".into()));
        }
        Ok((options, rest))
    }
}

/// Prints what another program needs to find this world, and stays.
fn serve(world: &World, options: &Options) -> ExitCode {
    let cache = tempfile::tempdir().expect("a temporary directory");
    for (name, value) in world.env() {
        println!("export {name}={}", quoted(&value));
    }
    println!("export MCS_CACHE_DIR={}", quoted(&cache.path().display().to_string()));
    if options.google_token {
        println!("ACCESS_TOKEN={}", world.issue_google_token(&sandbox::FULL_SCOPES, 86_400));
    }
    if options.person {
        return obey_stdin(world);
    }
    loop {
        if options.auto_approve {
            approve_pending(world);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The person of the sandbox opens the links that another program saw, and does what the other lines say. One line on
/// stdout tells how each went.
fn obey_stdin(world: &World) -> ExitCode {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match obey(world, &line) {
            Ok(answer) => println!("{answer}"),
            Err(problem) => println!("failed: {problem}"),
        }
    }
    ExitCode::SUCCESS
}

fn obey(world: &World, line: &str) -> Result<String, String> {
    let (word, number) = line.split_once(' ').unwrap_or((line, ""));
    let number = || number.parse::<u32>().map_err(|_| format!("{word} needs a number"));
    match word {
        "costs" => {
            let sandbox::Costs { connections, requests, units } = world.costs();
            world.clear_log();
            return Ok(format!("{connections} {requests} {units}"));
        }
        "latency" => world.set_round_trip(Duration::from_millis(number()?.into())),
        "bulk" => {
            let messages = number()?;
            world.gmail(|gmail| gmail.bulk(messages));
        }
        "parts" => {
            let limit = number()? as usize;
            world.gmail(|gmail| gmail.limit_parts(&[limit]));
        }
        link => return world.approve(link).map(|()| "approved".to_owned()),
    }
    Ok("done".to_owned())
}

/// For a shell: in single quotes unless all characters are plain.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-,@".contains(c);
    if value.chars().all(plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

fn approve_pending(world: &World) {
    for link in world.broker(|broker| broker.pending_urls()) {
        match world.approve(&link) {
            Ok(()) => eprintln!("(the sandbox user opened {link} and approved)"),
            Err(problem) => eprintln!("(the sandbox user failed at {link}: {problem})"),
        }
    }
}

/// Runs the program until it no longer asks for a person.
fn run(world: &World, arguments: &[OsString], by_hand: bool) -> ExitCode {
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut shown = String::new();
    for round in 1.. {
        let output = run_program(world, home.path(), arguments);
        let Some(challenge) = challenge_of(&output) else { return pass_on(&output) };
        if round > MAX_ROUNDS && !by_hand {
            eprintln!("The program keeps asking for a sign-in.");
            return pass_on(&output);
        }
        if challenge.link == shown {
            std::thread::sleep(if by_hand { Duration::from_secs(3) } else { challenge.wait });
            continue;
        }
        eprintln!("Sign-in link: {} (code {}), step {}", challenge.link, challenge.code, challenge.step);
        if !by_hand {
            eprintln!("(the sandbox user opens it, signs in and approves)");
            if let Err(problem) = world.approve(&challenge.link) {
                eprintln!("The sandbox user failed: {problem}");
                return pass_on(&output);
            }
        }
        shown = challenge.link;
    }
    unreachable!("rounds are counted for ever")
}

/// The program is this executable, marked as a child, with nothing of our environment except PATH and TERM.
#[expect(clippy::disallowed_methods, reason = "PATH and TERM are handed on, not read")]
fn run_program(world: &World, home: &std::path::Path, arguments: &[OsString]) -> Output {
    let executable = std::env::current_exe().expect("a running program knows its file");
    let mut command = Command::new(executable);
    command.env_clear().envs(world.env()).env(CHILD, "1");
    command.env("HOME", home).env("MCS_CACHE_DIR", home.join("cache"));
    for name in ["PATH", "TERM"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    if !chooses_format(arguments) {
        command.args(["--format", "table"]);
    }
    command.args(arguments).stdin(Stdio::null());
    command.output().expect("the example can start itself")
}

fn chooses_format(arguments: &[OsString]) -> bool {
    let fixed = arguments.first().is_some_and(|a| a == "exec" || a == "tools" || a == "status");
    fixed || arguments.iter().filter_map(|a| a.to_str()).any(|a| a.starts_with("--format"))
}

/// A sign-in the program asks for.
struct Challenge {
    link: String,
    code: String,
    step: String,
    /// How long to wait before the program is asked again, at most ten seconds.
    wait: Duration,
}

fn challenge_of(output: &Output) -> Option<Challenge> {
    if output.status.code() != Some(SIGN_IN) {
        return None;
    }
    let document: Value = serde_json::from_slice(&output.stdout).ok()?;
    let text = |name: &str| document[name].as_str().map(str::to_owned);
    let wait = document["retry_after"].as_f64().unwrap_or(1.0).clamp(0.5, 10.0);
    Some(Challenge {
        link: text("url")?,
        code: text("code")?,
        step: text("step").unwrap_or_default(),
        wait: Duration::from_secs_f64(wait),
    })
}

/// Passes on what the program wrote; a closed pipe is not an error.
fn pass_on(output: &Output) -> ExitCode {
    let _ = std::io::stderr().write_all(&output.stderr);
    let _ = std::io::stdout().write_all(&output.stdout);
    ExitCode::from(output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
