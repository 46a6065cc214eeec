//! `~` in paths: no shell has seen the values of `exec` and of the configuration.

use serde_json::json;

use crate::kit::{User, emails};

fn call(user: &User, tool: &str, arguments: &serde_json::Value) -> crate::kit::Done {
    user.run(&["exec", tool, &arguments.to_string()]).done()
}

fn letter(more: serde_json::Value) -> serde_json::Value {
    let mut letter = json!({"to": "bob@example.org", "subject": "s"});
    letter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    letter
}

#[test]
fn the_home_directory_is_found_in_the_paths_of_exec() {
    let user = User::signed_in();
    user.configure("[policy]\nfiles = [\"~/work\"]\n");
    user.write_file("work/a.txt", "the file");
    user.write_file("work/body.txt", "the body");
    let elsewhere = user.home().join("work/deeper");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let arguments = letter(json!({"body_file": "~/work/body.txt", "attach": ["~/work/a.txt"]}));
    let done = user.run(&["exec", "send_message", &arguments.to_string()]).inside(&elsewhere).done();
    assert_eq!(done.code, 0, "{}", done.stderr);
    let sent = user.last_sent();
    assert_eq!(emails(sent.to()), ["bob@example.org"]);
    assert!(sent.body_text(0).unwrap().contains("the body"));
    assert_eq!(sent.attachments().next().unwrap().contents(), b"the file");
    let saved = user.receive(
        "Subject: x\nContent-Type: text/csv; name=\"x.csv\"\nContent-Disposition: attachment\n\na,b\n",
    );
    let done = call(&user, "save_attachments", &json!({"uid": saved, "out_dir": "~/work/out"}));
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(user.home().join("work/out/x.csv").exists(), "{}", done.stdout);
    assert_eq!(done.json()[0]["path"], user.home().join("work/out/x.csv").to_str().unwrap());
    let done = call(&user, "export_messages", &json!({"uid": saved, "out": "~/work/x.eml"}));
    assert_eq!(done.json()[0]["path"], user.home().join("work/x.eml").to_str().unwrap());
    assert!(!elsewhere.join("~").exists());
}

#[test]
fn the_policy_judges_where_the_path_leads() {
    let user = User::signed_in();
    user.configure("[policy]\nfiles = [\"~/work\"]\n");
    user.write_file("secret.txt", "hidden");
    user.write_file(".ssh/id", "key");
    std::fs::create_dir_all(user.home().join("work")).unwrap();
    for path in ["~/secret.txt", "~/work/../secret.txt", "~/.ssh/id", "~/.mcs/mcs-gmail.toml"] {
        let done = call(&user, "send_message", &letter(json!({"body": "x", "attach": [path]})));
        assert_eq!((done.code, done.error()["code"].as_str()), (6, Some("policy_refused")), "{path}");
    }
    assert_eq!(user.sent(), 0);
}

#[test]
fn the_home_of_another_user_is_an_error_that_says_what_to_write() {
    let user = User::signed_in();
    for (tool, arguments) in [
        ("send_message", letter(json!({"body": "x", "attach": ["~bob/x"]}))),
        ("send_message", letter(json!({"body_file": "~root/x"}))),
        ("save_attachments", json!({"uid": "18c9f2a4b5d6e7f8", "out_dir": "~bob"})),
    ] {
        let error = call(&user, tool, &arguments).error();
        assert_eq!(error["code"], "usage", "{error}");
        assert!(error["hint"].as_str().unwrap().contains("./~"), "{error}");
    }
}

#[test]
fn a_certificate_file_in_the_home_directory_is_found() {
    let user = User::signed_in();
    let certificates = std::fs::read(user.world.ca_path()).unwrap();
    user.write_file("ca.pem", certificates);
    user.run(&["list", "--limit", "1"]).env("SSL_CERT_FILE", "~/ca.pem").rows();
}
