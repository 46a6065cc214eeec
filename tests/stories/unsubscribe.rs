//! Leaving mailing lists: by mail or by one request, once for each list, and never to an address that a stranger chose to
//! do harm with.

use serde_json::{Value, json};

use crate::{
    kit::{User, emails},
    sandbox::{GMAIL_HOST, lists::LIST_HOST},
};

const PASS: &str =
    "dkim=pass header.i=@news.example header.s=s1 header.b=abc; dmarc=pass header.from=news.example";
const URL: &str = "https://lists.sandbox.example/u?id=7";

/// A newsletter with these addresses in its header.
fn newsletter(list: &str, addresses: &str) -> String {
    format!(
        "DKIM-Signature: v=1; a=rsa-sha256; d=news.example; s=s1; h=From:Subject:List-Unsubscribe:List-Unsubscribe-Post; bh=x; b=abc\n\
         From: News <news@news.example>\nTo: Ada <ada@example.com>\nSubject: Issue\nList-Id: News <{list}>\n\
         List-Unsubscribe: {addresses}\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n\nRead on\n"
    )
}

fn receive(user: &User, addresses: &str) -> String {
    user.receive_checked(PASS, &newsletter("weekly.news.example", addresses))
}

fn leave(user: &User, id: &str, more: &[&str]) -> Value {
    let done = user.run(&[&["unsubscribe", id], more].concat()).json();
    done["unsubscribed"][0].clone()
}

fn refused(user: &User, id: &str, more: &[&str], code: i32) -> Value {
    user.run(&[&["unsubscribe", id], more].concat()).fails(code)
}

#[test]
fn a_list_is_left_by_the_mail_that_it_asks_for_and_only_once() {
    let user = User::signed_in();
    let id = receive(&user, "<mailto:leave+7@news.example?subject=leave%207&body=Please>");
    let planned = user.run(&["unsubscribe", &id, "--dry-run"]).json();
    assert_eq!(
        planned,
        json!({"dry_run": true, "unsubscribed": [{
            "uids": [id], "from": "News <news@news.example>", "list": "weekly.news.example", "status": "dry_run",
            "to": "leave+7@news.example", "subject": "leave 7", "text": "Please",
            "untrusted": ["from", "list", "to", "subject", "text"],
        }]})
    );
    assert_eq!(user.sent(), 0);

    let left = leave(&user, &id, &[]);
    assert_eq!((&left["status"], left.get("earlier")), (&json!("sent"), None));
    let mail = user.last_sent();
    assert_eq!(emails(mail.to()), ["leave+7@news.example"]);
    assert_eq!(emails(mail.from()), ["ada@example.com"]);
    assert_eq!((mail.cc(), mail.bcc()), (None, None));
    assert_eq!(mail.subject(), Some("leave 7"));
    assert_eq!(mail.body_text(0).unwrap().trim(), "Please");

    let again = leave(&user, &id, &[]);
    assert_eq!(
        (&again["status"], &again["earlier"], &again["id"]),
        (&json!("sent"), &json!(true), &left["id"])
    );
    assert_eq!(user.sent(), 1);
}

#[test]
fn the_mail_comes_from_the_address_that_the_list_writes_to() {
    let user = User::signed_in();
    let mail = newsletter("weekly.news.example", "<mailto:leave@news.example>")
        .replace("To: Ada <ada@example.com>", "To: ada.l@example.org");
    leave(&user, &user.receive_checked(PASS, &mail), &[]);
    assert_eq!(emails(user.last_sent().from()), ["ada.l@example.org"]);
    assert_eq!(user.last_sent().subject(), Some("unsubscribe"));
}

#[test]
fn several_mails_of_one_list_leave_it_once() {
    let user = User::signed_in();
    let old = receive(&user, "<mailto:leave+1@news.example>");
    let new = receive(&user, "<mailto:leave+2@news.example>");
    let daily = newsletter("daily.news.example", "<mailto:daily@news.example>");
    let daily = user.receive_checked(PASS, &daily);
    let done = user.run(&["unsubscribe", &old, &daily, &new]).json();
    let lists = done["unsubscribed"].as_array().unwrap();
    let to: Vec<_> = lists.iter().map(|list| list["to"].as_str().unwrap()).collect();
    assert_eq!(to, ["daily@news.example", "leave+2@news.example"]);
    assert_eq!(lists[1]["uids"], json!([new, old]));
    assert_eq!(user.sent(), 2);
}

#[test]
fn a_query_is_confirmed_where_it_finds_much() {
    let user = User::signed_in();
    let id = receive(&user, "<mailto:leave@news.example>");
    let found = user.run(&["unsubscribe", "--query", "from:news@news.example"]).json();
    assert_eq!((&found["unsubscribed"][0]["uids"], &found["matched"]), (&json!([id]), &json!(1)));
    let error = user.run(&["unsubscribe", "--query", "ALL"]).fails(2);
    assert!(error["message"].as_str().unwrap().contains("restricts nothing"), "{error}");
    assert_eq!(user.sent(), 1);
    let planned = user.run(&["unsubscribe", "--query", "ALL", "--limit", "1", "--dry-run"]).json();
    assert_eq!((&planned["needs_yes"], &planned["more"]), (&json!(true), &json!(true)));
    // The newest one is the mail that was just sent.
    assert_eq!(planned["no_list"], json!([found["unsubscribed"][0]["id"]]));
}

#[test]
fn one_click_shows_the_address_first_and_then_makes_one_request() {
    let user = User::signed_in();
    user.world.allow(LIST_HOST);
    let id = receive(&user, &format!("<mailto:leave@news.example>, <{URL}>"));
    let planned = user.run(&["unsubscribe", &id, "--one-click", "--dry-run"]).json();
    assert_eq!((&planned["unsubscribed"][0]["url"], &planned["needs_yes"]), (&json!(URL), &json!(true)));
    let error = refused(&user, &id, &["--one-click"], 6);
    assert_eq!((&error["code"], &error["urls"]), (&json!("unconfirmed"), &json!([URL])));
    assert_eq!(user.world.count(LIST_HOST, "", ""), 0);

    // The second one would send the cookie that the first one got, which the server reports.
    for _ in 0..2 {
        assert_eq!(leave(&user, &id, &["--one-click", "--yes"])["status"], "requested");
    }
    assert_eq!(user.world.lists(|server| server.left.clone()), ["/u?id=7", "/u?id=7"]);
    assert_eq!((user.world.count(LIST_HOST, "", ""), user.sent()), (2, 0));
}

#[test]
fn a_model_leaves_a_list_by_name_of_the_parameters() {
    let user = User::signed_in();
    user.world.allow(LIST_HOST);
    let id = receive(&user, &format!("<{URL}>"));
    let call = |more: Value| {
        let mut call = json!({"uid": id, "one_click": true});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call.to_string()
    };
    let error = user.run(&["exec", "unsubscribe", &call(json!({}))]).fails(6);
    assert!(error["hint"].as_str().unwrap().contains("yes"), "{error}");
    let done = user.run(&["exec", "unsubscribe", &call(json!({"yes": true}))]).json();
    assert_eq!(done["unsubscribed"][0]["status"], "requested");
}

#[test]
fn one_click_is_refused_where_the_sender_did_not_sign_it() {
    let user = User::signed_in();
    let mail = newsletter("weekly.news.example", &format!("<{URL}>"));
    let no_results = user.receive(&mail);
    let other =
        user.receive_checked("dkim=pass header.i=@esp.example; spf=pass smtp.mailfrom=a@news.example", &mail);
    let uncovered = user.receive_checked(PASS, &mail.replace(":List-Unsubscribe-Post", ""));
    for id in [no_results, other, uncovered] {
        let error = refused(&user, &id, &["--one-click", "--yes"], 6);
        assert_eq!(error["code"], "not_authenticated", "{error}");
    }
    let no_promise = mail.replace("List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", "");
    assert_eq!(
        refused(&user, &user.receive_checked(PASS, &no_promise), &["--one-click"], 5)["code"],
        "not_found"
    );
}

#[test]
fn mail_that_is_not_from_whom_it_says_is_not_answered() {
    let user = User::signed_in();
    let mail = newsletter("weekly.news.example", &format!("<mailto:leave@news.example>, <{URL}>"));
    let forged = user.receive_checked(
        "dkim=pass header.i=@news.example; spf=pass smtp.mailfrom=a@evil.example; dmarc=fail (p=NONE) header.from=news.example",
        &mail,
    );
    for more in [&[][..], &["--one-click", "--yes"]] {
        let error = refused(&user, &forged, more, 6);
        assert_eq!((&error["code"], &error["id"]), (&json!("not_authenticated"), &json!(forged)));
    }
    let spam = user.receive_in(&["SPAM"], &format!("{}{mail}", user.gmails_headers(PASS)));
    assert_eq!(refused(&user, &spam, &[], 6)["code"], "unconfirmed");
    let plain = user.receive("From: b@example.org\nSubject: Hi\n\nHi\n");
    assert_eq!(refused(&user, &plain, &[], 5)["code"], "not_found");
    assert_eq!(user.sent(), 0);
}

#[test]
fn a_request_never_goes_to_this_network() {
    let user = User::signed_in();
    for url in [
        "https://127.0.0.1/u",
        "https://[::1]/u",
        "https://2130706433/u",
        "https://169.254.169.254/latest",
        "https://localhost/u",
        "https://printer.local/u",
        "https://intranet/u",
        "https://lists.sandbox.example:8443/u",
    ] {
        let error = refused(&user, &receive(&user, &format!("<{url}>")), &["--one-click", "--yes"], 6);
        assert_eq!(error["code"], "network_refused", "{url}: {error}");
    }
    let http = receive(&user, "<http://lists.sandbox.example/u>");
    assert_eq!(refused(&user, &http, &["--one-click", "--yes"], 6)["code"], "not_authenticated");
    assert_eq!(user.world.log().iter().filter(|e| e.host != GMAIL_HOST).count(), 0);
}

#[test]
fn what_the_server_answers_is_told_and_no_redirect_is_followed() {
    let user = User::signed_in();
    let id = receive(&user, &format!("<{URL}>"));
    let one_click = ["--one-click", "--yes"];
    user.world.forbid(LIST_HOST);
    let error = refused(&user, &id, &one_click, 6);
    assert_eq!(error["code"], "network_refused");
    assert!(error["hint"].as_str().unwrap().contains("by mail"), "{error}");

    user.world.allow(LIST_HOST);
    user.world.lists(|server| server.redirects_to = Some(format!("https://{GMAIL_HOST}/evil")));
    let error = refused(&user, &id, &one_click, 1);
    assert!(error["message"].as_str().unwrap().contains("redirects"), "{error}");
    assert_eq!(user.world.count(GMAIL_HOST, "", "/evil"), 0);
    user.world.lists(|server| (server.redirects_to, server.refuses_with) = (None, Some(404)));
    assert!(refused(&user, &id, &one_click, 1)["message"].as_str().unwrap().contains("404"));
    user.world.lists(|server| server.refuses_with = Some(503));
    assert_eq!(refused(&user, &id, &one_click, 8)["code"], "temporary");
}

#[test]
fn an_address_that_asks_for_more_than_one_mail_is_refused() {
    let user = User::signed_in();
    for mailto in [
        "mailto:a@news.example,b@victim.example",
        "mailto:a@news.example?cc=b@victim.example",
        "mailto:a@news.example?bcc=b@victim.example",
        "mailto:a@news.example?subject=x%0d%0aBcc:b@victim.example",
        "mailto:a@news.example%0d%0aBcc:b@victim.example",
    ] {
        let error = refused(&user, &receive(&user, &format!("<{mailto}>")), &[], 1);
        assert_eq!(error["code"], "failed", "{mailto}: {error}");
    }
    assert_eq!(user.sent(), 0);
}

#[test]
fn the_policy_applies() {
    let user = User::signed_in();
    let id = receive(&user, &format!("<mailto:leave@news.example>, <{URL}>"));
    user.configure("[policy]\nrecipients = [\"*@example.com\"]\n");
    let error = refused(&user, &id, &[], 6);
    assert_eq!(
        (&error["code"], &error["refused"]),
        (&json!("policy_refused"), &json!(["leave@news.example"]))
    );
    assert_eq!(refused(&user, &id, &["--one-click", "--yes"], 6)["code"], "policy_refused");
    user.configure("[policy]\nrecipients = [\"*@news.example\"]\n");
    assert_eq!(leave(&user, &id, &[])["status"], "sent");
    user.configure("[policy]\naccess = \"draft\"\n");
    user.world.clear_log();
    assert_eq!(refused(&user, &id, &["--dry-run"], 6)["code"], "policy_refused");
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn those_that_cannot_be_left_are_named_beside_the_others() {
    let user = User::signed_in();
    let good = receive(&user, "<mailto:leave@news.example>");
    let plain = user.receive("From: b@example.org\nSubject: Hi\n\nHi\n");
    let done = user.run(&["unsubscribe", &good, &plain, "18c9f2a4b5d6e7f8"]).done();
    assert_eq!(done.code, 9);
    let result: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(result["unsubscribed"][0]["uids"], json!([good]));
    let error: Value = serde_json::from_str(&done.stderr).unwrap();
    let failed = error["error"]["failed"].as_array().unwrap();
    let mut ids: Vec<_> = failed.iter().map(|one| one["uid"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    let mut expected = [plain, "18c9f2a4b5d6e7f8".to_owned()];
    expected.sort();
    assert_eq!(ids, expected);
    assert_eq!(user.sent(), 1);
}

#[test]
fn a_send_whose_answer_was_lost_is_not_repeated() {
    let user = User::signed_in();
    let id = receive(&user, "<mailto:leave@news.example>");
    user.world.gmail(|gmail| gmail.lose_answer("messages.send", 500, 1));
    assert_eq!(leave(&user, &id, &[])["status"], "sent");
    assert_eq!(leave(&user, &id, &[])["earlier"], true);
    assert_eq!(user.sent(), 1);
}
