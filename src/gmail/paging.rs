//! Where a list goes on, as the page token that callers get.

use crate::problem::{NEXT_PAGE_TOKEN, Problem};

/// In a page of Gmail, after one of its messages. As text it is the token of the page, which may be empty, with a point
/// and the second before which its messages came, and with `@` and the id of the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) page: Option<String>,
    /// All messages of the page came before this second. Not known of a token of Gmail.
    pub(super) before: Option<i64>,
    pub(super) after: Option<String>,
}

impl Place {
    pub(super) fn parse(token: &str) -> Place {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (page, after) = token.split_once('@').map_or((token, None), |(page, id)| (page, given(id)));
        let timed = page.rsplit_once('.').and_then(|(page, time)| Some((page, time.parse().ok()?)));
        let (page, before) = timed.map_or((page, None), |(page, time)| (page, Some(time)));
        Place { page: given(page), before, after }
    }

    pub(super) fn token(&self) -> Option<String> {
        let time =
            self.before.filter(|_| self.page.is_some()).map(|time| format!(".{time}")).unwrap_or_default();
        let page = format!("{}{time}", self.page.as_deref().unwrap_or_default());
        match &self.after {
            Some(id) => Some(format!("{page}@{id}")),
            None => Some(page).filter(|page| !page.is_empty()),
        }
    }

    /// The messages of the page before this place, and those after it; the latter are all if the one before is gone.
    pub(super) fn split<'i>(&self, ids: &'i [String]) -> (&'i [String], &'i [String]) {
        let at = self.after.as_ref().and_then(|after| ids.iter().position(|id| id == after));
        ids.split_at(at.map_or(0, |at| at + 1))
    }

    /// After these messages of the page.
    pub(super) fn reached(&self, ids: &[String]) -> Place {
        Place { after: ids.last().or(self.after.as_ref()).cloned(), ..self.clone() }
    }

    /// The beginning of the next page, after a message of this time, in epoch milliseconds. Where that is not known, an
    /// earlier time says nothing: what is searched for from there may end before this page begins.
    pub(super) fn next(&self, page: Option<String>, last: Option<i64>) -> Place {
        let before = last.map(|time| time.div_euclid(1000) + 1);
        Place { page, before, after: None }
    }

    /// Adds the place to the problem that interrupted the list.
    pub(super) fn named(&self, problem: Problem) -> Problem {
        match self.token() {
            Some(token) => problem.detail(NEXT_PAGE_TOKEN, token),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    fn place(page: &str, before: Option<i64>, after: &str) -> Place {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Place { page: given(page), before, after: given(after) }
    }

    #[test]
    fn a_place_is_read_from_its_token() {
        for (token, expected) in [
            ("", Place::default()),
            ("0815", place("0815", None, "")),
            ("0815.17", place("0815", Some(17), "")),
            ("0815.17@18c9", place("0815", Some(17), "18c9")),
            ("@18c9", place("", None, "18c9")),
            ("a.b", place("a.b", None, "")),
        ] {
            assert_eq!(Place::parse(token), expected, "{token}");
            assert_eq!(expected.token().unwrap_or_default(), token);
        }
    }

    #[test]
    fn the_next_page_begins_in_the_second_of_the_last_message() {
        let next = place("1", None, "x").next(Some("2".into()), Some(1_999));
        assert_eq!(next, place("2", Some(2), ""));
        assert_eq!(next.next(None, None).token(), None);
    }
}
