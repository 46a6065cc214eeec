//! New mail by date, where Google no longer has the history: oldest first, in portions, from the last message that was
//! returned. A message that was stored with an older date is not found in this way.

use std::collections::HashSet;

use super::{
    super::{
        Gmail,
        batch::InnerCall,
        messages::{PAGE, Selection},
        needs::RowMembers,
        read, target,
    },
    Filter, HISTORY_ID, Next, Position, Teller, belongs, id, milliseconds,
};
use crate::problem::Result;

/// The number of messages that a run without a limit returns.
const PORTION: u64 = 100;
/// The number of messages that are remembered when a position is first taken.
const NEWEST: u64 = 100;

impl Gmail<'_> {
    /// The current position. The newest messages are asked for before the history id, so that none is between them.
    pub(crate) fn position(&self) -> Result<Position> {
        let selection = Selection { spam_trash: true, ..Selection::default() };
        let ids = self.page(&selection, NEWEST.min(PAGE), None)?.ids;
        let first = &ids[..ids.len().min(1)];
        let members = RowMembers::default().with_labels();
        let heads: Vec<InnerCall> = first.iter().map(|id| InnerCall::get(members.message_path(id))).collect();
        let profile = InnerCall::get(target("/gmail/v1/users/me/profile", &HISTORY_ID));
        let (newest, told) = self.call_each(&heads, &[profile], &mut self.pace())?;
        let date = newest.iter().flatten().find_map(read::accepted_at);
        let told = told.iter().flatten().find_map(|told| told["historyId"].as_str());
        let history_id = told.map_or_else(|| self.history_id(), |id| Ok(id.to_owned()))?;
        let time = self.http.server_time();
        let now = milliseconds(time);
        Ok(Position::new(&history_id, time, date.map_or(now, |date| date.min(now)), ids))
    }

    /// Moves the history to now. What arrived before is found by date.
    pub(super) fn start_walk(&self, position: &mut Position) -> Result<()> {
        let history_id = self.history_id()?;
        if !position.warned {
            self.observer.warn(
                "Google no longer has the history since the last run; listing the messages since then by date",
            );
        }
        // The edge of an earlier version's record comes from its time.
        position.edge();
        position.history_id = history_id;
        position.time = self.http.server_time();
        position.walking = true;
        position.warned = true;
        Ok(())
    }

    /// Passes on the messages after the edge of the position, marked as `resync`.
    pub(super) fn walk(&self, filter: &Filter, teller: &mut Teller<'_, '_>) -> Result<()> {
        teller.resync = true;
        teller.in_portions_of(PORTION);
        let edge = teller.position.edge();
        let after = format!("after:{}", (edge / 1000 - 1).max(0));
        let query = match filter.query.as_str() {
            "" => after,
            query => format!("({query}) {after}"),
        };
        let selection = Selection { label: filter.label.clone(), query, ..Selection::default() };
        let mut ids = self.ids(&selection, u64::MAX)?.ids;
        ids.reverse();
        ids.retain(|id| !teller.position.has_told(id));
        let mut pace = self.pace();
        let mut rest = ids.as_slice();
        let mut fetched = 0;
        while !rest.is_empty() {
            fetched = rest.len().min(pace.size()).min(teller.portion(fetched));
            let (chunk, later) = rest.split_at(fetched);
            let messages = self.heads_of(chunk, &mut teller.beside, &mut pace)?;
            let found = messages.iter().flatten().filter(|message| belongs(message, filter.label.as_deref()));
            let young = found.filter(|message| read::accepted_at(message).is_none_or(|date| date > edge));
            let wanted: HashSet<String> = young.map(|message| id(message).to_owned()).collect();
            for (id, outcome) in chunk.iter().zip(messages) {
                let date = outcome.as_ref().ok().and_then(read::accepted_at);
                let known = date.unwrap_or_else(|| self.now());
                // What is not wanted here was returned before, and is not to be remembered as passed over.
                let may_be_new = outcome.is_err() || wanted.contains(id);
                if may_be_new && self.told(id, outcome, known, &wanted, filter, teller)? == Next::Stop {
                    return Ok(());
                }
                if let Some(date) = date {
                    teller.position.raise(date.min(self.now()));
                }
            }
            rest = later;
        }
        teller.position.walking = false;
        Ok(())
    }
}
