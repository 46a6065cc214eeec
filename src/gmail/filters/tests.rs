//! A filter is the same for people and for Gmail, and means what it shows.

use serde_json::{Value, json};

use super::{Filter, form::Wire};
use crate::gmail::labels::Label;

fn known() -> Vec<Label> {
    vec![Label::new("Label_1", "Work/Bills", true), Label::new("Label_2", "News", true)]
}

fn filter(of: Value) -> Filter {
    serde_json::from_value(of).unwrap()
}

fn wire(filter: &Filter) -> Wire {
    let known = known();
    let id = |name: &String| Ok(known.iter().find(|label| label.name == *name).unwrap().id.clone());
    Wire::of(filter, &id, &id).unwrap()
}

#[test]
fn a_filter_keeps_everything_from_people_to_gmail_and_back() {
    for text in [
        json!({"from": "news@example.com", "label": ["News"], "archive": true}),
        json!({"to": "a@b.example", "subject": "bill", "query": "a OR b", "without": "c", "trash": true}),
        json!({"has_attachment": true, "larger": 1_000_000, "star": true, "important": true}),
        json!({"query": "x", "smaller": 5, "exclude_chats": true, "mark_read": true, "not_important": true}),
        json!({"query": "x", "not_spam": true, "unlabel": ["Work/Bills"], "forward": "b@example.org"}),
    ] {
        let given = filter(text.clone());
        let sent = wire(&given);
        let stored = Wire::read(&sent.json());
        assert_eq!(stored, sent, "{text}");
        let shown = Filter { id: None, ..stored.filter("id", &known()) };
        assert_eq!(shown, given, "{text}");
    }
}

#[test]
fn blanks_and_the_order_of_labels_make_no_difference() {
    let one = json!({"criteria": {"from": " a  b "}, "action": {"addLabelIds": ["Label_2", "STARRED"]}});
    let other = json!({"criteria": {"from": "a b", "hasAttachment": false}, "action": {"addLabelIds": ["STARRED", "Label_2"], "removeLabelIds": []}});
    assert_eq!(Wire::read(&one), Wire::read(&other));
}

#[test]
fn what_is_not_a_filter_has_neither_criteria_nor_actions() {
    for resource in
        [json!({}), json!(null), json!({"criteria": 5, "action": [1]}), json!({"criteria": {"size": -1}})]
    {
        let filter = Wire::read(&resource).filter("id", &[]);
        assert!(!filter.has_criteria() && !filter.has_actions(), "{resource}");
    }
}

#[test]
fn the_search_of_a_filter_finds_its_mail() {
    let every = json!({
        "from": "a@b.example", "to": "c", "subject": "d e", "query": "f OR g", "without": "h",
        "has_attachment": true, "larger": 5, "exclude_chats": true, "archive": true, "label": ["News"]
    });
    let every = filter(every);
    assert_eq!(
        every.search(),
        "from:(a@b.example) to:(c) subject:(d e) (f OR g) -{h} has:attachment larger:5 -in:chats"
    );
    assert_eq!(every.actions(), ["label News", "archive"]);
    assert_eq!(filter(json!({"exclude_chats": true})).search(), "");
}

#[test]
fn what_means_something_else_than_it_shows_is_refused() {
    for wrong in [
        json!({"from": "a) OR in:inbox OR from:(b", "star": true}),
        json!({"subject": "\"a", "has_attachment": true, "star": true}),
        json!({"query": "{a", "star": true}),
        json!({"query": "(a}", "star": true}),
        json!({"query": "a", "larger": 0, "star": true}),
        json!({"query": "a", "smaller": -5, "star": true}),
        json!({"query": "a", "important": true, "not_important": true}),
    ] {
        assert!(wire(&filter(wrong.clone())).check().is_err(), "{wrong}");
    }
    for right in [
        json!({"from": "a OR (b c)", "subject": "\"a) (b\"", "query": "{a (b)}", "star": true}),
        json!({"query": "list:x", "larger": 1, "star": true}),
    ] {
        assert!(wire(&filter(right.clone())).check().is_ok(), "{right}");
    }
}
