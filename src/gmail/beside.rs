//! What rows show that is not in their messages: the names of labels, Gmail's own mark for attachments, and whether
//! they were answered. The questions ride in the batch that fetches the rows. If one fails, the rows lack its member.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    batch::InnerCall,
    change::Unit,
    labels,
    messages::{PAGE, Row, Selection, ThreadRow},
    needs::RowMembers,
    paging::Place,
    target,
};

/// How many of the newest sent messages are known. An older answer leaves no mark.
const SENT: &str = "250";
/// Room in a list of attachments for messages that came in the same second as the first row of a page.
const SAME_SECOND: usize = 25;

/// A question of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Names,
    Sent,
    Attached,
}

/// The answers to the questions of one list.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(super) members: RowMembers,
    names: Option<HashMap<String, String>>,
    /// The newest message that was sent in each thread.
    sent: Option<HashMap<String, String>>,
    attached: Option<Attached>,
    /// What was asked so far, and what is being asked.
    asked: Vec<Question>,
    asking: Vec<Question>,
}

/// The messages of a list that have attachments, newest first as the list itself. As many of them are fetched as there
/// are rows, so it is never behind the rows.
#[derive(Debug, Default)]
struct Attached {
    /// The parameters of the first page, without its size.
    query: Vec<(&'static str, String)>,
    /// Those that the rows have not reached.
    waiting: HashSet<String>,
    last: Option<String>,
    next: Option<String>,
    asked: bool,
    /// The rows are beyond the last of them, so nothing is known of a row.
    behind: bool,
    /// The rows are in any order, and nothing is known of those that came before this time, in epoch milliseconds.
    since: Option<i64>,
}

impl Beside {
    /// For rows that are not those of a list.
    pub(crate) fn new(members: RowMembers) -> Beside {
        Beside { members, ..Beside::default() }
    }

    /// For messages that came since a time, in epoch milliseconds, in any order.
    pub(super) fn since(members: RowMembers, time: i64) -> Beside {
        let after = format!("has:attachment after:{}", (time.div_euclid(1000) - 1).max(0));
        let query = vec![("q", after), ("includeSpamTrash", "true".to_owned())];
        let attached = Attached { query, since: Some(time), ..Attached::default() };
        Beside { members, attached: members.has_attachment.then_some(attached), ..Beside::default() }
    }

    /// For the rows of a list that begins at this place.
    pub(super) fn of(selection: &Selection, place: &Place) -> Beside {
        // Conversations are not in the order of their newest attachment.
        let marked = selection.members.has_attachment && selection.unit == Unit::Message;
        let attached = marked.then(|| Attached::of(selection, place)).flatten();
        Beside { members: selection.members, attached, ..Beside::default() }
    }

    /// The questions for a page with this number of rows. [`Beside::learn`] takes the answers in the same order.
    pub(super) fn questions(&mut self, rows: usize) -> Vec<InnerCall> {
        let once = |question: Question, shown: bool, asked: &[Question]| shown && !asked.contains(&question);
        let names = once(Question::Names, self.members.label_names, &self.asked)
            .then(|| target("/gmail/v1/users/me/labels", &[("fields", labels::FIELDS)]));
        let sent = once(Question::Sent, self.members.answered, &self.asked).then(|| {
            let query = [("labelIds", "SENT"), ("maxResults", SENT), ("fields", "messages(id,threadId)")];
            target("/gmail/v1/users/me/messages", &query)
        });
        let attached = self.attached.as_ref().and_then(|attached| attached.question(rows));
        let paths = [(Question::Names, names), (Question::Sent, sent), (Question::Attached, attached)];
        let paths = paths.into_iter().filter_map(|(question, path)| Some((question, path?)));
        let (asking, paths): (Vec<Question>, Vec<String>) = paths.unzip();
        self.asked.extend(&asking);
        self.asking = asking;
        paths.into_iter().map(InnerCall::get).collect()
    }

    /// Takes the answers that there are. The other questions are asked again; returns whether there are any.
    pub(super) fn learn_some(&mut self, answers: Vec<Option<Value>>) -> bool {
        let answers = answers.into_iter().chain(std::iter::repeat(None));
        let asking = std::mem::take(&mut self.asking).into_iter().zip(answers);
        let (answered, open): (Vec<_>, Vec<_>) = asking.partition(|(_, answer)| answer.is_some());
        self.asked.retain(|question| !open.iter().any(|(open, _)| open == question));
        let (asking, answers) = answered.into_iter().unzip();
        self.asking = asking;
        self.learn(answers);
        !open.is_empty()
    }

    pub(super) fn learn(&mut self, answers: Vec<Option<Value>>) {
        for (question, answer) in std::mem::take(&mut self.asking).into_iter().zip(answers) {
            match (question, answer, &mut self.attached) {
                (Question::Names, answer, _) => self.names = answer.as_ref().and_then(names),
                (Question::Sent, answer, _) => self.sent = answer.as_ref().map(newest_sent),
                (Question::Attached, Some(answer), Some(attached)) => attached.add(&answer),
                (Question::Attached, ..) => self.attached = None,
            }
        }
    }

    /// Whether the next row of the list, which has this id, has attachments, as far as it is known.
    pub(super) fn has_attachment(&mut self, id: &str) -> Option<bool> {
        self.attached.as_mut()?.has(id)
    }

    /// Whether a message that came at this time has attachments, whatever the order of the rows.
    pub(super) fn has_attachment_since(&self, id: &str, time: i64) -> Option<bool> {
        let attached = self.attached.as_ref().filter(|attached| attached.asked)?;
        let complete = attached.next.is_none() && attached.since.is_some_and(|since| time >= since);
        if attached.waiting.contains(id) { Some(true) } else { complete.then_some(false) }
    }

    /// The row with what is known beside it.
    pub(super) fn complete(&self, row: Row, has_attachment: Option<bool>) -> Row {
        let answered = self.answered(&row);
        Row { label_names: self.label_names(&row.labels), has_attachment, answered, ..row }
    }

    /// Whether a message was sent in the thread of this row after it. Gmail's ids begin with the time.
    fn answered(&self, row: &Row) -> Option<bool> {
        let number = |id: &str| u64::from_str_radix(id, 16).ok();
        let is_own = row.labels.iter().any(|label| label == "SENT");
        let sent = self.sent.as_ref()?.get(&row.thread_id).filter(|_| !is_own);
        Some(sent.is_some_and(|sent| number(sent) > number(&row.uid)))
    }

    pub(super) fn complete_thread(&self, row: ThreadRow) -> ThreadRow {
        ThreadRow { label_names: self.label_names(&row.labels), ..row }
    }

    /// The names of labels; a label without a known name has its id.
    fn label_names(&self, ids: &[String]) -> Option<Vec<String>> {
        let names = self.names.as_ref()?;
        Some(ids.iter().map(|id| names.get(id).unwrap_or(id).clone()).collect())
    }
}

fn names(answer: &Value) -> Option<HashMap<String, String>> {
    let list = answer.get("labels")?.as_array()?;
    let labels = list.iter().filter_map(labels::label);
    Some(labels.map(|label| (label.id, label.name)).collect())
}

/// The newest of these messages in each thread; they are listed newest first.
fn newest_sent(answer: &Value) -> HashMap<String, String> {
    let list = answer.get("messages").and_then(Value::as_array).into_iter().flatten();
    let mut newest = HashMap::new();
    for message in list {
        let member = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
        if let (Some(id), Some(thread)) = (member("id"), member("threadId")) {
            newest.entry(thread).or_insert(id);
        }
    }
    newest
}

impl Attached {
    /// None for a page whose beginning is not known.
    fn of(selection: &Selection, place: &Place) -> Option<Attached> {
        let mut q = "has:attachment".to_owned();
        match (&place.page, place.before) {
            (None, _) => {}
            (Some(_), Some(before)) => q.push_str(&format!(" before:{before}")),
            (Some(_), None) => return None,
        }
        if !selection.query.is_empty() {
            q.push_str(&format!(" ({})", selection.query));
        }
        let mut query = selection.parameters();
        query.retain(|(name, _)| *name != "q");
        query.push(("q", q));
        Some(Attached { query, ..Attached::default() })
    }

    /// The path of the next page, if the known ones may not be enough for this number of rows.
    fn question(&self, rows: usize) -> Option<String> {
        let any_order = self.since.is_some();
        if self.waiting.len() >= rows || (self.asked && (any_order || self.next.is_none())) {
            return None;
        }
        let size = if any_order { PAGE as usize } else { (rows + SAME_SECOND).min(PAGE as usize) };
        let size = size.to_string();
        let mut query = vec![("maxResults", size.as_str()), ("fields", "messages/id,nextPageToken")];
        query.extend(self.query.iter().map(|(name, value)| (*name, value.as_str())));
        query.extend(self.next.as_deref().map(|token| ("pageToken", token)));
        Some(target("/gmail/v1/users/me/messages", &query))
    }

    fn add(&mut self, page: &Value) {
        let items = page.get("messages").and_then(Value::as_array).into_iter().flatten();
        let ids: Vec<&str> = items.filter_map(|item| item.get("id")?.as_str()).collect();
        self.last = ids.last().map(|id| (*id).to_owned()).or_else(|| self.last.take());
        self.waiting.extend(ids.into_iter().map(str::to_owned));
        self.next = page.get("nextPageToken").and_then(Value::as_str).map(str::to_owned);
        self.asked = true;
        self.behind = false;
    }

    fn has(&mut self, id: &str) -> Option<bool> {
        if !self.asked {
            return None;
        }
        if self.waiting.remove(id) {
            self.behind = self.next.is_some() && self.last.as_deref() == Some(id);
            return Some(true);
        }
        (!self.behind).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Attached;

    #[test]
    fn a_row_beyond_the_known_attachments_has_no_mark() {
        let mut attached = Attached::default();
        assert_eq!(attached.has("a"), None);
        attached.add(&json!({"messages": [{"id": "b"}, {"id": "d"}], "nextPageToken": "1"}));
        let marks: Vec<Option<bool>> = ["a", "b", "c", "d", "e"].iter().map(|id| attached.has(id)).collect();
        assert_eq!(marks, [Some(false), Some(true), Some(false), Some(true), None]);
        assert!(attached.question(1).is_some());
        attached.add(&json!({"messages": [{"id": "f"}]}));
        assert_eq!(
            (attached.has("e"), attached.has("f"), attached.has("g")),
            (Some(false), Some(true), Some(false))
        );
        assert_eq!(attached.question(1), None);
    }
}
