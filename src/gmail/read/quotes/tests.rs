//! Replies of mail programs, whose history is folded, and texts that only look like history.

use proptest::prelude::*;

use super::*;

#[test]
fn quoted_history_is_folded() {
    let reply =
        "Fine.\n\nOn Tue, Oct 15, 2024 at 10:00 AM Anna\n<anna@example.com> wrote:\n\n> a\n>\n> b\n> c\n";
    assert_eq!(fold_quotes(reply), ("Fine.\n\n[quoted text: 7 lines]".to_owned(), 7));
    let german = "Ja.\n\nAm 15.10.2024 um 10:00 schrieb Anna <a@b.example>:\n> Kommst du?\n";
    assert_eq!(fold_quotes(german).1, 2);
    let outlook = "Ok\n\n________________________________\nFrom: A <a@b.example>\nSent: Monday\nTo: B\nSubject: x\n\nold\n";
    assert_eq!(fold_quotes(outlook), ("Ok\n\n[quoted text: 7 lines]".to_owned(), 7));
    let original = "Ok\n-----Original Message-----\nold\n";
    assert_eq!(fold_quotes(original), ("Ok\n[quoted text: 2 lines]".to_owned(), 2));
}

#[test]
fn replies_between_quotes_and_short_context_are_kept() {
    let inline = "> Are you coming?\n\nYes.\n\n> one\n> two\n> three\n> four\n\nNo.\n\n> end\n";
    assert_eq!(
        fold_quotes(inline),
        ("> Are you coming?\n\nYes.\n\n[quoted text: 4 lines]\n\nNo.\n\n[quoted text: 1 line]".to_owned(), 5)
    );
}

#[test]
fn nothing_is_folded_in_a_mail_that_only_quotes() {
    for text in [
        "> a\n> b\n",
        "\n-----Original Message-----\nold\n",
        "no quotes here\nOn balance, he wrote:\nnothing\n",
        "",
    ] {
        assert_eq!(fold_quotes(text), (text.to_owned(), 0));
    }
    let forward =
        "FYI\n\n---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: Monday\n\nnews\n";
    assert_eq!(fold_quotes(forward).1, 0);
}

#[test]
fn large_texts_are_folded() {
    fold_quotes(&"From:\n\n> a\nOn x wrote:\n".repeat(10_000));
}

proptest! {
    #[test]
    fn folding_never_loses_the_senders_own_text(lines in prop::collection::vec("(> |On |From: |wrote:|[a-z ]){0,4}", 0..20)) {
        let (folded, count) = fold_quotes(&lines.join("\n"));
        prop_assert!(count > 0 || folded == lines.join("\n"));
    }
}
