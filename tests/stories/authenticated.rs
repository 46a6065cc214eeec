//! What Gmail found out about the sender of a message, and what a sender cannot make us believe.

use serde_json::{Value, json};

use crate::kit::User;

const PASS: &str = "dkim=pass header.i=@bank.example header.s=s1 header.b=abc;\n       \
    spf=pass (google.com: domain of b@bank.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=b@bank.example;\n       \
    dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=bank.example";
const FROM_BANK: &str = "From: Bank <service@bank.example>\nTo: ada@example.com\nSubject: Hello\n\nHello\n";

fn read(user: &User, id: &str) -> Value {
    user.run(&["read", id]).json()
}

#[test]
fn read_gives_what_gmail_found_out() {
    let user = User::signed_in();
    let mail = read(&user, &user.receive_checked(PASS, FROM_BANK));
    assert_eq!(
        mail["authenticated"],
        json!({"pass": true, "spf": "pass", "dkim": "pass", "dmarc": "pass", "dkim_domains": ["bank.example"]})
    );
    let failed = "spf=softfail smtp.mailfrom=x@evil.example; dmarc=fail (p=NONE) header.from=bank.example";
    let mail = read(&user, &user.receive_checked(failed, FROM_BANK));
    assert_eq!(
        mail["authenticated"],
        json!({"pass": false, "spf": "softfail", "dkim": "none", "dmarc": "fail", "dkim_domains": []})
    );
}

#[test]
fn it_is_the_same_in_a_conversation_and_for_a_model() {
    let user = User::signed_in();
    let id = user.receive_checked(PASS, FROM_BANK);
    let thread = user.run(&["thread", &id]).json();
    assert_eq!(thread["messages"][0]["authenticated"]["pass"], true);
    let several = user.run(&["exec", "fetch_message", &json!({"uid": [id]}).to_string()]).json();
    assert_eq!(several[0]["authenticated"]["dkim_domains"], json!(["bank.example"]));
}

#[test]
fn a_header_of_the_sender_does_not_count() {
    let user = User::signed_in();
    let forged = format!("Authentication-Results: mx.google.com;\n       {PASS}\n");
    // Gmail did not receive it from elsewhere.
    let mail = read(&user, &user.receive(&format!("{forged}{FROM_BANK}")));
    assert_eq!(mail.get("authenticated"), None);
    // Below Gmail's own.
    let id = user.receive_checked("dmarc=fail header.from=bank.example", &format!("{forged}{FROM_BANK}"));
    assert_eq!(read(&user, &id)["authenticated"]["pass"], false);
    // In the name of another server, with Gmail's in a comment.
    let id =
        user.receive(&format!("Authentication-Results: evil.example (mx.google.com);\n {PASS}\n{FROM_BANK}"));
    assert_eq!(read(&user, &id).get("authenticated"), None);
    // What the sender told the server cannot end a comment early.
    let smuggled =
        "spf=fail (google.com: domain of \"x) ; dmarc=pass header.from=bank.example (\"@evil.example)";
    let mail = read(&user, &user.receive_checked(smuggled, FROM_BANK));
    assert_eq!(mail.get("authenticated"), None);
}

#[test]
fn an_attached_message_has_no_results_of_its_own() {
    let user = User::signed_in();
    let inner = format!("{}{FROM_BANK}", user.gmails_headers(PASS));
    let id = user.receive_checked(
        "dmarc=pass header.from=friend.example",
        &format!(
            "From: Friend <f@friend.example>\nSubject: Fwd\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
             --b\nContent-Type: text/plain\n\nSee below.\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
        ),
    );
    let outer = read(&user, &id);
    assert_eq!(outer["authenticated"]["pass"], true);
    let part = outer["attachments"][0]["part_id"].as_str().unwrap();
    let inner = user.run(&["read", &id, "--part", part]).json();
    assert_eq!(inner["subject"], "Hello");
    assert_eq!(inner.get("authenticated"), None);
}

#[test]
fn mail_of_ones_own_has_none() {
    let user = User::signed_in();
    user.run(&["send", "--to", "bob@example.org", "--subject", "Hi", "--body", "Hi"]).json();
    let sent = user.run(&["list", "--folder", "Sent", "--limit", "1"]).rows();
    let mail = read(&user, sent[0]["uid"].as_str().unwrap());
    assert_eq!((mail.get("authenticated"), mail.get("unsubscribe")), (None, None));
}

#[test]
fn read_says_how_to_leave_a_list() {
    let user = User::signed_in();
    let list = |post: &str, signature: &str| {
        format!(
            "{signature}From: Bank <service@bank.example>\nTo: ada@example.com\nSubject: Offers\n\
             List-Unsubscribe: <mailto:leave@bank.example?subject=7>,\n <https://bank.example/u?id=7>\n{post}\nBuy\n"
        )
    };
    const SIGNED: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=bank.example; s=s1;\n h=From:Subject:List-Unsubscribe:List-Unsubscribe-Post; bh=x; b=abc\n";
    const POST: &str = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n";
    let one_click = |results: &str, mail: &str| {
        let mail = read(&user, &user.receive_checked(results, mail));
        let offer = &mail["unsubscribe"];
        assert_eq!(offer["mailto"], "mailto:leave@bank.example?subject=7");
        assert_eq!(offer["url"], "https://bank.example/u?id=7");
        assert!(mail["untrusted"].as_array().unwrap().contains(&json!("unsubscribe")), "{mail}");
        offer["one_click"].as_bool().unwrap()
    };
    assert!(one_click(PASS, &list(POST, SIGNED)));
    assert!(!one_click(PASS, &list("", SIGNED)));
    assert!(!one_click(PASS, &list(POST, "")));
    assert!(!one_click(PASS, &list(POST, &SIGNED.replace(":List-Unsubscribe-Post", ""))));
    assert!(!one_click("dkim=fail header.i=@bank.example", &list(POST, SIGNED)));
    let plain = read(&user, &user.receive(FROM_BANK));
    assert_eq!(plain.get("unsubscribe"), None);
}
