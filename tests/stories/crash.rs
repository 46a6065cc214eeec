//! `kill -9` at every request, answer, file operation and packet of the whole sign-in: the next run continues,
//! and at most one new link is ever needed.

use std::{
    collections::BTreeSet,
    process::Command,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    kit::{ACCESS_TOKEN, Done, LIST, REFRESH_TOKEN, User, files_in, permissions_of, url},
    sandbox::{Event, Verdict},
};

/// A sign-in takes two visits, and a crash may cost one more.
const VISITS: usize = 3;
/// Points that are tried at the same time, each in a world of its own.
const WORKERS: usize = 4;

/// A new user, with a key pair unless the story is about how that is made.
fn new_user(with_key: bool) -> User {
    if with_key { User::ready_to_sign_in() } else { User::without_poll_interval() }
}

/// Tries the points 1, 2, 3, ... until one says that there are no more; gives how many there were.
fn points(survives: impl Fn(u64) -> bool + Sync) -> usize {
    let (next, survived, over) = (AtomicU64::new(1), AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        while !over.load(Ordering::SeqCst) {
            if survives(next.fetch_add(1, Ordering::SeqCst)) {
                survived.fetch_add(1, Ordering::SeqCst);
            } else {
                over.store(true, Ordering::SeqCst);
            }
        }
    };
    std::thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
    survived.into_inner()
}

/// The links that a person was shown and has visited.
#[derive(Default)]
struct Visits(BTreeSet<String>);

impl Visits {
    /// Visits a link unless that was done before.
    fn visit(&mut self, user: &User, challenge: &Value) {
        if self.0.insert(url(challenge).to_owned()) {
            user.approve(challenge);
        }
    }

    /// Runs and visits until the result is there.
    fn carry_on(&mut self, user: &User, point: &str) {
        for _ in 0..6 {
            let done = user.run(&LIST).done();
            match done.code {
                0 => {
                    assert_eq!(done.stderr, "", "{point}");
                    assert!(self.0.len() <= VISITS, "{point}: {} links were needed", self.0.len());
                    // A run with a fresh token writes nothing, and so does not clean up either.
                    user.expire_access_token();
                    user.run(&LIST).json();
                    return assert_clean(user, point);
                }
                4 => self.visit(user, &done.challenge()),
                _ => panic!("{point}: {done:?}"),
            }
        }
        panic!("{point}: the sign-in does not end");
    }
}

/// A killed run has left no files behind, and the cache can be read by its owner only.
fn assert_clean(user: &User, point: &str) {
    for name in files_in(&user.cache_directory()) {
        let is_lists = name.starts_with("mcs-gmail.lists-") && name.ends_with(".json");
        let is_known = ["mcs-gmail.json", "mcs-gmail.json.lock"].contains(&name.as_str()) || is_lists;
        assert!(is_known, "{point}: {name}");
        let others = permissions_of(&user.cache_directory().join(&name)) & 0o077;
        assert_eq!(others, 0, "{point}: {name}");
    }
}

/// The process that is to be killed, for the hook that kills it.
#[derive(Clone, Default)]
struct Victim(Arc<(Mutex<Option<u32>>, Condvar)>);

impl Victim {
    fn name(&self, id: u32) {
        *self.0.0.lock().unwrap() = Some(id);
        self.0.1.notify_all();
    }

    fn kill(&self) {
        let id = self.0.1.wait_while(self.0.0.lock().unwrap(), |id| id.is_none()).unwrap().unwrap();
        let kill = Command::new("kill").args(["-KILL", &id.to_string()]).status().unwrap();
        assert!(kill.success());
    }
}

/// Lets the whole sign-in run with a kill at its n-th step on the wire. False when it has fewer steps.
fn survives_a_kill_on_the_wire_at(n: u64) -> bool {
    let user = new_user(n > 2);
    let (victim, armed) = (Victim::default(), Arc::new(AtomicBool::new(true)));
    let (hook_victim, hook_armed, mut steps) = (victim.clone(), armed.clone(), 0);
    user.world.on_event(move |event| {
        steps += 1;
        if steps != n {
            return Verdict::Go;
        }
        hook_armed.store(false, Ordering::SeqCst);
        hook_victim.kill();
        // A request that was cut never arrived; a request whose answer was lost did.
        if matches!(event, Event::Request { .. }) { Verdict::Cut } else { Verdict::Go }
    });
    let mut visits = Visits::default();
    loop {
        let running = user.run(&LIST).start();
        victim.name(running.id());
        let done = running.done();
        match done.code {
            0 => return false,
            4 => visits.visit(&user, &done.challenge()),
            -1 => break,
            _ => panic!("step {n}: {done:?}"),
        }
    }
    assert!(!armed.load(Ordering::SeqCst));
    visits.carry_on(&user, &format!("step {n} on the wire"));
    true
}

#[test]
fn a_kill_at_any_request_or_answer_costs_at_most_one_new_link() {
    let points = points(survives_a_kill_on_the_wire_at);
    assert!(points >= 20, "only {points} steps");
    note(&format!("killed at {points} steps on the wire"));
}

/// What the programs that run these tests may print.
#[expect(clippy::print_stderr, reason = "a note for the person who runs the tests")]
fn note(text: &str) {
    eprintln!("{text}");
}

fn strace_works() -> bool {
    let trace = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
    let works = trace.is_ok_and(|t| t.status.success());
    if !works {
        note("skipped: strace is missing or not permitted");
    }
    works
}

/// Calls that change the disk or read from it, restricted to the cache's own files.
const ON_FILES: [&str; 8] = ["openat", "write", "fsync", "rename", "unlink", "flock", "mkdir", "read"];
/// Around every packet; the first run is also killed between the parts of an answer.
const ON_SOCKETS: [&str; 2] = ["sendto", "recvfrom"];

/// A user who has made so many visits, and whose next run is the one that is killed.
fn before_run(visit: usize, with_key: bool) -> (User, Visits) {
    let (user, mut visits) = (new_user(visit > 0 || with_key), Visits::default());
    if visit == 2 {
        let login = user.world.auth0(|t| t.sign_in());
        user.edit_cache(|cache| cache[REFRESH_TOKEN] = json!({"v": login}));
        visits.0.insert("the sign-in".into());
    }
    if visit > 0 {
        visits.visit(&user, &user.run(&LIST).challenge());
    }
    (user, visits)
}

/// Brings a user to the given visit, kills that run at each of these calls in turn, and carries on.
fn survives_kills_at(visit: usize, calls: &[&str], on_files: bool) {
    if !strace_works() {
        return;
    }
    let kills: usize =
        calls.iter().map(|call| points(|n| survives_a_kill_at(visit, call, n, on_files))).sum();
    assert!(kills > 4, "only {kills} kills");
    note(&format!("run {visit}: killed at {kills} calls of {calls:?}"));
}

/// One kill at the n-th call of this name. False where the run makes fewer calls, or makes this one after the
/// token was stored: what follows is Gmail's, and not a part of the sign-in.
fn survives_a_kill_at(visit: usize, call: &str, n: u64, on_files: bool) -> bool {
    let (user, mut visits) = before_run(visit, call != "rename");
    let done = run_with(&user, &format!("inject={call}:signal=SIGKILL:when={n}"), on_files);
    assert!([-1, 0, 4, 137].contains(&done.code), "{call} number {n}: {done:?}");
    if ![-1, 137].contains(&done.code) {
        return false;
    }
    let stored = std::fs::read_to_string(user.cache_file()).is_ok_and(|t| t.contains(ACCESS_TOKEN));
    visits.carry_on(&user, &format!("run {visit}, {call} number {n}"));
    !stored
}

/// A run in which system calls fail or kill it, on the cache's own files or anywhere.
fn run_with(user: &User, inject: &str, on_files: bool) -> Done {
    let mut wrapper = vec!["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject];
    let directory = user.cache_directory().display().to_string();
    let parts = ["", "/mcs-gmail.json", "/mcs-gmail.json.tmp", "/mcs-gmail.json.lock"];
    let paths: Vec<String> = parts.iter().map(|p| format!("{directory}{p}")).collect();
    if on_files {
        paths.iter().for_each(|p| wrapper.extend(["-P", p]));
    }
    user.run(&LIST).under(&wrapper).done()
}

#[test]
fn a_kill_at_any_file_operation_of_the_first_run_costs_at_most_one_new_link() {
    survives_kills_at(0, &ON_FILES, true);
}

#[test]
fn a_kill_at_any_file_operation_of_the_second_run_costs_at_most_one_new_link() {
    survives_kills_at(1, &ON_FILES, true);
}

#[test]
fn a_kill_at_any_file_operation_of_the_third_run_costs_at_most_one_new_link() {
    survives_kills_at(2, &ON_FILES, true);
}

#[test]
fn a_kill_at_any_packet_of_the_first_run_costs_at_most_one_new_link() {
    survives_kills_at(0, &ON_SOCKETS, false);
}

#[test]
fn a_kill_at_any_packet_of_the_second_run_costs_at_most_one_new_link() {
    survives_kills_at(1, &ON_SOCKETS[..1], false);
}

#[test]
fn a_kill_at_any_packet_of_the_third_run_costs_at_most_one_new_link() {
    survives_kills_at(2, &ON_SOCKETS[..1], false);
}

#[test]
fn a_disk_that_fails_at_any_write_is_reported_and_costs_at_most_one_new_link() {
    if !strace_works() {
        return;
    }
    for (call, error, exit) in [("write", "ENOSPC", 1), ("fsync", "EIO", 10), ("rename", "EROFS", 10)] {
        points(|n| {
            let (user, mut visits) = before_run(1, true);
            let done = run_with(&user, &format!("inject={call}:error={error}:when={n}"), true);
            // Where only the directory cannot be synced the run goes on.
            if done.code == 4 {
                return false;
            }
            assert_eq!(done.code, exit, "{call} number {n}: {done:?}");
            assert!(done.error()["message"].as_str().unwrap().contains("mcs-gmail.json"), "{done:?}");
            visits.carry_on(&user, &format!("{call} number {n}, {error}"));
            true
        });
    }
}

#[test]
fn a_file_system_without_locks_draws_a_warning_and_works() {
    if !strace_works() {
        return;
    }
    let user = new_user(true);
    let mut visits = Visits::default();
    for _ in 0..2 {
        let done = run_with(&user, "inject=flock:error=ENOLCK", true);
        assert!(done.stderr.contains("file locks are not supported in"), "{done:?}");
        visits.visit(&user, &done.challenge());
    }
    assert_eq!(run_with(&user, "inject=flock:error=ENOLCK", true).code, 0);
    assert_clean(&user, "without locks");
}
