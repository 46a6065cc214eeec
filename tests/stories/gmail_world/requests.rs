//! What every request is checked for: token, scope, the API description, field masks, pages and ids.

use serde_json::{Value, json};

use super::{Client, letter, request, with_body};

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
fn a_missing_scope_is_reported_in_both_forms() {
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
fn metadata_scope_sees_no_bodies_and_no_search() {
    let mut client = Client::new();
    client.token = "metadata";
    let id = client.get("/messages?maxResults=1")["messages"][0]["id"].as_str().unwrap().to_string();
    assert_eq!(client.call("GET", "/messages?q=hello", Value::Null).0, 403);
    assert_eq!(client.call("GET", &format!("/messages/{id}"), Value::Null).0, 403);
    client.get(&format!("/messages/{id}?format=metadata"));
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
fn quota_errors_stop_after_the_requested_number() {
    let mut client = Client::empty();
    client.gmail.quota_errors(1);
    client.gmail.retry_after = Some(3);
    let refused = client.ask(&request("GET", "/gmail/v1/users/me/profile", "modify"));
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains(&("Retry-After".into(), "3".into())));
    client.get("/profile");
    client.end();
}
