//! Folders whose creation or deletion was carried out although the answer was lost.

use serde_json::json;

use crate::{
    kit::User,
    sandbox::{Fault, GMAIL_HOST},
};

const LABELS: &str = "/gmail/v1/users/me/labels";

#[test]
fn a_folder_whose_creation_answer_was_lost_is_reported_as_created() {
    for lose in [0, 1, 2] {
        let user = User::signed_in();
        match lose {
            0 => user.world.gmail(|gmail| gmail.lose_answer("labels.create", 503, 1)),
            1 => user.world.fault(Fault::on(GMAIL_HOST).method("POST").path(LABELS).reset_after()),
            _ => user.world.gmail(|gmail| gmail.lose_answer("labels.create", 500, 9)),
        }
        let made = user.run(&["create-folder", "Trips"]).json();
        assert_eq!((&made["name"], &made["created"]), (&json!("Trips"), &json!(true)), "{lose}");
        let names = user.world.gmail(|gmail| gmail.label_names());
        assert_eq!(names.iter().filter(|name| *name == "Trips").count(), 1);
        assert_eq!(user.run(&["create-folder", "Trips"]).json()["created"], false);
    }
}

#[test]
fn the_parents_of_a_folder_are_reported_too() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.lose_answer("labels.create", 503, 1));
    let made = user.run(&["create-folder", "Trips/2027"]).json();
    assert_eq!((&made["created"], &made["parents"]), (&json!(true), &json!(["Trips"])));
}

#[test]
fn a_move_into_a_folder_whose_creation_answer_was_lost_succeeds() {
    let user = User::signed_in();
    let id = user.receive("Subject: x\n\ny\n");
    user.world.gmail(|gmail| gmail.lose_answer("labels.create", 503, 1));
    user.run(&["move", &id, "--to", "Trips", "--create"]).json();
    let label = user.world.gmail(|gmail| gmail.label_id("Trips")).unwrap();
    assert!(user.has_label(&id, &label));
}

#[test]
fn a_folder_that_cannot_be_created_is_an_error() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).method("POST").path(LABELS).always().status(503, &[], ""));
    assert_eq!(user.run(&["create-folder", "Trips", "--timeout", "2"]).fails(8)["code"], "temporary");
}

#[test]
fn a_folder_whose_deletion_answer_was_lost_is_reported_as_deleted() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.add_label("Trips"));
    user.world.gmail(|gmail| gmail.lose_answer("labels.delete", 503, 1));
    let deleted = user.run(&["delete-folder", "Trips", "--yes"]).json();
    assert_eq!(deleted["deleted"], true);
    assert!(!user.world.gmail(|gmail| gmail.label_names()).contains(&"Trips".to_owned()));
}
