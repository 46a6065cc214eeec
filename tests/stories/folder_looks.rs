//! How Gmail shows folders: colour, visibility, and which have unread mail.

use serde_json::{Value, json};

use crate::kit::{User, column};

fn row<'r>(rows: &'r [Value], name: &str) -> &'r Value {
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {rows:?}"))
}

#[test]
fn a_folder_gets_a_colour_and_a_place_and_the_long_list_shows_them() {
    let user = User::signed_in();
    user.run(&["create-folder", "Work/Invoices"]).json();
    let edited = user
        .run(&["edit-folder", "Work/Invoices", "--label-color", "green", "--label-list", "show_if_unread"])
        .json();
    assert_eq!((&edited["color"], &edited["text_color"]), (&json!("#16a766"), &json!("#ffffff")));
    assert_eq!((&edited["label_list"], &edited["message_list"]), (&json!("show_if_unread"), &json!("show")));
    // What is not named stays.
    user.run(&["edit-folder", "Work/Invoices", "--message-list", "hide"]).json();
    let rows = user.run(&["folders", "--long"]).rows();
    let found = row(&rows, "Work/Invoices");
    assert_eq!(
        (&found["color"], &found["label_list"], &found["message_list"], &found["total"]),
        (&json!("#16a766"), &json!("show_if_unread"), &json!("hide"), &json!(10))
    );
    assert!(row(&rows, "INBOX").get("color").is_none());
    let table = user.run(&["folders", "--long", "--format", "table"]).done().stdout;
    assert!(table.contains("COLOR") && table.contains("show if unread"), "{table}");
    // The look moves with the folder and the folders below it.
    user.run(&["create-folder", "Work/Invoices/2026"]).json();
    let moved = user.run(&["rename-folder", "Work/Invoices", "Archive 2026/Invoices"]).json();
    assert_eq!(moved["renamed"].as_array().unwrap().len(), 2);
    let rows = user.run(&["folders", "--long"]).rows();
    assert_eq!(row(&rows, "Archive 2026/Invoices")["color"], "#16a766");
    assert!(rows.iter().any(|row| row["name"] == "Archive 2026/Invoices/2026"));
}

#[test]
fn a_colour_that_gmail_does_not_have_is_refused_with_those_near_it() {
    let user = User::signed_in();
    user.run(&["create-folder", "Odd"]).json();
    user.world.clear_log();
    let edit = |args: &[&str]| user.run(&[&["edit-folder", "Odd"], args].concat()).fails(2).to_string();
    assert!(edit(&["--label-color", "#fb4c30"]).contains("#fb4c2f"));
    assert!(edit(&["--label-color", "crimson"]).contains("red, orange"));
    assert!(edit(&[]).contains("--label-color"));
    assert!(edit(&["--label-list", "never"]).contains("show_if_unread"));
    assert_eq!(user.world.log().len(), 0);
    assert!(
        user.run(&["edit-folder", "INBOX", "--label-color", "red"]).fails(2).to_string().contains("system")
    );
    let arguments = json!({"name": "Odd", "label_color": "#16a766/#fef1d1"}).to_string();
    assert_eq!(user.run(&["exec", "edit_folder", &arguments]).json()["text_color"], "#fef1d1");
}

#[test]
fn only_folders_with_unread_mail_are_listed() {
    let user = User::signed_in();
    user.receive_in(&["Read"], "From: b@b.example\nSubject: r\n\nx\n");
    user.receive_in(&["News", "UNREAD"], "From: b@b.example\nSubject: n\n\nx\n");
    let all = user.run(&["folders", "--counts"]).rows();
    let rows = user.run(&["folders", "--unread"]).rows();
    let unread: Vec<&Value> = all.iter().filter(|row| row["unread"] != 0).collect();
    assert_eq!(rows.iter().collect::<Vec<_>>(), unread);
    assert!(column(&rows, "name").contains(&"News") && !column(&rows, "name").contains(&"Read"));
    // A folder whose counts are missing may have unread mail: it is named.
    user.world.gmail(|gmail| gmail.fail_part("labels/INBOX", 500, "backendError", 100));
    let done = user.run(&["folders", "--unread"]).done();
    assert_eq!(done.code, 9, "{}", done.stderr);
    assert!(done.stderr.contains("INBOX"), "{}", done.stderr);
}

#[test]
fn a_rename_that_stops_half_way_is_told_and_can_be_repeated() {
    let user = User::signed_in();
    for name in ["Old/A/Deep", "Old/B"] {
        user.run(&["create-folder", name]).json();
    }
    let names = || -> Vec<String> {
        let all = user.run(&["folders"]).json();
        let own = all.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        own.filter(|name| name.starts_with("Old") || name.starts_with("New")).collect()
    };
    let shown = user.run(&["rename-folder", "Old", "New/Old", "--dry-run"]).json();
    let renamed = column(shown["renamed"].as_array().unwrap(), "name");
    assert_eq!(renamed, ["New/Old", "New/Old/B", "New/Old/A", "New/Old/A/Deep"]);
    assert_eq!(names(), ["Old", "Old/A", "Old/A/Deep", "Old/B"], "nothing was changed");
    // The name of a folder below is taken: nothing is changed.
    user.run(&["create-folder", "New/Old/B"]).json();
    let error = user.run(&["rename-folder", "Old", "New/Old"]).fails(1);
    assert_eq!((&error["code"], names().len()), (&json!("conflict"), 7), "{error}");
    user.run(&["delete-folder", "New/Old/B", "--yes"]).json();
    user.run(&["delete-folder", "New/Old", "--yes"]).json();
    let labels = user.run(&["folders", "--long"]).rows();
    let id = row(&labels, "Old/B")["id"].as_str().unwrap().to_owned();
    user.world.gmail(|gmail| gmail.fail_part(&format!("labels/{id}"), 403, "forbidden", 1));
    let error = user.run(&["rename-folder", "Old", "New/Old"]).fails(9);
    assert_eq!(
        (&error["renamed"][0], &error["missing"][0]),
        (&json!("New/Old/A/Deep"), &json!("Old/B")),
        "{error}"
    );
    user.run(&["rename-folder", "Old", "New/Old"]).json();
    assert_eq!(names(), ["New", "New/Old", "New/Old/A", "New/Old/A/Deep", "New/Old/B"]);
}
