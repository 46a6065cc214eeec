//! How many requests, connections and quota units a command takes that concerns a few messages.

use serde_json::{Value, json};

use crate::{
    kit::{User, column, emails, names_and_emails},
    sandbox::{Costs, GMAIL_HOST, gmail::BatchMode},
};

const PARENT: &str = "From: bob@example.org\nTo: ada@example.com\nSubject: Plan\nMessage-ID: <p@b>\n\nhi\n";
/// The units of what rows show beside their messages: the names of labels, and which have attachments.
const BESIDE: u64 = 1 + 5;
const TO_BOB: [&str; 7] = ["send", "--to", "bob@example.org", "--subject", "s", "--body", "x"];

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

#[test]
fn a_message_without_a_sender_of_its_own_is_sent_in_one_request_once_the_sender_is_known() {
    let user = User::signed_in();
    assert_eq!(costs(&user, &TO_BOB).1, once(2, 1 + 100));
    assert_eq!(costs(&user, &TO_BOB).1, once(1, 100));
    let from = || names_and_emails(user.last_sent().from());
    assert_eq!(from(), [("Ada Lovelace".to_owned(), "ada@example.com".to_owned())]);
    let draft = ["draft", "create", "--to", "bob@example.org", "--subject", "s", "--body", "x"];
    assert_eq!(costs(&user, &draft).1, once(1, 10));
    let parent = user.receive(PARENT);
    let forward = ["forward", &parent, "--to", "dan@example.org"];
    assert_eq!(costs(&user, &forward).1, once(2, 20 + 100));
    assert_eq!(from(), [("Ada Lovelace".to_owned(), "ada@example.com".to_owned())]);

    // One that is given is compared with those that the account has.
    let given = [&TO_BOB[..], &["--from", "ada@example.com"]].concat();
    assert_eq!(costs(&user, &given).1, once(2, 1 + 100));
}

#[test]
fn another_default_address_is_noticed_by_a_reply_and_after_a_day() {
    let user = User::signed_in();
    user.run(&TO_BOB).json();
    user.world.gmail(|gmail| gmail.set_default_alias("ada.l@example.org", "desk@example.org"));
    let parent = user.receive(PARENT);
    user.run(&["reply", &parent, "--body", "x"]).json();
    assert_eq!(costs(&user, &TO_BOB).1, once(1, 100));
    let sent = user.last_sent();
    assert_eq!(
        (emails(sent.from()), emails(sent.reply_to())),
        (vec!["ada.l@example.org".to_owned()], vec!["desk@example.org".to_owned()])
    );

    user.world.gmail(|gmail| gmail.set_default_alias("ada@example.com", ""));
    user.edit_account(|account| account["sender"]["at"] = json!(1.0));
    assert_eq!(costs(&user, &TO_BOB).1, once(2, 1 + 100));
    assert_eq!(emails(user.last_sent().from()), ["ada@example.com"]);
}

#[test]
fn the_sender_of_another_mailbox_is_never_used() {
    let user = User::signed_in();
    user.run(&TO_BOB).json();
    // Another token, of which it is not known whose it is.
    user.cache_access_token();
    assert_eq!(costs(&user, &TO_BOB).1, once(2, 1 + 100));
    assert_eq!(costs(&user, &TO_BOB).1, once(1, 100));

    // Another token of the same mailbox.
    user.cache_access_token();
    user.edit_account(|account| account["address"] = json!("ada@example.com"));
    assert_eq!(costs(&user, &TO_BOB).1, once(1, 100));

    user.cache_access_token();
    user.edit_account(|account| account["address"] = json!("eve@example.com"));
    assert_eq!(costs(&user, &TO_BOB).1, once(2, 1 + 100));
}

#[test]
fn a_reply_asks_for_its_message_and_for_the_own_addresses_at_once() {
    let user = User::signed_in();
    let parent = user.receive(PARENT);
    assert_eq!(costs(&user, &["reply", &parent, "--body", "x"]).1, once(2, 20 + 1 + 100));
    assert_eq!(costs(&user, &["reply", &parent, "--all", "--body", "x", "--draft"]).1, once(2, 20 + 1 + 10));
    user.world.clear_log();
    let error = user.run(&["reply", "00000000000000aa", "--body", "x"]).fails(5);
    assert_eq!((&error["id"], user.world.costs().requests), (&json!("00000000000000aa"), 1));
}

#[test]
fn a_draft_is_shown_in_one_request_and_changed_in_two() {
    let user = User::signed_in();
    let draft = ["draft", "create", "--to", "bob@example.org", "--subject", "s", "--body", "x"];
    let id = user.run(&draft).json()["id"].as_str().unwrap().to_owned();
    let (shown, cost) = costs(&user, &["draft", "show", &id]);
    assert_eq!((cost, &shown["subject"]), (once(1, 20), &json!("s")));
    assert_eq!(costs(&user, &["draft", "update", &id, "--body", "y"]).1, once(2, 20 + 15));
    let other = ["draft", "update", &id, "--body", "z", "--from", "ada.l@example.org"];
    assert_eq!(costs(&user, &other).1, once(2, 20 + 1 + 15));
}

#[test]
fn drafts_are_listed_again_in_one_request() {
    let user = User::signed_in();
    let make = |subject: &str| {
        let args = ["draft", "create", "--to", "bob@example.org", "--subject", subject, "--body", "x"];
        user.run(&args).json()["id"].as_str().unwrap().to_owned()
    };
    let ids: Vec<String> = ["one", "two", "three", "four"].map(make).into();
    let there = user.draft_ids().len() as u64;
    let list = ["draft", "list"];
    let (rows, cost) = costs(&user, &list);
    assert_eq!(cost, once(2, 5 + there * 20));
    assert_eq!(costs(&user, &list), (rows.clone(), once(1, 5 + there * 20)));
    // Of one that was changed the message is another one, and one that was deleted is not shown.
    user.run(&["draft", "update", &ids[1], "--subject", "changed"]).json();
    user.run(&["draft", "delete", &ids[2], "--yes"]).json();
    let (changed, cost) = costs(&user, &list);
    assert_eq!(cost.requests, 2);
    let mut subjects = column(changed.as_array().unwrap(), "subject");
    assert_eq!(subjects.len() as u64, there - 1);
    subjects.retain(|subject| ["one", "two", "three", "four", "changed"].contains(subject));
    subjects.sort_unstable();
    assert_eq!(subjects, ["changed", "four", "one"]);
    assert_eq!(costs(&user, &list).1.requests, 1);
    // Without the batch it is asked for as the first time.
    user.world.gmail(|gmail| gmail.fail_part("/drafts", 500, "backendError", 1));
    assert_eq!(user.run(&list).json(), changed);
}

#[test]
fn a_few_messages_are_trashed_and_restored_by_the_label() {
    let user = User::signed_in();
    let ids = user.inbox(9);
    let is_trashed = |id: &String| user.has_label(id, "TRASH") && !user.has_label(id, "INBOX");
    let (result, cost) = costs(&user, &["trash", &ids[0]]);
    assert!(
        is_trashed(&ids[0]) && result["labels"].as_array().unwrap().contains(&json!("TRASH")),
        "{result}"
    );
    assert_eq!(cost, once(1, 5));
    assert_eq!(costs(&user, &with(&["trash"], &ids)).1, once(1, 9 * 5));
    assert!(ids.iter().all(is_trashed));
    // What is not in trash stays as it is, so their labels are read first.
    assert_eq!(costs(&user, &with(&["untrash"], &ids)).1, once(2, 9 * (20 + 5)));
    assert!(ids.iter().all(|id| user.has_label(id, "INBOX") && !user.has_label(id, "TRASH")));
    assert_eq!(costs(&user, &["move", &ids[0], "--to", "Trash"]).1, once(1, 5));
    assert!(is_trashed(&ids[0]));
}

#[test]
fn a_draft_is_trashed_although_no_label_can_be_added_to_it() {
    let user = User::signed_in();
    let make = ["draft", "create", "--to", "bob@example.org", "--subject", "s", "--body", "x"];
    let drafts = [(); 2].map(|()| user.run(&make).json()["uid"].as_str().unwrap().to_owned());
    assert_eq!(costs(&user, &["trash", &drafts[0]]).1, once(2, 5 + 20));
    let mail = user.inbox(2);
    let all = [&mail[0], &drafts[1], &mail[1]];
    let (result, cost) = costs(&user, &[&["trash"][..], &all.map(String::as_str)].concat());
    assert_eq!((cost, &result["uids"]), (once(2, 3 * 5 + 20), &json!(all)));
    assert!(drafts.iter().chain(&mail).all(|id| user.has_label(id, "TRASH")));
}

#[test]
fn what_was_changed_before_is_found_in_a_list_and_what_does_not_exist_is_still_told() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(300));
    let draft = ["draft", "create", "--to", "bob@example.org", "--subject", "s", "--body", "x"];
    let mut ids = user.inbox(300);
    ids.insert(7, user.run(&draft).json()["uid"].as_str().unwrap().to_owned());
    ids.insert(200, "00000000000000aa".to_owned());
    let missing = json!(["00000000000000aa"]);
    let mut told: Vec<&String> = ids.iter().collect();
    told.remove(200);
    // The change and the history. Then few are left to be changed alone; the second time, after a page of the list.
    let most = 1 + 50 + 2;
    for (command, costs) in [("archive", [most + 2 * 5, most + 5 + 5]), ("trash", [most + 5, most + 5 + 5])] {
        for units in costs {
            user.world.clear_log();
            let done = user.run(&with(&[command], &ids)).done();
            assert_eq!((done.code, &done.error()["not_found"]), (9, &missing), "{command}: {}", done.stderr);
            assert_eq!(done.json()["uids"], json!(told), "{command}");
            assert_eq!(user.world.costs().units, units, "{command}");
        }
    }
    assert!(told.iter().all(|id| user.has_label(id, "TRASH") && !user.has_label(id, "INBOX")));
}

#[test]
fn what_a_query_finds_is_changed_in_the_cheaper_of_two_ways() {
    let user = User::signed_in();
    let mut ids: Vec<String> =
        (0..9).map(|n| user.receive(&format!("From: b@example.org\nSubject: cheap {n}\n\nx\n"))).collect();
    let star = ["star", "--query", "subject:cheap"];
    let (result, cost) = costs(&user, &star);
    assert_eq!((cost, &result["changed"]), (once(2, 5 + 9 * 5), &json!(9)));
    ids.push(user.receive("From: b@example.org\nSubject: cheap\n\nx\n"));
    assert_eq!(costs(&user, &star).1, once(2, 5 + 50));
    assert!(ids.iter().all(|id| user.has_label(id, "STARRED")));
}

#[test]
fn a_message_that_is_deleted_while_a_query_is_carried_out_is_not_counted() {
    let user = User::signed_in();
    let ids = [(); 3].map(|()| user.receive("From: b@example.org\nSubject: cheap\n\nx\n"));
    user.world.gmail(|gmail| gmail.fail_part(&format!("{}/modify", ids[1]), 404, "notFound", 1));
    let result = user.run(&["star", "--query", "subject:cheap"]).json();
    assert_eq!((&result["modified"], &result["matched"]), (&json!(2), &json!(3)));
}

#[test]
fn new_mail_is_fetched_only_as_far_as_it_is_wanted() {
    let user = User::signed_in();
    let new = ["new", "--cursor", "c", "--format", "json"];
    user.run(&new).json();
    let receive = |n: usize| user.receive(&format!("From: b@example.org\nSubject: {n}\n\nx\n"));
    (0..20).for_each(|n| drop(receive(n)));
    let (rows, cost) = costs(&user, &[&new[..], &["--limit", "4"]].concat());
    assert_eq!(column(rows.as_array().unwrap(), "subject"), ["0", "1", "2", "3"]);
    // One more shows that there are more.
    assert_eq!(cost, once(2, 2 + BESIDE + 5 * 20));
    let (rows, cost) = costs(&user, &new);
    assert_eq!((cost, rows.as_array().unwrap().len()), (once(2, 2 + BESIDE + 16 * 20), 16));
}

#[test]
fn a_draft_is_not_fetched_to_find_out_that_it_is_no_new_mail() {
    let user = User::signed_in();
    let new = ["new", "--cursor", "c", "--format", "json"];
    let drafts = ["new", "--cursor", "d", "--folder", "Drafts", "--format", "json"];
    user.run(&new).json();
    user.run(&drafts).json();
    user.run(&["draft", "create", "--to", "bob@example.org", "--subject", "s", "--body", "x"]).json();
    assert_eq!(costs(&user, &new), (json!([]), once(1, 2)));
    user.receive("From: b@example.org\nSubject: mail\n\nx\n");
    let (rows, cost) = costs(&user, &new);
    assert_eq!((column(rows.as_array().unwrap(), "subject"), cost), (vec!["mail"], once(2, 2 + BESIDE + 20)));
    assert_eq!(column(&user.run(&drafts).rows(), "subject"), ["s"]);
}

#[test]
fn a_folder_that_is_known_is_looked_up_beside_its_first_page() {
    let user = User::signed_in();
    let work = user.world.gmail(|gmail| gmail.add_label("Trips/2026"));
    let first = user.receive_in(&["INBOX", &work], PARENT);
    let list = ["list", "--folder", "Trips/2026", "--fields", "uid"];
    let search = ["search", "subject:plan", "--folder", "Trips/2026", "--fields", "uid"];
    let (rows, before) = costs(&user, &list);
    assert_eq!(column(rows.as_array().unwrap(), "uid"), [&first]);
    for args in [&list[..], &search, &list] {
        let (again, cost) = costs(&user, args);
        assert_eq!((again, cost), (rows.clone(), Costs { requests: before.requests - 1, ..before }));
    }
    // With its rows, which the list had last time.
    user.run(&list[..3]).rows();
    let (rows, cost) = costs(&user, &list[..3]);
    assert_eq!((column(rows.as_array().unwrap(), "subject"), cost.requests), (vec!["Plan"], 1));
    let threads = user.run(&[&list[..3], &["--threads"]].concat()).rows();
    assert_eq!(column(&threads, "thread_id"), [&first]);
}

#[test]
fn a_folder_with_the_name_of_another_one_is_never_taken_for_it() {
    let user = User::signed_in();
    let old = user.world.gmail(|gmail| gmail.add_label("Work"));
    user.receive_in(&[&old], PARENT);
    let list = ["list", "--folder", "Work", "--fields", "uid"];
    user.run(&list).json();
    user.run(&["rename-folder", "Work", "Done"]).json();
    assert_eq!(user.run(&list).fails(5)["message"], "folder \"Work\" not found");
    let new = user.world.gmail(|gmail| gmail.add_label("Work"));
    assert_eq!(user.run(&list).json(), json!([]));
    let mail = user.receive_in(&[&new], PARENT);
    assert_eq!(column(&user.run(&list).rows(), "uid"), [&mail]);
    // It is looked up alone where the list of labels fails.
    user.world.gmail(|gmail| gmail.fail_part("/labels", 500, "backendError", 1));
    assert_eq!(column(&user.run(&list).rows(), "uid"), [&mail]);
    user.run(&["delete-folder", "Work", "--yes"]).json();
    user.run(&list).fails(5);
    let new = user.world.gmail(|gmail| gmail.add_label("Work"));
    let mail = user.receive_in(&[&new], PARENT);
    assert_eq!(column(&user.run(&list).rows(), "uid"), [&mail]);
}

#[test]
fn no_more_than_fifty_folders_are_remembered() {
    let user = User::signed_in();
    let known = |user: &User| -> Vec<(String, String)> {
        serde_json::from_str(user.cache()["mcs-gmail:folder-ids"]["v"].as_str().unwrap()).unwrap()
    };
    user.world.gmail(|gmail| drop(gmail.add_label("A0")));
    user.run(&["list", "--folder", "A0", "--limit", "1"]).json();
    user.edit_cache(|cache| {
        let many: Vec<(String, &str)> = (0..60).map(|n| (format!("A{n}"), "Label_1")).collect();
        cache["mcs-gmail:folder-ids"]["v"] = json!(json!(many).to_string());
    });
    user.world.gmail(|gmail| drop(gmail.add_label("Last")));
    user.run(&["list", "--folder", "Last", "--limit", "1"]).json();
    let known = known(&user);
    assert_eq!((known.len(), known[49].0.as_str(), known[0].0.as_str()), (50, "Last", "A11"));
}
