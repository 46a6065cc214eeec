//! The main job: sign in over several processes, then list, search and read.

use serde_json::json;

use crate::{
    kit::{ACCESS_TOKEN, User, column, members, url},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, GMAIL_HOST},
};

#[test]
fn a_new_user_signs_in_over_several_processes_and_the_broker_is_not_asked_again_afterwards() {
    let user = User::new();
    let list = || user.run(&["list", "--limit", "5"]);
    let first = list().challenge();
    assert_eq!((&first["step"], &first["scope"]), (&json!("sign_in"), &json!("gmail")));
    user.approve(&first);

    let second = list().challenge();
    assert_eq!((&second["step"], &second["scope"]), (&json!("connect_account"), &json!("gmail:connect")));
    user.approve(&second);

    assert_eq!(list().rows().len(), 5);

    user.world.clear_log();
    assert_eq!(list().rows().len(), 5);
    assert_eq!(user.world.count(BROKER_HOST, "", ""), 0);
    assert_eq!(user.world.count(AUTH0_DOMAIN, "", ""), 0);
}

#[test]
fn the_challenge_has_the_python_members_first_and_the_link_goes_to_stderr_as_one_line() {
    let user = User::new();
    let done = user.run(&["list"]).done();
    let challenge = done.challenge();
    assert_eq!(
        members(&challenge),
        ["auth_required", "message", "url", "code", "scope", "step", "expires_at", "retry_after"]
    );
    assert_eq!(challenge["auth_required"], true);
    assert_eq!(done.stderr.lines().count(), 1);
    assert!(done.stderr.contains(url(&challenge)));
    assert!(challenge["message"].as_str().unwrap().contains("run the same command again"));
}

#[test]
fn a_second_call_shows_the_pending_link_again() {
    let user = User::new();
    let first = user.run(&["list"]).challenge();
    let second = user.run(&["list"]).challenge();
    assert_eq!(first["url"], second["url"]);
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 1);
}

#[test]
fn a_warm_list_of_25_takes_two_requests_on_one_connection() {
    let user = User::signed_in();
    assert_eq!(user.run(&["list", "--limit", "25"]).rows().len(), 25);
    assert_eq!(user.world.connections(GMAIL_HOST), 1);
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2);
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/batch"), 1);
    assert_eq!(user.run(&["list", "--limit", "60", "--folder", "ALL"]).rows().len(), 60);
    assert_eq!(user.world.connections(GMAIL_HOST), 2);
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2 + 1 + 3);
}

#[test]
fn rows_have_the_python_members_first_and_come_newest_first() {
    let user = User::signed_in();
    let listed = user.run(&["list", "--limit", "10"]).rows();
    assert_eq!(members(&listed[0])[..6], ["uid", "from", "subject", "date", "labels", "thread_id"]);
    let found = user.run(&["search", "ALL", "--limit", "10"]).json();
    assert_eq!(members(&found[0])[..6], ["uid", "from", "subject", "date", "labels", "thread_id"]);
    let dates = column(&listed, "internal_date");
    assert!(dates.windows(2).all(|w| w[0] >= w[1]), "{dates:?}");
}

#[test]
fn exec_answers_like_the_command() {
    let user = User::signed_in();
    let by_command = user.run(&["list", "--limit", "3"]).json();
    let by_exec = user.run(&["exec", "list_messages", r#"{"limit":3}"#]).json();
    assert_eq!(by_command, by_exec);
    let lenient = user.run(&["exec", "list_messages", r#"{"limit":"3","folder":null}"#]).json();
    assert_eq!(by_command, lenient);
    let uid = by_command[0]["uid"].as_str().unwrap();
    let read = user.run(&["read", uid]).json();
    let fetched =
        user.run(&["exec", "fetch_message", &json!({"uid": uid, "folder": "INBOX"}).to_string()]).json();
    assert_eq!(read, fetched);
    assert_eq!(
        members(&read)[..10],
        ["uid", "thread_id", "from", "to", "cc", "subject", "date", "labels", "snippet", "body"]
    );
}

#[test]
fn folders_are_sorted_names() {
    let user = User::signed_in();
    let folders = user.run(&["folders"]).rows();
    let names: Vec<&str> = folders.iter().map(|f| f.as_str().unwrap()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(names.contains(&"INBOX") && names.contains(&"Work/Invoices"), "{names:?}");
}

#[test]
fn several_ids_are_read_in_one_run_and_may_come_from_stdin() {
    let user = User::signed_in();
    let rows = user.run(&["list", "--limit", "3", "--format", "jsonl"]).done();
    assert_eq!(rows.stdout.lines().count(), 3);
    let read = user.run(&["read", "-", "--body", "none"]).stdin(rows.stdout).rows();
    assert_eq!(read.len(), 3);
}

#[test]
fn a_closed_pipe_is_a_success() {
    let user = User::signed_in();
    let mut running = user.run(&["list", "--limit", "200", "--folder", "all", "--format", "jsonl"]).start();
    drop(running.take_stdout());
    let done = running.done();
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
}

#[test]
fn what_needs_no_network_needs_no_configuration_and_writes_nothing() {
    let user = User::new();
    for args in [
        &["--version"][..],
        &["--help"],
        &["tools"],
        &["status"],
        &["list", "--help"],
        &["completions", "zsh"],
        &["man"],
    ] {
        let mut run = user.run(args);
        for (name, _) in user.world.env() {
            run = run.without(&name);
        }
        let done = run.done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{args:?}");
        assert!(!done.stdout.is_empty(), "{args:?}");
    }
    assert_eq!(std::fs::read_dir(user.home()).unwrap().count(), 0);
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn a_token_that_google_refuses_is_renewed_once_and_silently() {
    let user = User::with_refresh_token();
    user.edit_cache(|cache| cache[ACCESS_TOKEN] = json!({"v": "ya29.revoked", "exp": 4_000_000_000.0}));
    assert_eq!(user.run(&["list", "--limit", "2"]).rows().len(), 2);
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}
