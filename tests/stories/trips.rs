//! How many requests, connections and quota units a command takes that concerns a few messages.

use serde_json::Value;

use crate::{
    kit::{User, column},
    sandbox::{Costs, GMAIL_HOST, gmail::BatchMode},
};

/// The result of a run, and what it cost.
fn costs(user: &User, args: &[&str]) -> (Value, Costs) {
    user.world.clear_log();
    let result = user.run(args).json();
    (result, user.world.costs())
}

fn once(requests: usize, units: u64) -> Costs {
    Costs { connections: 1, requests, units }
}

fn with<'a>(first: &[&'a str], ids: &'a [String]) -> Vec<&'a str> {
    first.iter().copied().chain(ids.iter().map(String::as_str)).collect()
}

#[test]
fn ten_messages_are_read_in_one_request_and_one_of_them_that_is_missing_in_none_more() {
    let user = User::signed_in();
    let ids: Vec<String> =
        (0..13).map(|n| user.receive(&format!("From: b@example.org\nSubject: {n}\n\nbody {n}\n"))).collect();
    let (messages, cost) = costs(&user, &with(&["read"], &ids[..10]));
    assert_eq!(cost, once(1, 10 * 20));
    assert_eq!(column(messages.as_array().unwrap(), "uid"), ids[..10]);
    assert_eq!(messages[7]["body"].as_str().unwrap().trim(), "body 7");

    let mut mixed = ids.clone();
    mixed.insert(4, "00000000000000aa".to_owned());
    user.world.clear_log();
    user.world.gmail(|gmail| gmail.batches.clear());
    let done = user.run(&with(&["read"], &mixed)).done();
    assert_eq!((done.code, user.world.costs()), (9, once(2, 14 * 20)));
    assert_eq!(user.world.gmail(|gmail| gmail.batches.clone()), [10, 4]);
    let messages = done.json();
    assert_eq!(column(messages.as_array().unwrap(), "uid"), ids);
    assert!(done.stderr.contains("message 00000000000000aa not found"), "{}", done.stderr);
}

#[test]
fn the_sources_of_several_messages_do_not_come_at_once() {
    let user = User::signed_in();
    let ids = user.inbox(2);
    let (messages, cost) = costs(&user, &[&with(&["read"], &ids)[..], &["--body", "raw"]].concat());
    assert_eq!(column(messages.as_array().unwrap(), "uid"), ids);
    assert_eq!((cost.requests, user.world.count(GMAIL_HOST, "POST", "/batch")), (4, 0));
}

#[test]
fn messages_are_read_one_by_one_where_a_batch_fails() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.batch_mode = BatchMode::Missing);
    let ids = user.inbox(3);
    let messages = user.run(&with(&["read"], &ids)).json();
    assert_eq!(column(messages.as_array().unwrap(), "uid"), ids);
}

#[test]
fn several_conversations_are_read_in_one_request_also_by_the_ids_of_their_messages() {
    let user = User::signed_in();
    let ids: Vec<String> = (0..3)
        .map(|n| {
            user.receive(&format!("From: b@example.org\nSubject: {n}\nMessage-ID: <{n}@b>\n\nbody {n}\n"))
        })
        .collect();
    let (threads, cost) = costs(&user, &with(&["thread"], &ids));
    assert_eq!((cost, threads.as_array().unwrap().len()), (once(1, 3 * 40), 3));

    let answer = user.receive("From: b@example.org\nSubject: Re: 1\nIn-Reply-To: <1@b>\n\nanswer\n");
    let wanted = [ids[2].as_str(), &answer, &ids[0]];
    let (threads, cost) = costs(&user, &[&["thread"][..], &wanted].concat());
    assert_eq!(cost, once(3, 3 * 40 + 20 + 40));
    assert_eq!(column(threads.as_array().unwrap(), "thread_id"), [&ids[2], &ids[1], &ids[0]]);
}
