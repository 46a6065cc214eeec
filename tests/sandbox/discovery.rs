//! Google's description of the Gmail API, as its discovery service serves it to programs that build their commands from
//! it. It is the description that `gmail/schema.rs` judges by, in the form of the service: methods within their resources.

use serde_json::{Value, json};

use super::{
    gmail::DISCOVERY,
    wire::{Request, Response},
};

pub const DISCOVERY_HOST: &str = "www.googleapis.com";
const PATH: &str = "/discovery/v1/apis/gmail/v1/rest";

pub fn answer(request: &Request) -> Response {
    if request.path != PATH {
        return Response::empty(404);
    }
    Response::json(200, &document())
}

fn document() -> Value {
    let mut document: Value = serde_json::from_str(DISCOVERY).expect("the discovery document is JSON");
    let root = document.as_object_mut().expect("the discovery document is an object");
    let methods = root.remove("methods").unwrap_or_default();
    root.insert("name".to_owned(), json!("gmail"));
    root.insert("version".to_owned(), json!("v1"));
    for (id, mut method) in methods.as_object().cloned().unwrap_or_default() {
        method["id"] = json!(id);
        // `gmail.users.messages.list`
        let names: Vec<&str> = id.split('.').skip(1).collect();
        let (name, resources) = names.split_last().expect("a method has a name");
        let resource = resources.iter().fold(&mut document, |at, name| &mut at["resources"][name]);
        resource["methods"][name] = method;
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_in_its_resource_and_has_a_path_below_the_root() {
        let document = document();
        let list = &document["resources"]["users"]["resources"]["messages"]["methods"]["list"];
        assert_eq!((&list["id"], &list["httpMethod"]), (&json!("gmail.users.messages.list"), &json!("GET")));
        assert_eq!(list["path"], "gmail/v1/users/{userId}/messages");
        assert_eq!(document["rootUrl"], "https://gmail.googleapis.com/");
        assert!(document["resources"]["users"]["methods"]["getProfile"].is_object());
        assert!(document["schemas"]["Message"]["properties"]["raw"].is_object());
    }
}
