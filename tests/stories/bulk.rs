//! Many ids in one call: those that do not exist are named and not counted, whatever their number.

use serde_json::{Value, json};

use crate::{
    kit::User,
    sandbox::{Fault, GMAIL_HOST, gmail::BatchMode},
};

const GONE: &str = "00000000deadbeef";

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect()
}

#[test]
fn an_id_that_does_not_exist_is_named_and_the_others_are_changed() {
    for (command, label) in [
        (&["star"][..], "STARRED"),
        (&["trash"], "TRASH"),
        (&["move", "--to", "Work"], "Work"),
        (&["spam"], "SPAM"),
    ] {
        for bad in [GONE, "not-an-id", "18c9f2a4b5d6e7f8a1b2"] {
            let user = User::signed_in();
            let ids = user.inbox(2);
            let label = user.world.gmail(|gmail| gmail.label_id(label)).unwrap();
            let done = user.run(&[command, &[&ids[0], bad, &ids[1]]].concat()).done();
            assert_eq!(done.code, 9, "{command:?} {bad}: {done:?}");
            let result = done.json();
            assert_eq!(
                (&result["modified"], strings(&result["uids"])),
                (&json!(2), vec![&*ids[0], &*ids[1]])
            );
            assert_eq!(strings(&result["not_found"]), [bad], "{command:?}");
            let error = done.error();
            assert_eq!((&error["code"], strings(&error["not_found"])), (&json!("partial"), vec![bad]));
            assert!(ids.iter().all(|id| user.has_label(id, &label)), "{command:?} {bad}");
        }
    }
}

#[test]
fn a_call_in_which_no_id_exists_is_not_found() {
    let user = User::signed_in();
    for ids in [&[GONE, "00000000deadbee0"][..], &[GONE, "zzz"], &["zzz", "yyy"]] {
        let error = user.run(&[&["mark-read"], ids].concat()).fails(5);
        assert_eq!(strings(&error["not_found"]), ids);
    }
    let restored = user.run(&["untrash", GONE, "00000000deadbee0"]).fails(5);
    assert_eq!(restored["not_found"].as_array().unwrap().len(), 2);
    let query = user.run(&["star", "--query", &format!("UID {GONE},{}", user.inbox(1)[0])]).done();
    assert_eq!((query.code, &query.json()["not_found"]), (9, &json!([GONE])));
    user.run(&["star", GONE]).fails(5);
}

#[test]
fn a_bad_id_among_many_costs_few_requests_and_is_named_too() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(1200));
    let mut ids = user.inbox(1200);
    // These have the state already, so that Gmail's history does not show them.
    let starred: Vec<&str> = ids[..30].iter().map(String::as_str).collect();
    user.run(&[&["star"], &starred[..]].concat()).json();
    ids.insert(700, GONE.to_owned());
    ids.insert(3, "not-an-id".to_owned());
    user.world.clear_log();
    let done = user.run(&["star", "-"]).stdin(ids.join("\n")).done();
    let result = done.json();
    assert_eq!((done.code, &result["modified"]), (9, &json!(1200)));
    assert_eq!(strings(&result["not_found"]), ["not-an-id", GONE]);
    assert!(!strings(&result["uids"]).contains(&GONE));
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/gmail/v1/users/me/messages/batchModify"), 2);
    let requests = user.world.count(GMAIL_HOST, "", "");
    assert!(requests <= 10, "{requests}");
}

#[test]
fn few_ids_are_changed_in_one_request() {
    let user = User::signed_in();
    let ids = user.inbox(9);
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    user.world.clear_log();
    let result = user.run(&[&["archive"], &all[..]].concat()).json();
    assert_eq!((&result["modified"], result.get("not_found")), (&json!(9), None));
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 1);
    assert!(ids.iter().all(|id| !user.has_label(id, "INBOX")));
}

#[test]
fn a_message_that_cannot_be_changed_is_reported_with_its_reason() {
    let user = User::signed_in();
    let ids = user.inbox(3);
    user.world.gmail(|gmail| gmail.fail_part(&ids[1], 400, "failedPrecondition", 100));
    let done = user.run(&["star", &ids[0], &ids[1], &ids[2]]).done();
    assert_eq!((done.code, &done.json()["modified"]), (9, &json!(2)));
    assert_eq!(done.error()["failed"][0]["id"], ids[1].as_str());
}

#[test]
fn ids_that_were_changed_but_could_not_be_checked_count_as_changed() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(40));
    let ids = user.inbox(40);
    user.world.gmail(|gmail| gmail.fail_part("/history", 403, "forbidden", 100));
    let done = user.run(&["star", "-"]).stdin(ids.join("\n")).done();
    assert_eq!((done.code, &done.json()["modified"]), (0, &json!(40)));
    assert!(done.stderr.contains("could not be checked"), "{}", done.stderr);
}

#[test]
fn ids_are_changed_and_named_without_a_working_batch_endpoint_too() {
    for mode in [BatchMode::OnlyPlainPath, BatchMode::Missing, BatchMode::Broken] {
        let user = User::signed_in();
        user.world.gmail(|gmail| gmail.batch_mode = mode);
        let ids = user.inbox(2);
        let done = user.run(&["star", &ids[0], GONE, &ids[1]]).done();
        assert_eq!((done.code, &done.json()["not_found"]), (9, &json!([GONE])), "{mode:?}");
        assert!(ids.iter().all(|id| user.has_label(id, "STARRED")), "{mode:?}");
    }
}

#[test]
fn conversations_that_were_changed_before_a_failure_are_counted() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(60));
    let second = Fault::on(GMAIL_HOST).path("/batch").skip(1).always();
    user.world.fault(second.json(403, &json!({"error": {"code": 403, "message": "no"}})));
    let done = user.run(&["archive", "--thread", "--query", "subject:bulk", "--yes"]).done();
    let error = done.error();
    assert_eq!((done.code, &error["code"], &error["modified"]), (9, &json!("partial"), &json!(25)));
    assert_eq!(error["remaining"].as_array().unwrap().len(), 35);
    assert_eq!(done.json()["conversations"], 25);
}
