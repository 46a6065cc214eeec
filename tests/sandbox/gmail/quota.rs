//! What Gmail counts: the quota units of each method, for a project that is new since May 2026
//! (<https://developers.google.com/workspace/gmail/api/reference/quota>).
//!
//! Each part of a batch counts as the call that it is. A call counts whatever comes of it, such as 404 or 500;
//! one without a valid token, or that is no method, never gets as far as its quota.

/// The quota units of one call, by the method's id without `gmail.users.`.
pub(super) fn units(method: &str) -> u64 {
    match method {
        "getProfile" | "labels.list" | "labels.get" | "settings.sendAs.list" | "settings.sendAs.get" => 1,
        "history.list" => 2,
        "labels.create" | "labels.update" | "labels.patch" | "labels.delete" => 5,
        "messages.list" | "messages.modify" | "messages.untrash" | "drafts.list" => 5,
        "messages.delete" | "drafts.create" | "drafts.delete" => 10,
        "threads.list" | "threads.modify" | "threads.untrash" => 10,
        "drafts.update" => 15,
        "messages.get" | "messages.trash" | "messages.attachments.get" | "drafts.get" => 20,
        "threads.trash" | "threads.delete" => 20,
        "messages.import" | "messages.insert" => 25,
        "threads.get" => 40,
        "messages.batchModify" | "messages.batchDelete" => 50,
        "messages.send" | "drafts.send" => 100,
        other => panic!("the units of {other} are not in the table"),
    }
}
