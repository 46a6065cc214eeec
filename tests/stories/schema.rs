//! `schema` and the lists of tools for models: complete, and schemas that say something.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::kit::{User, members, schema, violation};

fn names(list: &Value, member: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_contract_is_one_document_with_everything_in_it() {
    let user = User::new();
    user.configure("[policy]\naccess = \"draft\"\nrecipients = [\"*@example.org\"]\n");
    let document = user.run(&["schema"]).json();
    let listed = user.run(&["tools", "--as", "json"]).json();
    let allowed: Vec<Value> = document["tools"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tool| tool["allowed"] == true)
        .cloned()
        .collect();
    assert_eq!(names(&json!(allowed), "name"), names(&listed, "name"));
    assert!(document["tools"].as_array().unwrap().len() > allowed.len(), "the others are described, too");
    assert_eq!(names(&document["levels"], "level"), ["read", "organise", "draft", "send", "settings"]);
    assert_eq!(names(&document["formats"], "format"), ["json", "jsonl", "text", "tsv", "ids"]);
    assert_eq!(
        (&document["policy"]["access"], &document["version"]),
        (&json!("draft"), &json!(env!("CARGO_PKG_VERSION")))
    );
    assert!(document["policy"]["recipients"][0]["source"].as_str().unwrap().ends_with("mcs-gmail.toml"));
    let shown = user.run(&["config", "show"]).json();
    assert_eq!(names(&document["configuration"], "key"), names(&shown["keys"], "key"));
    for error in document["errors"].as_array().unwrap() {
        assert_eq!(members(error), ["code", "exit", "retryable", "description", "hint"]);
        let statuses = document["exit_statuses"].as_array().unwrap();
        let status = statuses.iter().find(|status| status["exit"] == error["exit"]).unwrap();
        assert!(status["codes"].as_array().unwrap().contains(&error["code"]), "{error}");
    }
    assert_eq!(user.world.log().len(), 0);
    // A policy that cannot be read is not taken for none.
    user.configure("[policy]\naccess = \"all\"\n");
    user.run(&["schema"]).fails(10);
}

#[test]
fn every_result_member_and_parameter_says_what_it_means() {
    for tool in schema()["tools"].as_array().unwrap() {
        let mut left = vec![
            (tool["name"].to_string(), &tool["parameters"]),
            (tool["name"].to_string(), &tool["result"]),
        ];
        let mut seen = 0;
        while let Some((place, schema)) = left.pop() {
            for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
                assert!(
                    inner["description"].as_str().is_some_and(|text| text.ends_with('.')),
                    "{place} {name}"
                );
                seen += 1;
                left.push((format!("{place} {name}"), inner));
            }
            left.extend(schema["anyOf"].as_array().into_iter().flatten().map(|inner| (place.clone(), inner)));
            left.extend(schema.get("items").map(|inner| (place.clone(), inner)));
        }
        assert!(seen > 1, "{tool}");
        let example = &tool["example"];
        assert_eq!(violation(example, &tool["parameters"]), None, "{}", tool["name"]);
        assert!(tool["description"].as_str().unwrap().contains("Use it"), "{}", tool["name"]);
    }
}

#[test]
fn tools_are_listed_as_every_kind_of_host_wants_them() {
    let user = User::new();
    let list = |style: &str| user.run(&["tools", "--as", style]).json();
    let (mcp, openai, anthropic) = (list("mcp"), list("openai"), list("anthropic"));
    let mut kinds = BTreeSet::new();
    let described = schema()["tools"].as_array().unwrap();
    let offered = described.iter().filter(|tool| tool["level"] != "settings");
    for (tool, described) in mcp.as_array().unwrap().iter().zip(offered) {
        assert_eq!(members(tool), ["name", "description", "inputSchema", "outputSchema", "annotations"]);
        assert_eq!(tool["name"], described["name"]);
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "MCP allows nothing else: {}", tool["name"]);
        }
        assert_eq!(members(&tool["annotations"]), ["readOnlyHint", "destructiveHint", "idempotentHint"]);
        let reads = tool["annotations"]["readOnlyHint"] == true;
        assert!(!reads || described["level"] == "read", "{tool}");
        assert!(!reads || tool["annotations"]["destructiveHint"] == false, "{tool}");
        kinds.insert(tool["annotations"].to_string());
        let description = tool["description"].as_str().unwrap();
        assert!(description.contains("Example: {"), "{description}");
    }
    assert!(kinds.len() > 3, "{kinds:?}");
    assert_eq!(openai[0]["function"]["description"], mcp[0]["description"]);
    assert_eq!(anthropic[0]["input_schema"], mcp[0]["inputSchema"]);
}

#[test]
fn the_validator_of_these_tests_notices_what_is_wrong() {
    let schema = json!({"type": "object", "properties": {"a": {"type": ["integer", "null"], "minimum": 1},
        "b": {"type": "array", "items": {"enum": ["x"]}}}, "required": ["a"], "additionalProperties": false});
    assert_eq!(violation(&json!({"a": null, "b": ["x"]}), &schema), None);
    for wrong in [
        json!({}),
        json!({"a": 0}),
        json!({"a": "x"}),
        json!({"a": 1, "b": ["y"]}),
        json!({"a": 1, "c": 1}),
        json!([]),
    ] {
        assert!(violation(&wrong, &schema).is_some(), "{wrong}");
    }
    let either = json!({"anyOf": [{"type": "string"}, schema]});
    assert!(violation(&json!("x"), &either).is_none() && violation(&json!(1), &either).is_some());
}
