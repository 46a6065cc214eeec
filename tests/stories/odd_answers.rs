//! Answers of Gmail that are JSON of another form: never a panic, never an empty result where something is missing.

use serde_json::{Value, json};

use crate::{
    kit::{Done, User, for_each_in_parallel},
    sandbox::{Fault, GMAIL_HOST},
};

fn odd() -> Vec<Value> {
    vec![
        json!("x"),
        json!([]),
        json!([[]]),
        json!(7),
        json!(null),
        json!(true),
        json!({}),
        json!({"messages": 7}),
        json!({"messages": ["x", 7, null, {}]}),
        json!({"messages": [{"id": 7}]}),
        json!({"id": "1", "payload": []}),
        json!({"id": "1", "payload": "x"}),
        json!({"id": ["1"], "payload": {"parts": 7, "headers": [7, {"name": 7}], "body": "x"}}),
        json!({"id": "1", "messages": [{"id": "1", "payload": {"parts": ["x", null, [7]]}}]}),
        json!({"labels": "x"}),
        json!({"labels": [{"id": 7, "name": []}]}),
        json!({"drafts": [{"id": "r1"}]}),
        json!({"drafts": [{"id": "r1", "message": 7}]}),
        json!({"history": [7, {"messagesAdded": [{"message": 7}]}]}),
        json!({"history": 7, "historyId": 7}),
        json!({"raw": 7, "message": {"raw": []}}),
        json!({"sendAs": [7, {"sendAsEmail": []}]}),
        json!({"data": 7, "size": "x"}),
        json!({"emailAddress": 7, "historyId": []}),
    ]
}

const COMMANDS: [&[&str]; 27] = [
    &["list", "--limit", "2"],
    &["list", "--page-token", ""],
    &["search", "from:bob"],
    &["read", "1"],
    &["read", "1", "2"],
    &["read", "1", "--body", "raw"],
    &["read", "1", "--body", "html", "--headers"],
    &["thread", "1"],
    &["attachments", "1"],
    &["folders"],
    &["folders", "--counts"],
    &["new", "--cursor", "c"],
    &["whoami"],
    &["star", "1"],
    &["move", "1", "--to", "Work"],
    &["trash", "--query", "from:bob", "--yes"],
    &["create-folder", "New"],
    &["rename-folder", "Work", "New"],
    &["delete-folder", "Work", "--yes"],
    &["send", "--to", "bob@example.org", "--subject", "s", "--body", "x"],
    &["reply", "1", "--body", "x"],
    &["forward", "1", "--to", "bob@example.org"],
    &["draft", "create", "--body", "x"],
    &["draft", "update", "r1", "--subject", "s"],
    &["draft", "list"],
    &["draft", "show", "r1"],
    &["draft", "send", "r1"],
];

/// A run that ended as one of those that the contract knows: a document, or an error with a hint.
fn assert_ended(done: &Done, what: &str) {
    assert!((0..=10).contains(&done.code), "{what}: {done:?}");
    if done.code == 0 {
        assert!(done.stderr.is_empty(), "{what}: {done:?}");
    } else {
        assert!(done.error()["message"].as_str().is_some_and(|text| !text.is_empty()), "{what}: {done:?}");
    }
}

#[test]
fn every_command_ends_well_whatever_gmail_answers() {
    for_each_in_parallel(odd().chunks(6), |answers| {
        let user = User::signed_in();
        user.run(&["new", "--cursor", "c"]).done();
        for answer in answers {
            user.world.clear_faults();
            user.world.fault(Fault::on(GMAIL_HOST).json(200, answer).always());
            for args in COMMANDS {
                let done = user.run(&[args, &["--timeout", "2"]].concat()).done();
                assert_ended(&done, &format!("{answer} {args:?}"));
            }
        }
    });
}

#[test]
fn a_success_without_its_members_is_an_error_and_not_an_empty_result() {
    let user = User::signed_in();
    user.run(&["new", "--cursor", "c"]).done();
    user.world.fault(Fault::on(GMAIL_HOST).json(200, &json!({})).always());
    for args in COMMANDS {
        let done = user.run(&[args, &["--timeout", "2"]].concat()).done();
        assert!([8, 9].contains(&done.code) && done.stdout.is_empty(), "{args:?}: {done:?}");
    }
    // Gmail omits an empty array, but says that there are no results.
    user.world.clear_faults();
    user.world.fault(Fault::on(GMAIL_HOST).json(200, &json!({"resultSizeEstimate": 0})).always());
    for args in [&["list"][..], &["search", "from:bob"], &["draft", "list"]] {
        assert!(user.run(args).rows().is_empty(), "{args:?}");
    }
    user.world.clear_faults();
    user.world.fault(Fault::on(GMAIL_HOST).json(200, &json!({"historyId": "9"})).always());
    user.run(&["new", "--cursor", "c"]).says_nothing();
}

#[test]
fn a_send_whose_answer_names_no_message_is_looked_up() {
    let user = User::signed_in();
    let send = ["send", "--to", "bob@example.org", "--subject", "s", "--body", "x", "--timeout", "10"];
    for answer in [json!({}), json!("x"), json!([]), json!({"id": 7})] {
        user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages/send").json(200, &answer));
        assert_eq!(user.run(&send).fails(9)["code"], "unknown", "{answer}");
    }
    assert_eq!(user.sent(), 0);
}
