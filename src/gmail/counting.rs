//! How many messages or conversations a selection has. A page of 500 ids costs 5 quota units.

use serde_json::Value;

use super::{
    Gmail,
    labels::Label,
    messages::{IdPage, PAGE, Selection},
};
use crate::problem::Result;

impl Gmail<'_> {
    /// Counts a selection exactly. `count` is what was counted, also if this fails.
    pub(crate) fn count(&self, selection: &Selection, count: &mut usize) -> Result<()> {
        self.count_from(selection, self.page(selection, PAGE, None)?, count)
    }

    /// The same, from a page on.
    fn count_from(&self, selection: &Selection, mut page: IdPage, count: &mut usize) -> Result<()> {
        loop {
            *count += page.ids.len();
            self.observer.count("counting", *count, None, selection.unit.plural());
            match page.next {
                None => return Ok(()),
                token => page = self.page(selection, PAGE, token.as_deref())?,
            }
        }
    }

    /// About how many there are, and whether that is their number.
    pub(crate) fn estimate(&self, selection: &Selection) -> Result<(usize, bool)> {
        let page = self.page(selection, PAGE, None)?;
        let all = page.ids.len();
        Ok(if page.next.is_none() { (all, true) } else { (page.estimate.max(all + 1), false) })
    }

    /// How many messages of a selection have each of the labels, by their names.
    pub(crate) fn counts_by_label(&self, selection: &Selection) -> Result<Vec<(String, Result<usize>)>> {
        let labels = self.labels()?;
        let with = |label: &Label| selection.with(&label.id);
        let paths: Vec<String> = labels.iter().map(|label| with(label).page_path(PAGE)).collect();
        let pages = self.get_each(&paths, &mut self.pace())?;
        let counted = |(label, page): (Label, Result<Value>)| {
            let mut count = 0;
            let selection = with(&label);
            let page = page.and_then(|page| IdPage::read(&page, selection.unit));
            let counted = page.and_then(|page| self.count_from(&selection, page, &mut count));
            (label.name, counted.map(|()| count))
        };
        Ok(labels.into_iter().zip(pages).map(counted).collect())
    }
}
