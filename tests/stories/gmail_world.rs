//! The sandbox's Gmail, tested for itself: the stories can trust what it answers and what it refuses.

use serde_json::{Value, json};

use crate::sandbox::gmail::{BASE_TIME, BatchMode, Gmail};
use crate::sandbox::wire::{Request, Response};

const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const READONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";
const METADATA: &str = "https://www.googleapis.com/auth/gmail.metadata";
const FULL: &str = "https://mail.google.com/";

/// The tokens of these tests: each is good for the scope of its name.
fn scopes_of(token: &str) -> Option<Vec<String>> {
    let scope = match token {
        "modify" => MODIFY,
        "readonly" => READONLY,
        "metadata" => METADATA,
        "full" => FULL,
        _ => return None,
    };
    Some(vec![scope.to_string()])
}

fn request(method: &str, target: &str, token: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.into(),
        host: "gmail.googleapis.com".into(),
        path: path.into(),
        query: query.into(),
        headers: vec![("Authorization".into(), format!("Bearer {token}"))],
        body: Vec::new(),
        connection: 1,
    }
}

fn with_body(mut request: Request, kind: &str, body: impl Into<Vec<u8>>) -> Request {
    request.headers.push(("Content-Type".into(), kind.into()));
    request.body = body.into();
    request
}

/// A client of one mailbox, speaking paths below `/gmail/v1/users/me`.
struct Client {
    gmail: Gmail,
    token: &'static str,
}

impl Client {
    fn new() -> Client {
        Client { gmail: Gmail::new(7), token: "modify" }
    }

    fn empty() -> Client {
        Client { gmail: Gmail::empty(7), token: "modify" }
    }

    fn ask(&mut self, request: &Request) -> Response {
        self.gmail.handle(request, &scopes_of)
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        let response = self.ask(request);
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    fn call(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let mut request = request(method, &format!("/gmail/v1/users/me{path}"), self.token);
        if !body.is_null() {
            request = with_body(request, "application/json", body.to_string());
        }
        self.answer(&request)
    }

    fn get(&mut self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn post(&mut self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, body);
        assert!(status < 300, "{path}: {answer}");
        answer
    }

    fn refusal(&mut self, method: &str, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.call(method, path, body);
        (status, answer["error"]["message"].as_str().unwrap_or_default().to_string())
    }

    fn found(&mut self, q: &str) -> usize {
        let query: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let answer = self.get(&format!("/messages?maxResults=500&q={query}"));
        answer["messages"].as_array().map_or(0, Vec::len)
    }

    fn send(&mut self, raw: &str) -> Value {
        self.post("/messages/send", json!({"raw": base64url(raw)}))
    }

    fn end(self) {
        assert_eq!(self.gmail.requests_not_in_schema, Vec::<String>::new());
    }
}

fn base64url(text: &str) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE.encode(text)
}

fn decoded(data: &Value) -> Vec<u8> {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE
        .decode(data.as_str().expect("data is a string"))
        .expect("data is base64url")
}

fn letter(from: &str, subject: &str, body: &str) -> Vec<u8> {
    format!("From: {from}\r\nTo: ada@example.com\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\n{body}\r\n")
        .into_bytes()
}

#[test]
fn a_profile_counts_the_mailbox() {
    let mut client = Client::empty();
    client.gmail.add_raw(&letter("bob@example.org", "one", "Hello"), &["INBOX"]);
    let profile = client.get("/profile");
    assert_eq!(profile["emailAddress"], "ada@example.com");
    assert_eq!(profile["messagesTotal"], 1);
    assert_eq!(profile["threadsTotal"], 1);
    client.end();
}

#[test]
fn an_unknown_token_is_refused_as_google_does() {
    let mut client = Client::empty();
    let (status, body) = client.answer(&request("GET", "/gmail/v1/users/me/profile", "expired"));
    let expected = json!({"error": {"code": 401, "message": "Invalid Credentials", "errors": [{
        "message": "Invalid Credentials", "domain": "global", "reason": "authError",
        "locationType": "header", "location": "Authorization"}]}});
    assert_eq!((status, body), (401, expected));
}

#[test]
fn a_missing_scope_is_told_in_both_forms() {
    let mut client = Client::new();
    client.token = "readonly";
    let (status, body) = client.call("POST", "/messages/123/modify", json!({"addLabelIds": ["STARRED"]}));
    assert_eq!(status, 403);
    assert_eq!(body["error"]["errors"][0]["reason"], "insufficientPermissions");
    assert_eq!(body["error"]["status"], "PERMISSION_DENIED");
    assert_eq!(body["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    client.end();
}

#[test]
fn final_deletion_needs_the_full_scope() {
    let mut client = Client::empty();
    let id = client.gmail.add_raw(&letter("bob@example.org", "one", "Hello"), &["INBOX"]);
    assert_eq!(client.call("DELETE", &format!("/messages/{id}"), Value::Null).0, 403);
    client.token = "full";
    assert_eq!(client.call("DELETE", &format!("/messages/{id}"), Value::Null).0, 204);
    assert!(client.gmail.messages().is_empty());
    client.end();
}

#[test]
fn requests_outside_the_description_are_refused_and_kept() {
    let mut client = Client::empty();
    let json = "application/json";
    let base = "/gmail/v1/users/me";
    let wrong = [
        request("GET", &format!("{base}/mesages"), "modify"),
        request("GET", &format!("{base}/messages?maxresults=5"), "modify"),
        request("GET", &format!("{base}/messages?maxResults=many"), "modify"),
        request("GET", &format!("{base}/messages?maxResults=501"), "modify"),
        request("GET", &format!("{base}/messages?q=a&q=b"), "modify"),
        request("GET", &format!("{base}/messages/1?format=headers"), "modify"),
        request("GET", &format!("{base}/threads/1?format=raw"), "modify"),
        request("POST", &format!("{base}/messages/1"), "modify"),
        with_body(
            request("POST", &format!("{base}/messages/1/modify"), "modify"),
            json,
            r#"{"labels":["A"]}"#,
        ),
        with_body(
            request("POST", &format!("{base}/messages/1/modify"), "modify"),
            json,
            r#"{"addLabelIds":"A"}"#,
        ),
        with_body(request("POST", &format!("{base}/messages/1/modify"), "modify"), "text/plain", "{}"),
        with_body(request("POST", &format!("{base}/messages/1/trash"), "modify"), json, "{}"),
        with_body(request("POST", &format!("{base}/messages/send"), "modify"), json, r#"{"raw":"?!"}"#),
        with_body(request("POST", &format!("{base}/labels"), "modify"), json, r#"{"name":"New"}"#),
        with_body(request("POST", &format!("/upload{base}/labels?uploadType=media"), "modify"), json, "{}"),
        with_body(
            request("POST", &format!("/upload{base}/messages/send"), "modify"),
            "message/rfc822",
            "To: a@b",
        ),
    ];
    for request in &wrong {
        assert_eq!(client.ask(request).status, 400, "{} {}?{}", request.method, request.path, request.query);
    }
    assert_eq!(
        client.gmail.requests_not_in_schema.len(),
        wrong.len(),
        "{:#?}",
        client.gmail.requests_not_in_schema
    );
}

#[test]
fn answers_are_pretty_unless_asked_otherwise() {
    let mut client = Client::empty();
    let pretty = client.ask(&request("GET", "/gmail/v1/users/me/profile", "modify")).body;
    let compact = client.ask(&request("GET", "/gmail/v1/users/me/profile?prettyPrint=false", "modify")).body;
    assert!(pretty.starts_with(b"{\n  \"emailAddress\""));
    assert!(compact.starts_with(b"{\"emailAddress\""));
}

#[test]
fn a_field_mask_selects_nested_members() {
    let mut client = Client::new();
    let id = client.get("/messages?maxResults=1")["messages"][0]["id"].as_str().unwrap().to_string();
    let row =
        client.get(&format!("/messages/{id}?format=metadata&metadataHeaders=From&fields=id,payload/headers"));
    assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "payload"]);
    assert_eq!(row["payload"]["headers"].as_array().unwrap().len(), 1);
    let list = client.get("/messages?maxResults=2&fields=messages(id),nextPageToken");
    assert_eq!(list["messages"][0].as_object().unwrap().len(), 1);
    assert!(list["resultSizeEstimate"].is_null());
    let starred = client.get(&format!("/messages/{id}?format=metadata&fields=payload(headers(name,*))"));
    assert!(starred["payload"]["headers"][0]["value"].is_string());
    client.end();
}

#[test]
fn a_broken_field_mask_is_refused() {
    let mut client = Client::empty();
    for mask in ["messages(id", "messages(", "a,,b", "messages/nothing", "id)", "messages/id/x"] {
        let (status, _) = client.call("GET", &format!("/messages?fields={mask}"), Value::Null);
        assert_eq!(status, 400, "{mask}");
    }
}

#[test]
fn pages_follow_each_other_without_gaps() {
    let mut client = Client::empty();
    client.gmail.bulk(1203);
    client.gmail.short_pages = true;
    let mut ids: Vec<String> = Vec::new();
    let mut token = String::new();
    loop {
        let page = client.get(&format!("/messages?labelIds=INBOX&maxResults=500{token}"));
        let rows = page["messages"].as_array().unwrap();
        ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_string()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), 1203);
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
    assert_eq!(
        client.refusal("GET", "/messages?pageToken=nonsense", Value::Null),
        (400, "Invalid pageToken".into())
    );
    client.end();
}

#[test]
fn an_empty_list_has_no_messages_member() {
    let mut client = Client::empty();
    assert_eq!(client.get("/messages"), json!({"resultSizeEstimate": 0}));
    client.end();
}

#[test]
fn ids_are_checked_before_they_are_looked_up() {
    let mut client = Client::empty();
    assert_eq!(client.refusal("GET", "/messages/hello", Value::Null), (400, "Invalid id value".into()));
    let gone = (404, "Requested entity was not found.".to_string());
    assert_eq!(client.refusal("GET", "/messages/18c9f2a4b5d6e7f8", Value::Null), gone);
    assert_eq!(client.refusal("POST", "/threads/18c9f2a4b5d6e7f8/trash", Value::Null), gone);
    client.end();
}

#[test]
fn a_full_message_is_a_tree_of_parts() {
    let mut client = Client::empty();
    let raw = b"From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>\r\nTo: ada@example.com\r\nSubject: It's\r\n =?utf-8?B?8J+Yig==?=\r\n\
        Content-Type: multipart/mixed; boundary=\"b;1\"\r\n\r\npreamble\r\n--b;1\r\n\
        Content-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe & 'so'=\r\n\r\n--b2\r\nContent-Type: text/html\r\n\r\n\
        <p>Hi</p>\r\n--b2--\r\n--b;1\r\nContent-Type: application/pdf; name=a.pdf\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nSGVs\r\nbG8=\r\n--b;1\r\nContent-Type: text/plain\r\n\
        Content-Disposition: attachment; filename*=UTF-8''n%C3%B6te.txt\r\n\r\nNote\r\n--b;1\r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nInside\r\n--b;1--\r\n";
    let id = client.gmail.add_raw(raw, &["INBOX"]);
    let message = client.get(&format!("/messages/{id}"));
    let parts = &message["payload"]["parts"];
    assert_eq!(message["payload"]["partId"], "");
    assert_eq!(message["payload"]["headers"][0]["value"], "Jörg <j@example.org>");
    assert_eq!(message["payload"]["headers"][2]["value"], "It's 😊");
    assert_eq!(parts[0]["parts"][0]["partId"], "0.0");
    assert_eq!(decoded(&parts[0]["parts"][0]["body"]["data"]), "Grüße & 'so'".as_bytes());
    assert_eq!(parts[1]["filename"], "a.pdf");
    assert_eq!(parts[1]["body"]["size"], 5);
    assert_eq!(parts[2]["filename"], "nöte.txt");
    assert!(parts[2]["body"]["attachmentId"].is_string());
    assert_eq!(parts[3]["parts"][0]["headers"][0]["value"], "inner");
    assert_eq!(parts[3]["parts"][0]["partId"], "3.0");
    assert_eq!(message["snippet"], "Grüße &amp; &#39;so&#39;");
    assert_eq!(decoded(&client.get(&format!("/messages/{id}?format=raw"))["raw"]), raw);
    assert!(client.get(&format!("/messages/{id}?format=minimal"))["payload"].is_null());
    client.end();
}

#[test]
fn charsets_are_converted_only_if_the_switch_says_so() {
    let mut client = Client::empty();
    let raw =
        b"To: ada@example.com\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xd2\xc9\xd7\xc5\xd4";
    let id = client.gmail.add_raw(raw, &[]);
    let converted = client.get(&format!("/messages/{id}"));
    assert_eq!(decoded(&converted["payload"]["body"]["data"]), "Привет".as_bytes());
    client.gmail.convert_charsets = false;
    let kept = client.get(&format!("/messages/{id}"));
    assert_eq!(decoded(&kept["payload"]["body"]["data"]), b"\xf0\xd2\xc9\xd7\xc5\xd4");
    client.end();
}

#[test]
fn attachment_ids_change_and_the_old_ones_stay_valid() {
    let mut client = Client::empty();
    client.gmail.inline_limit = 10;
    let id = client.gmail.add_raw(b"To: ada@example.com\r\n\r\nA body of more than ten bytes", &[]);
    let fetch = |client: &mut Client| {
        let message = client.get(&format!("/messages/{id}?fields=payload"));
        message["payload"]["body"]["attachmentId"].as_str().unwrap().to_string()
    };
    let (first, second) = (fetch(&mut client), fetch(&mut client));
    assert_ne!(first, second);
    for attachment in [first, second] {
        let body = client.get(&format!("/messages/{id}/attachments/{attachment}"));
        assert_eq!(body["size"], 29);
        assert_eq!(decoded(&body["data"]), b"A body of more than ten bytes");
    }
    assert_eq!(client.call("GET", &format!("/messages/{id}/attachments/xyz"), Value::Null).0, 400);
    client.end();
}

#[test]
fn a_ready_made_resource_is_told_as_it_is() {
    let mut client = Client::empty();
    let payload = json!({"mimeType": "text/plain", "headers": [{"name": "Subject", "value": "odd"}],
        "body": {"attachmentId": "given", "size": 3}});
    let id = client.gmail.add_payload(json!({"labelIds": ["INBOX"], "snippet": "s", "payload": payload}));
    client.gmail.add_attachment("given", b"abc");
    assert_eq!(client.get(&format!("/messages/{id}"))["payload"], payload);
    assert_eq!(client.get(&format!("/messages/{id}/attachments/given"))["data"], "YWJj");
    assert_eq!(client.found("subject:odd"), 1);
    client.end();
}

#[test]
fn labels_are_created_changed_and_deleted() {
    let mut client = Client::empty();
    let visibility = json!({"labelListVisibility": "labelShow", "messageListVisibility": "show"});
    let named = |name: &str| {
        let mut body = visibility.clone();
        body["name"] = name.into();
        body
    };
    let label = client.post("/labels", named("Work/Invoices"));
    let id = label["id"].as_str().unwrap().to_string();
    for taken in ["work/invoices", "Work-Invoices", "WORK/INVOICES"] {
        let refusal = client.refusal("POST", "/labels", named(taken));
        assert_eq!(refusal, (409, "Label name exists or conflicts".into()), "{taken}");
    }
    for bad in ["Inbox", "trash", " x", "x ", "", "a^b"] {
        assert_eq!(
            client.refusal("POST", "/labels", named(bad)),
            (400, "Invalid label name".into()),
            "{bad}"
        );
    }
    let (_, renamed) = client.call("PATCH", &format!("/labels/{id}"), json!({"name": "Paid"}));
    assert_eq!(renamed["name"], "Paid");
    let message = client.gmail.add_raw(&letter("b@example.org", "x", "y"), &["Paid", "UNREAD"]);
    let counted = client.get(&format!("/labels/{id}"));
    assert_eq!((&counted["messagesTotal"], &counted["threadsUnread"]), (&json!(1), &json!(1)));
    assert_eq!(client.call("DELETE", &format!("/labels/{id}"), Value::Null), (204, Value::Null));
    assert_eq!(client.gmail.message(&message).unwrap().labels, ["UNREAD"]);
    assert_eq!(client.call("DELETE", "/labels/INBOX", Value::Null).0, 400);
    client.end();
}

#[test]
fn modify_moves_labels_and_refuses_unknown_ones() {
    let mut client = Client::empty();
    let id = client.gmail.add_raw(&letter("b@example.org", "x", "y"), &["INBOX", "UNREAD"]);
    let path = format!("/messages/{id}/modify");
    let changed = client.post(&path, json!({"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}));
    assert_eq!(changed["labelIds"], json!(["INBOX", "STARRED"]));
    let refusal = client.refusal("POST", &path, json!({"addLabelIds": ["Work"]}));
    assert_eq!(refusal, (400, "Invalid label: Work".into()));
    assert_eq!(client.refusal("POST", &path, json!({"addLabelIds": ["SENT"]})).0, 400);
    assert_eq!(client.refusal("POST", &path, json!({})).0, 400);
    let trashed = client.post(&format!("/messages/{id}/trash"), Value::Null);
    assert_eq!(trashed["labelIds"], json!(["STARRED", "TRASH"]));
    let back = client.post(&format!("/messages/{id}/untrash"), Value::Null);
    assert_eq!(back["labelIds"], json!(["STARRED"]));
    client.end();
}

#[test]
fn batch_modify_takes_a_thousand_ids_and_says_nothing() {
    let mut client = Client::empty();
    client.gmail.bulk(1001);
    let ids: Vec<String> = client.gmail.messages().into_iter().map(|m| m.id).collect();
    let body = |ids: &[String]| json!({"ids": ids, "removeLabelIds": ["INBOX"]});
    assert_eq!(client.call("POST", "/messages/batchModify", body(&ids)).0, 400);
    assert_eq!(client.call("POST", "/messages/batchModify", body(&ids[1..])), (204, Value::Null));
    assert_eq!(client.found("in:inbox"), 1);
    client.end();
}

#[test]
fn sending_reads_recipients_and_keeps_bcc() {
    let mut client = Client::empty();
    let sent =
        client.send("To: Bob <bob@example.org>\r\nBcc: eve@example.org\r\nSubject: Hi\r\n\r\nText\r\n");
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    let mail = &client.gmail.sent()[0];
    assert_eq!((&sent["id"], &sent["threadId"]), (&json!(mail.id), &json!(mail.thread_id)));
    assert_eq!(mail.labels, ["SENT"]);
    assert_eq!(mail.recipients, ["bob@example.org", "eve@example.org"]);
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    assert!(raw.contains("Bcc: eve@example.org\r\n"));
    assert!(raw.contains("From: Ada Lovelace <ada@example.com>\r\n"));
    assert!(raw.contains("Message-ID: <CA+"));
    assert!(raw.ends_with("\r\n\r\nText\r\n"));
    let missing = json!({"raw": base64url("Subject: nobody\r\n\r\n")});
    assert_eq!(client.refusal("POST", "/messages/send", missing), (400, "Recipient address required".into()));
    let invalid = json!({"raw": base64url("To: bob\r\n\r\n")});
    assert_eq!(client.refusal("POST", "/messages/send", invalid), (400, "Invalid To header".into()));
    assert_eq!(client.refusal("POST", "/messages/send", json!({})).0, 400);
    assert_eq!(client.gmail.send_count(), 1);
    client.end();
}

#[test]
fn only_accepted_aliases_stay_in_from() {
    let mut client = Client::empty();
    for (from, kept) in
        [("ada.l@example.org", true), ("ada@pending.example", false), ("eve@evil.example", false)]
    {
        client.send(&format!("From: {from}\r\nTo: bob@example.org\r\n\r\n"));
        let raw = String::from_utf8(client.gmail.sent().last().unwrap().raw.clone()).unwrap();
        assert_eq!(raw.contains(from), kept, "{raw}");
        assert_eq!(raw.matches("From:").count(), 1);
    }
    let aliases = client.get("/settings/sendAs");
    assert_eq!(aliases["sendAs"].as_array().unwrap().len(), 3);
    assert!(aliases["sendAs"][0]["verificationStatus"].is_null());
    assert_eq!(client.get("/settings/sendAs/ada.l%40example.org")["displayName"], "Ada L.");
    client.end();
}

#[test]
fn gmail_may_replace_the_message_id() {
    let mut client = Client::empty();
    client.send("To: b@example.org\r\nMessage-ID: <mine@x>\r\n\r\n");
    client.gmail.omit_message_id_on_send = true;
    client.send("To: b@example.org\r\nMessage-ID: <other@x>\r\n\r\n");
    assert_eq!(client.found("rfc822msgid:mine@x in:anywhere"), 1);
    assert_eq!(client.found("rfc822msgid:<other@x>"), 0);
    client.end();
}

#[test]
fn mail_to_oneself_lands_in_the_inbox_too() {
    let mut client = Client::empty();
    assert_eq!(client.send("To: ADA@example.com\r\n\r\n")["labelIds"], json!(["SENT", "UNREAD", "INBOX"]));
    client.end();
}

#[test]
fn a_reply_joins_the_thread_only_with_all_three_marks() {
    let mut client = Client::empty();
    let id = client.gmail.add_raw(&letter("bob@example.org", "Plans", "?"), &["INBOX"]);
    let mut reply = |headers: &str, thread: bool| {
        let raw = format!("To: bob@example.org\r\n{headers}\r\n\r\nYes\r\n");
        let mut body = json!({"raw": base64url(&raw)});
        if thread {
            body["threadId"] = id.as_str().into();
        }
        client.post("/messages/send", body)["threadId"] == id.as_str()
    };
    assert!(reply("Subject: Re: Plans\r\nIn-Reply-To: <Plans@x>\r\nReferences: <Plans@x>", true));
    assert!(!reply("Subject: Re: Plans\r\nReferences: <Plans@x>", false));
    assert!(!reply("Subject: Re: Other\r\nReferences: <Plans@x>", true));
    assert!(!reply("Subject: Re: Plans", true));
    assert_eq!(client.get(&format!("/threads/{id}"))["messages"].as_array().unwrap().len(), 2);
    client.end();
}

#[test]
fn messages_can_be_uploaded_as_media_or_multipart() {
    let mut client = Client::empty();
    let path = "/upload/gmail/v1/users/me/messages/send?uploadType";
    let message = "To: bob@example.org\r\nSubject: Up\r\n\r\nLoad";
    let media = with_body(request("POST", &format!("{path}=media"), "modify"), "message/rfc822", message);
    assert_eq!(client.ask(&media).status, 200);
    let related = format!(
        "--b7\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{{}}\r\n--b7\r\n\
         Content-Type: message/rfc822\r\n\r\n{message}\r\n--b7--\r\n"
    );
    let kind = "multipart/related; boundary=\"b7\"";
    let multipart = with_body(request("POST", &format!("{path}=multipart"), "modify"), kind, related);
    assert_eq!(client.ask(&multipart).status, 200);
    assert!(client.gmail.sent().iter().all(|sent| sent.raw.ends_with(b"\r\n\r\nLoad")));
    assert_eq!(client.gmail.send_count(), 2);
    client.end();
}

#[test]
fn a_lost_answer_hides_a_send_that_happened() {
    let mut client = Client::empty();
    client.gmail.lose_answer("messages.send", 503, 1);
    let body = json!({"raw": base64url("To: b@example.org\r\nMessage-ID: <once@x>\r\n\r\n")});
    assert_eq!(client.call("POST", "/messages/send", body).0, 503);
    assert_eq!(client.found("rfc822msgid:once@x"), 1);
    client.end();
}

#[test]
fn import_takes_the_date_of_the_header_and_insert_the_clock() {
    let mut client = Client::empty();
    let raw = base64url("To: a@b.c\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n");
    let body = json!({"raw": raw, "labelIds": ["INBOX"]});
    let date = |client: &mut Client, answer: &Value| {
        let id = answer["id"].as_str().unwrap().to_string();
        client.get(&format!("/messages/{id}?fields=internalDate"))["internalDate"].clone()
    };
    let imported = client.post("/messages/import", body.clone());
    assert_eq!(date(&mut client, &imported), "1767225600000");
    let inserted = client.post("/messages", body);
    assert_eq!(date(&mut client, &inserted), (BASE_TIME + 1000).to_string());
    client.end();
}

#[test]
fn a_draft_keeps_its_id_and_ends_with_the_send() {
    let mut client = Client::empty();
    let message =
        |body: &str| json!({"message": {"raw": base64url(&format!("To: b@example.org\r\n\r\n{body}"))}});
    let draft = client.post("/drafts", message("one"));
    let id = draft["id"].as_str().unwrap().to_string();
    let (status, updated) = client.call("PUT", &format!("/drafts/{id}"), message("two"));
    assert_eq!((status, &updated["id"]), (200, &draft["id"]));
    assert_ne!(updated["message"]["id"], draft["message"]["id"]);
    assert_eq!(client.get("/drafts")["drafts"].as_array().unwrap().len(), 1);
    let label = json!({"addLabelIds": ["STARRED"]});
    let message_id = updated["message"]["id"].as_str().unwrap().to_string();
    assert_eq!(client.refusal("POST", &format!("/messages/{message_id}/modify"), label).0, 400);
    assert_eq!(client.get(&format!("/drafts/{id}?format=minimal"))["message"]["labelIds"], json!(["DRAFT"]));
    let sent = client.post("/drafts/send", json!({"id": id}));
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    assert!(client.gmail.sent()[0].raw.ends_with(b"two"));
    assert_eq!(client.get("/drafts"), json!({"resultSizeEstimate": 0}));
    assert_eq!(client.call("DELETE", &format!("/drafts/{id}"), Value::Null).0, 404);
    assert!(client.gmail.draft_ids().is_empty());
    client.end();
}

#[test]
fn history_tells_what_changed_since() {
    let mut client = Client::empty();
    let start = client.gmail.history_id();
    assert_eq!(
        client.get(&format!("/history?startHistoryId={start}")),
        json!({"historyId": start.to_string()})
    );
    let id = client.gmail.add_raw(&letter("b@example.org", "new", "x"), &["INBOX", "UNREAD"]);
    client.post(&format!("/messages/{id}/modify"), json!({"removeLabelIds": ["UNREAD"]}));
    client.post(&format!("/messages/{id}/trash"), Value::Null);
    let all = client.get(&format!("/history?startHistoryId={start}"));
    let kinds = ["messagesAdded", "labelsRemoved", "labelsAdded", "labelsRemoved"];
    for (record, kind) in all["history"].as_array().unwrap().iter().zip(kinds) {
        assert_eq!(record[kind][0]["message"]["id"], id.as_str(), "{record}");
    }
    let added =
        client.get(&format!("/history?startHistoryId={start}&historyTypes=messageAdded&labelId=INBOX"));
    assert_eq!(added["history"].as_array().unwrap().len(), 1);
    let page = client.get(&format!("/history?startHistoryId={start}&maxResults=3"));
    let rest =
        format!("/history?startHistoryId={start}&pageToken={}", page["nextPageToken"].as_str().unwrap());
    assert_eq!(client.get(&rest)["history"].as_array().unwrap().len(), 1);
    client.gmail.history_floor = start + 1;
    assert_eq!(client.call("GET", &format!("/history?startHistoryId={start}"), Value::Null).0, 404);
    client.end();
}

#[test]
fn threads_are_listed_by_their_newest_message_and_changed_as_one() {
    let mut client = Client::empty();
    let first = client.gmail.add_raw(&letter("b@example.org", "Plans", "1"), &["INBOX"]);
    client.gmail.add_raw(&letter("c@example.org", "Other", "2"), &["INBOX"]);
    let reply = b"From: b@example.org\r\nTo: ada@example.com\r\nSubject: Re: Plans\r\nReferences: <Plans@x>\r\n\r\n3\r\n";
    client.gmail.add_raw(reply, &["INBOX"]);
    let list = client.get("/threads?maxResults=1");
    assert_eq!(list["threads"][0]["id"], first.as_str());
    assert_eq!(list["threads"][0]["snippet"], "3");
    let next = format!("/threads?pageToken={}", list["nextPageToken"].as_str().unwrap());
    let rest = client.get(&next);
    assert_eq!(rest["threads"].as_array().unwrap().len(), 1);
    let thread = client.get(&format!("/threads/{first}?format=metadata&metadataHeaders=Subject"));
    assert_eq!(thread["messages"][1]["payload"]["headers"][0]["value"], "Re: Plans");
    client.post(&format!("/threads/{first}/modify"), json!({"removeLabelIds": ["INBOX"]}));
    assert_eq!(client.found("in:inbox"), 1);
    client.post(&format!("/threads/{first}/trash"), Value::Null);
    assert_eq!((client.found("in:trash"), client.found("")), (2, 1));
    assert_eq!(client.gmail.messages().iter().filter(|stored| stored.thread_id == first).count(), 2);
    client.post(&format!("/threads/{first}/untrash"), Value::Null);
    assert_eq!(client.found("in:archive"), 2);
    client.end();
}

fn batch(parts: &[String], token: &str) -> Request {
    let body: String = parts
        .iter()
        .enumerate()
        .map(|(i, http)| {
            format!("--B\r\nContent-Type: application/http\r\nContent-ID: <m{i}>\r\n\r\n{http}\r\n")
        })
        .collect();
    let kind = "multipart/mixed; boundary=\"B\"";
    with_body(request("POST", "/batch/gmail/v1", token), kind, format!("{body}--B--\r\n"))
}

fn inner(line: &str) -> String {
    format!("{line} HTTP/1.1\r\n")
}

#[test]
fn a_batch_answers_each_part_for_itself() {
    let mut client = Client::empty();
    let id = client.gmail.add_raw(&letter("b@example.org", "x", "y"), &["INBOX"]);
    let base = "/gmail/v1/users/me";
    let modify = "{\"removeLabelIds\":[\"INBOX\"]}";
    let parts = [
        inner(&format!("GET {base}/messages/{id}?format=minimal")),
        inner(&format!("GET {base}/messages/18c9f2a4b5d6e7f8")),
        format!(
            "POST {base}/messages/{id}/modify HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{modify}"
        ),
        format!("GET {base}/profile HTTP/1.1\r\nAuthorization: Bearer gone\r\n\r\n"),
        inner(&format!("GET {base}/messages/{id}?format=minimal")),
    ];
    client.gmail.shuffle_batch_parts = true;
    client.gmail.fail_part(&format!("{id}/modify"), 429, "rateLimitExceeded", 1);
    let response = client.ask(&batch(&parts, "modify"));
    let text = String::from_utf8(response.body).unwrap();
    let status = |index: usize| {
        let part =
            text.split("--batch_").find(|part| part.contains(&format!("<response-m{index}>"))).unwrap();
        part.split("HTTP/1.1 ").nth(1).unwrap()[..3].parse::<u16>().unwrap()
    };
    assert_eq!([status(0), status(1), status(2), status(3), status(4)], [200, 404, 429, 401, 200]);
    assert_eq!(client.gmail.batches, [5]);
    assert_eq!(client.gmail.calls.len(), 4, "the refused token never got as far as a method");
    client.end();
}

#[test]
fn a_batch_can_be_refused_as_a_whole() {
    let mut client = Client::empty();
    let parts = [inner("GET /gmail/v1/users/me/profile")];
    assert_eq!(client.ask(&batch(&parts, "expired")).status, 401);
    client.gmail.batch_mode = BatchMode::Missing;
    assert_eq!(client.ask(&batch(&parts, "modify")).status, 404);
    client.gmail.batch_mode = BatchMode::Broken;
    assert_eq!(client.ask(&batch(&parts, "modify")).status, 500);
    client.gmail.batch_mode = BatchMode::OnlyPlainPath;
    assert_eq!(client.ask(&batch(&parts, "modify")).status, 404);
    let plain = Request { path: "/batch".into(), ..batch(&parts, "modify") };
    assert_eq!(client.ask(&plain).status, 200);
    client.end();
}

#[test]
fn a_batch_of_more_than_a_hundred_or_with_full_urls_breaks_the_rules() {
    let mut client = Client::empty();
    let many = vec![inner("GET /gmail/v1/users/me/profile"); 101];
    assert_eq!(client.ask(&batch(&many, "modify")).status, 400);
    let url = [inner("GET https://gmail.googleapis.com/gmail/v1/users/me/profile")];
    assert_eq!(client.ask(&batch(&url, "modify")).status, 400);
    assert_eq!(client.gmail.requests_not_in_schema.len(), 2);
}

#[test]
fn quota_errors_pass() {
    let mut client = Client::empty();
    client.gmail.quota_errors(1);
    client.gmail.retry_after = Some(3);
    let refused = client.ask(&request("GET", "/gmail/v1/users/me/profile", "modify"));
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains(&("Retry-After".into(), "3".into())));
    client.get("/profile");
    client.end();
}

#[test]
fn metadata_scope_sees_no_bodies_and_no_search() {
    let mut client = Client::new();
    client.token = "metadata";
    let id = client.get("/messages?maxResults=1")["messages"][0]["id"].as_str().unwrap().to_string();
    assert_eq!(client.call("GET", "/messages?q=hello", Value::Null).0, 403);
    assert_eq!(client.call("GET", &format!("/messages/{id}"), Value::Null).0, 403);
    client.get(&format!("/messages/{id}?format=metadata"));
    client.end();
}

fn a_searchable_mailbox() -> Client {
    let mut client = Client::empty();
    let day = 86_400_000;
    let mut add = |raw: &str, labels: &[&str], days_ago: i64| {
        client.gmail.add_raw_at(raw.as_bytes(), labels, BASE_TIME - days_ago * day);
    };
    add(
        "From: Alice Example <alice@example.org>\r\nTo: ada@example.com\r\nCc: carol@example.net\r\n\
         Subject: Dinner and a movie\r\nMessage-ID: <dinner@x>\r\nList-Id: <food.lists.example>\r\n\r\nPizza tonight?\r\n",
        &["INBOX", "UNREAD", "Reise & Urlaub"],
        1,
    );
    add(
        "From: Bob <bob@example.org>\r\nTo: Ada <ada@example.com>\r\nSubject: Invoice 42\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nPlease pay soon, ideally today.\r\n--b\r\n\
         Content-Type: application/pdf; name=\"bill-42.pdf\"\r\n\r\n%PDF\r\n--b--\r\n",
        &["INBOX", "STARRED", "IMPORTANT", "CATEGORY_UPDATES"],
        40,
    );
    add("From: spam@evil.example\r\nTo: ada@example.com\r\nSubject: Pizza\r\n\r\nCheap\r\n", &["SPAM"], 3);
    add("From: ada@example.com\r\nTo: bob@example.org\r\nSubject: 会議の予定\r\n\r\nOk\r\n", &["SENT"], 400);
    client
}

#[test]
fn search_understands_gmails_operators() {
    let mut client = a_searchable_mailbox();
    let cases = [
        ("", 3),
        ("pizza", 1),
        ("pizza in:anywhere", 2),
        ("in:spam", 1),
        ("from:alice", 1),
        ("from:ali", 0),
        ("from:example.org", 2),
        ("from:alice@example.org", 1),
        ("from:me", 1),
        ("to:me", 2),
        ("to:carol", 1),
        ("cc:carol@example.net", 1),
        ("subject:(dinner movie)", 1),
        ("subject:(movie invoice)", 0),
        ("subject:{movie invoice}", 2),
        ("subject:\"a movie\"", 1),
        ("subject:\"movie dinner\"", 0),
        ("\"pay soon\"", 1),
        ("pay today", 1),
        ("from:alice OR from:bob", 2),
        ("{from:alice from:bob}", 2),
        ("from:(alice OR bob) is:unread", 1),
        ("-from:alice", 2),
        ("-(from:alice pizza)", 2),
        ("-{from:alice from:bob}", 1),
        ("is:unread", 1),
        ("is:read", 2),
        ("is:starred is:important", 1),
        ("in:inbox", 2),
        ("in:sent", 1),
        ("label:reise---urlaub", 1),
        ("label:\"Reise & Urlaub\"", 1),
        ("has:userlabels", 1),
        ("category:updates", 1),
        ("category:primary", 2),
        ("has:attachment", 1),
        ("filename:pdf", 1),
        ("filename:bill-42.pdf", 1),
        ("larger:1M", 0),
        ("smaller:1M", 3),
        ("size:10", 3),
        ("newer_than:2d", 1),
        ("older_than:1y", 1),
        ("after:2026/11/01", 1),
        ("before:2026/11/01", 2),
        ("after:11/01/2026", 1),
        ("after:1795089600000", 0),
        ("rfc822msgid:dinner@x", 1),
        ("rfc822msgid:<dinner@x>", 1),
        ("list:food.lists.example", 1),
        ("SINCE 01-Jan-2025", 0),
        ("http://pizza", 0),
        ("会議", 1),
        ("議会", 0),
        (") pizza (", 1),
    ];
    for (q, expected) in cases {
        assert_eq!(client.found(q), expected, "{q}");
    }
    let day = 86_400;
    let alice = BASE_TIME / 1000 - day;
    assert_eq!(client.found(&format!("after:{} before:{}", alice - 1, alice + 1)), 1);
    client.gmail.set_now(BASE_TIME + 10 * 86_400_000);
    assert_eq!(client.found("newer_than:2d"), 0);
    client.end();
}

#[test]
fn spam_and_trash_show_up_only_when_asked_for() {
    let mut client = a_searchable_mailbox();
    let count = |client: &mut Client, query: &str| {
        client.get(&format!("/messages?{query}"))["messages"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count(&mut client, "maxResults=50"), 3);
    assert_eq!(count(&mut client, "includeSpamTrash=true"), 4);
    assert_eq!(count(&mut client, "labelIds=SPAM"), 1);
    assert_eq!(count(&mut client, "labelIds=INBOX&labelIds=STARRED"), 1);
    assert_eq!(
        client.refusal("GET", "/messages?labelIds=Inbox", Value::Null),
        (400, "Invalid label: Inbox".into())
    );
    client.end();
}

#[test]
fn the_mailbox_is_the_same_for_the_same_seed() {
    let listing =
        |seed| Gmail::new(seed).messages().into_iter().map(|m| (m.id, m.labels, m.raw)).collect::<Vec<_>>();
    let first = listing(7);
    assert!((300..360).contains(&first.len()), "{} messages", first.len());
    assert!(first == listing(7));
    assert!(first != listing(8));
}

#[test]
fn every_message_of_the_mailbox_can_be_told_in_every_format() {
    let mut client = Client::new();
    for stored in client.gmail.messages() {
        for format in ["full", "metadata", "minimal"] {
            client.get(&format!("/messages/{}?format={format}", stored.id));
        }
        let raw = client.get(&format!("/messages/{}?format=raw", stored.id));
        assert_eq!(decoded(&raw["raw"]), stored.raw);
    }
    client.end();
}

#[test]
fn the_mailbox_has_something_for_every_folder() {
    let mut client = Client::new();
    let least = [
        ("in:inbox", 60),
        ("in:sent", 20),
        ("in:drafts", 4),
        ("in:spam", 5),
        ("in:trash", 5),
        ("in:archive", 50),
        ("is:unread", 20),
        ("is:starred", 5),
        ("has:attachment", 40),
        ("label:work-invoices", 5),
        ("label:reise---urlaub", 2),
        ("label:ünïcode", 2),
        ("category:promotions", 10),
    ];
    for (q, at_least) in least {
        assert!(client.found(q) >= at_least, "{q}: {}", client.found(q));
    }
    let names = client.gmail.label_names();
    for name in ["INBOX", "Work", "Work/Invoices", "Reise & Urlaub", "Ünïcode"] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
    let work = client.gmail.label_id("Work").unwrap();
    assert_eq!(client.get(&format!("/labels/{work}"))["name"], "Work");
    client.end();
}

/// The text of the first leaf of that type, as a client sees it.
fn leaf<'a>(part: &'a Value, kind: &str) -> Option<&'a Value> {
    let children = part["parts"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    match part["mimeType"] == kind && children.is_empty() {
        true => Some(part),
        false => children.iter().find_map(|child| leaf(child, kind)),
    }
}

fn payload_of(client: &mut Client, subject: &str) -> Value {
    let id = client.gmail.id_of_subject(subject).unwrap_or_else(|| panic!("no message `{subject}`"));
    client.get(&format!("/messages/{id}"))["payload"].clone()
}

#[test]
fn foreign_letters_arrive_in_utf8_under_their_old_label() {
    let mut client = Client::new();
    let letters = [
        ("会議の予定", "iso-2022-jp", "東京本社"),
        ("合同确认", "gb18030", "请在周五之前确认"),
        ("Чертежи машины", "koi8-r", "Машина работает"),
        ("表示テスト", "shift_jis", "ソフト機能"),
        ("Fähre nach Föhr", "utf-8", "heißt „Größe“"),
        ("L’été à Nîmes", "windows-1252", "cœur de l’œuvre"),
        ("UTF-8 labelled windows-1252", "windows-1252", "cœur de l’œuvre"),
    ];
    for (subject, charset, words) in letters {
        let payload = payload_of(&mut client, subject);
        let text = String::from_utf8(decoded(&payload["body"]["data"])).unwrap();
        assert!(text.contains(words), "{subject}: {text}");
        let declared =
            payload["headers"].as_array().unwrap().iter().find(|h| h["name"] == "Content-Type").unwrap();
        assert!(declared["value"].as_str().unwrap().contains(charset), "{declared}");
    }
    let broken = payload_of(&mut client, "windows-1252 labelled UTF-8");
    assert!(String::from_utf8(decoded(&broken["body"]["data"])).is_err(), "left as the sender wrote it");
    client.end();
}

#[test]
fn a_body_of_two_megabytes_stands_behind_an_attachment_id() {
    let mut client = Client::new();
    let payload = payload_of(&mut client, "Nightly build log");
    assert!(payload["body"]["data"].is_null());
    assert!(payload["body"]["size"].as_u64().unwrap() > 1_500_000);
    assert_eq!(payload["filename"], "");
    client.end();
}

#[test]
fn odd_letters_keep_their_oddity() {
    let mut client = Client::new();
    let nested = payload_of(&mut client, "Trip photos");
    assert_eq!(leaf(&nested, "image/png").unwrap()["partId"], "0.1");
    let notes = payload_of(&mut client, "Notes before the letter");
    assert_eq!(notes["parts"][0]["filename"], "notes.txt");
    let forwarded = payload_of(&mut client, "Fwd: The inner letter");
    assert_eq!(forwarded["parts"][1]["parts"][0]["mimeType"], "text/plain");
    let ansi = client.gmail.id_of_subject("\u{1b}[5mthere").unwrap();
    assert!(client.gmail.message(&ansi).is_some());
    let leftover = payload_of(&mut client, "still encoded");
    assert!(leftover["headers"].to_string().contains("=?utf-8?Q?Gr=C3=BC=C3=9Fe?="));
    let chaos = payload_of(&mut client, "Line ends of all kinds");
    assert!(decoded(&chaos["body"]["data"]).starts_with(b"one\ntwo\r\nthree\r"));
    let name = payload_of(&mut client, "A long file name");
    assert_eq!(name["parts"][1]["filename"], "Übersicht der Zahnräder 2026.pdf");
    let unfinished = payload_of(&mut client, "Unfinished");
    assert_eq!(unfinished["parts"].as_array().unwrap().len(), 2);
    let scan = payload_of(&mut client, "Scan from the office printer");
    assert!(scan["body"]["attachmentId"].is_string());
    let flowing = client.gmail.id_of_subject("entities").unwrap();
    let snippet = client.get(&format!("/messages/{flowing}"))["snippet"].as_str().unwrap().to_string();
    assert!(snippet.starts_with("It&#39;s Tom &amp; Jerry"), "{snippet}");
    client.end();
}

#[test]
fn conversations_of_the_mailbox_are_threads() {
    let mut client = Client::new();
    let last = client.gmail.id_of_subject("Re: Notes on the engine").unwrap();
    let thread = client.gmail.message(&last).unwrap().thread_id;
    let thread = client.get(&format!("/threads/{thread}?format=minimal"));
    assert_eq!(thread["messages"].as_array().unwrap().len(), 4);
    client.end();
}

#[test]
fn drafts_of_the_mailbox_can_be_sent() {
    let mut client = Client::new();
    let drafts = client.get("/drafts")["drafts"].as_array().unwrap().clone();
    assert_eq!(drafts.len(), 4);
    let outcomes =
        drafts.iter().map(|draft| client.call("POST", "/drafts/send", json!({"id": draft["id"]})).0);
    let mut outcomes: Vec<u16> = outcomes.collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [200, 200, 200, 400], "one draft has no recipient");
    client.end();
}

#[test]
fn a_hundred_thousand_messages_are_listed_quickly() {
    let mut client = Client::empty();
    client.gmail.bulk(100_000);
    let page = client.get("/messages?maxResults=500&labelIds=INBOX");
    assert_eq!(page["messages"].as_array().unwrap().len(), 500);
    let id = page["messages"][0]["id"].as_str().unwrap();
    let newest = client.get(&format!("/messages/{id}"));
    assert_eq!(newest["snippet"], "Number 100000.");
    assert_eq!(client.gmail.add_label("Later"), "Label_1");
    client.end();
}
