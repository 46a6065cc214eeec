//! Filters: the three methods, what Gmail refuses, and what they do with mail that arrives.

use serde_json::{Map, Value, json};

use super::search::Query;
use super::{Answer, Call, Gmail, fault::Fault};

/// What the description of the API gives as the maximum.
const MAX_FILTERS: usize = 1000;

impl Gmail {
    pub(super) fn filters_list(&self) -> Answer {
        // Like Google, it leaves out an empty list.
        Ok(if self.filters.is_empty() { json!({}) } else { json!({"filter": self.filters}) })
    }

    pub(super) fn filters_create(&mut self, call: &Call) -> Answer {
        self.judge(&call.body)?;
        self.next_filter += 1;
        Ok(self.store_filter(call.body.clone(), format!("ANe1Bmh{:04}", self.next_filter)))
    }

    /// A filter that the user has made in Gmail's settings. Gives its id.
    pub(crate) fn add_filter(&mut self, filter: Value) -> String {
        self.next_filter += 1;
        let id = format!("ANe1Bmh{:04}", self.next_filter);
        self.store_filter(filter, id.clone());
        id
    }

    /// The filters as Gmail stores them.
    pub(crate) fn filters(&self) -> &[Value] {
        &self.filters
    }

    fn store_filter(&mut self, filter: Value, id: String) -> Value {
        let stored = json!({"id": id, "criteria": filter["criteria"], "action": filter["action"]});
        self.filters.push(stored.clone());
        stored
    }

    fn judge(&self, filter: &Value) -> Result<(), Fault> {
        let members = |name: &str| filter[name].as_object().cloned().unwrap_or_else(Map::new);
        let (criteria, action) = (members("criteria"), members("action"));
        let restricts = |(name, value): (&String, &Value)| {
            !matches!(name.as_str(), "excludeChats" | "sizeComparison")
                && *value != json!("")
                && *value != json!(false)
        };
        if !criteria.iter().any(restricts) {
            return Err(Fault::invalid("Missing filter criteria"));
        }
        if !action.values().any(|value| *value != json!([]) && *value != json!("")) {
            return Err(Fault::invalid("Missing filter actions"));
        }
        let ids = |name: &str| -> Vec<String> {
            let list = action.get(name).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(String::from).collect()
        };
        let (add, remove) = (ids("addLabelIds"), ids("removeLabelIds"));
        let refused = ["SENT", "DRAFT", "CHAT"];
        let unknown = |id: &&String| self.labels.by_id(id).is_none() || refused.contains(&id.as_str());
        if let Some(id) = add.iter().chain(&remove).find(unknown) {
            return Err(Fault::invalid(format!("Invalid label: {id}")));
        }
        let own = add.iter().filter(|id| self.labels.user().any(|label| label.id == **id));
        if own.count() > 1 {
            return Err(Fault::invalid("Too many labels"));
        }
        let same =
            |known: &Value| known["criteria"] == filter["criteria"] && known["action"] == filter["action"];
        if self.filters.iter().any(same) {
            return Err(Fault::new(400, "failedPrecondition", "Filter already exists"));
        }
        if self.filters.len() == MAX_FILTERS {
            return Err(Fault::invalid("Too many filters"));
        }
        Ok(())
    }

    pub(super) fn filters_delete(&mut self, call: &Call) -> Answer {
        let before = self.filters.len();
        self.filters.retain(|filter| filter["id"] != call.path("id"));
        if self.filters.len() == before { Err(Fault::not_found()) } else { Ok(Value::Null) }
    }

    /// What the filters do with a message that has just arrived.
    pub(super) fn sort_arrival(&mut self, id: u64) {
        for filter in self.filters.clone() {
            let context = self.search_context();
            let is_meant = |mail| Query::parse(&search(&filter["criteria"])).matches(mail, &context);
            if !self.store.get(id).is_some_and(is_meant) {
                continue;
            }
            let ids = |name: &str| -> Vec<&str> {
                filter["action"][name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
            };
            self.store.relabel(id, &ids("addLabelIds"), &ids("removeLabelIds"));
        }
    }
}

fn search(criteria: &Value) -> String {
    let text = |name: &str| criteria[name].as_str().filter(|text| !text.is_empty());
    let mut terms: Vec<String> = ["from", "to", "subject"]
        .iter()
        .filter_map(|field| text(field).map(|value| format!("{field}:({value})")))
        .collect();
    terms.extend(text("query").map(|query| format!("({query})")));
    terms.extend(text("negatedQuery").map(|query| format!("-({query})")));
    terms.extend((criteria["hasAttachment"] == true).then(|| "has:attachment".to_string()));
    if let (Some(size), Some(comparison)) = (criteria["size"].as_i64(), text("sizeComparison")) {
        terms.push(format!("{comparison}:{size}"));
    }
    terms.join(" ")
}
