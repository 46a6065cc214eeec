//! Many calls in one request.

use super::{Client, letter, request, with_body};
use crate::sandbox::{gmail::BatchMode, wire::Request};

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
    assert_eq!(client.gmail.units, 20 + 20 + 5 + 20, "each part counts for itself, one that fails, too");
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
fn only_so_many_parts_are_taken_at_once_and_units_come_back_with_time() {
    let mut client = Client::empty();
    let parts = vec![inner("GET /gmail/v1/users/me/profile"); 10];
    let taken = |client: &mut Client| {
        let response = client.ask(&batch(&parts, "modify"));
        String::from_utf8(response.body).unwrap().matches("HTTP/1.1 200").count()
    };
    client.gmail.limit_parts(&[3, 20, 7]);
    assert_eq!([0; 4].map(|_| taken(&mut client)), [3, 10, 7, 7]);
    assert_eq!(client.gmail.units, 27, "what was not taken costs nothing");
    client.gmail.limit_parts(&[100]);
    client.gmail.limit_units(15, 0);
    assert_eq!([0; 3].map(|_| taken(&mut client)), [10, 5, 0]);
    assert_eq!(client.gmail.units, 27 + 15);
    client.end();
}
