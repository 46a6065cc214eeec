//! Google's own description of the API (`tests/data/gmail-v1.schema.json`) as the check: which method a request
//! means, and whether its query, body and upload are what that method takes. Knows nothing about mail.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::base64url;

pub const DISCOVERY: &str = include_str!("../../data/gmail-v1.schema.json");

/// What a request violates, as a sentence for the test report.
pub(super) type Judgement = Result<(), String>;

pub(super) struct Schema {
    methods: Vec<Method>,
    globals: Map<String, Value>,
    types: Map<String, Value>,
}

pub(super) struct Method {
    /// For example `gmail.users.messages.get`.
    pub(super) id: String,
    http: String,
    path: Vec<String>,
    upload_path: Option<Vec<String>>,
    resumable_path: Option<Vec<String>>,
    spec: Value,
}

/// A method found for a path, with the path's own parameters, percent-decoded.
pub(super) struct Found {
    pub(super) method: &'static Method,
    pub(super) path: Vec<(String, String)>,
    pub(super) way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Plain,
    Upload,
    Resumable,
}

/// The description, parsed once for all mailboxes.
pub(super) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut document: Value = serde_json::from_str(DISCOVERY).expect("the discovery document is JSON");
        let methods = take_object(&mut document, "methods");
        Schema {
            methods: methods.into_iter().map(|(id, spec)| Method::new(id, spec)).collect(),
            globals: take_object(&mut document, "parameters"),
            types: take_object(&mut document, "schemas"),
        }
    })
}

fn take_object(document: &mut Value, name: &str) -> Map<String, Value> {
    match std::mem::take(&mut document[name]) {
        Value::Object(map) => map,
        other => panic!("{name} of the discovery document is {other}"),
    }
}

fn segments(path: &str) -> Vec<String> {
    path.trim_start_matches('/').split('/').map(String::from).collect()
}

impl Method {
    fn new(id: String, spec: Value) -> Method {
        let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str);
        Method {
            http: text("/httpMethod").expect("a method has a verb").into(),
            path: segments(text("/path").expect("a method has a path")),
            upload_path: text("/mediaUpload/protocols/simple/path").map(segments),
            resumable_path: text("/mediaUpload/protocols/resumable/path").map(segments),
            id,
            spec,
        }
    }

    pub(super) fn allows(&self, scopes: &[String]) -> bool {
        let wanted = self.spec["scopes"].as_array();
        wanted.is_some_and(|list| {
            list.iter().any(|s| scopes.iter().any(|have| Some(have.as_str()) == s.as_str()))
        })
    }

    pub(super) fn max_upload(&self) -> usize {
        let size = self.spec.pointer("/mediaUpload/maxSize").and_then(Value::as_str);
        size.and_then(|s| s.parse().ok()).unwrap_or(usize::MAX)
    }

    pub(super) fn takes_body(&self) -> bool {
        self.spec.get("request").is_some()
    }

    fn reference(&self, name: &str) -> Option<&str> {
        self.spec[name]["$ref"].as_str()
    }
}

impl Schema {
    /// The method that a verb and a percent-encoded path mean.
    pub(super) fn find(&'static self, http: &str, path: &str) -> Option<Found> {
        let asked: Vec<String> = segments(path).iter().map(|s| decode(s)).collect();
        let ways = [Way::Plain, Way::Upload, Way::Resumable];
        self.methods.iter().filter(|m| m.http == http).find_map(|method| {
            ways.into_iter().find_map(|way| {
                let template = match way {
                    Way::Plain => Some(&method.path),
                    Way::Upload => method.upload_path.as_ref(),
                    Way::Resumable => method.resumable_path.as_ref(),
                };
                let path = bind(template?, &asked)?;
                Some(Found { method, path, way })
            })
        })
    }

    /// Names, types, enumerations, repetition and presence of the query parameters.
    pub(super) fn judge_query(&self, method: &Method, query: &[(String, String)]) -> Judgement {
        let own = method.spec["parameters"].as_object();
        let described = |name: &str| {
            own.and_then(|p| p.get(name))
                .filter(|p| p["location"] == "query")
                .or_else(|| self.globals.get(name))
        };
        for (i, (name, value)) in query.iter().enumerate() {
            let parameter = described(name).ok_or_else(|| format!("no query parameter `{name}`"))?;
            judge_parameter(parameter, value).map_err(|why| format!("query parameter `{name}`: {why}"))?;
            let again = query[..i].iter().any(|(earlier, _)| earlier == name);
            if again && parameter["repeated"] != true {
                return Err(format!("query parameter `{name}` may stand once only"));
            }
        }
        let required =
            own.into_iter().flatten().filter(|(_, p)| p["location"] == "query" && p["required"] == true);
        for (name, _) in required {
            if !query.iter().any(|(given, _)| given == name) {
                return Err(format!("query parameter `{name}` is missing"));
            }
        }
        Ok(())
    }

    /// Every member of the body exists in the request type, with the right type; members the description
    /// calls required for this method are there (`raw` is left to the handler: an upload may replace it).
    pub(super) fn judge_body(&self, method: &Method, body: &Value) -> Judgement {
        match method.reference("request") {
            Some(name) => self.judge_object(name, body, "", Some(&method.id)),
            None => Err("this method takes no body".into()),
        }
    }

    /// The same for an answer of our own, so that the sandbox cannot drift from the description either.
    pub(super) fn judge_answer(&self, method: &Method, answer: &Value) -> Judgement {
        match (method.reference("response"), answer) {
            (Some(name), _) => self.judge_object(name, answer, "", None),
            (None, Value::Null) => Ok(()),
            (None, _) => Err("this method answers nothing".into()),
        }
    }

    fn judge_object(&self, name: &str, value: &Value, place: &str, method: Option<&str>) -> Judgement {
        let object = value.as_object().ok_or_else(|| format!("{place}/ should be an object ({name})"))?;
        let members = self.types[name]["properties"].as_object();
        for (member, inner) in object {
            let here = format!("{place}/{member}");
            let described = members.and_then(|m| m.get(member));
            let described = described.ok_or_else(|| format!("{here} is not a member of {name}"))?;
            self.judge_value(described, inner, &here)?;
        }
        let needed = members.into_iter().flatten().filter(|(member, spec)| {
            let required = spec.pointer("/annotations/required").and_then(Value::as_array);
            *member != "raw" && required.is_some_and(|r| r.iter().any(|m| m.as_str() == method))
        });
        match needed.into_iter().find(|(member, _)| !object.contains_key(*member)) {
            Some((member, _)) => Err(format!("{place}/{member} is required")),
            None => Ok(()),
        }
    }

    fn judge_value(&self, spec: &Value, value: &Value, place: &str) -> Judgement {
        if let Some(name) = spec["$ref"].as_str() {
            return self.judge_object(name, value, place, None);
        }
        if spec["type"] == "array" {
            let items = value.as_array().ok_or_else(|| format!("{place} should be an array"))?;
            return items.iter().try_for_each(|item| self.judge_value(&spec["items"], item, place));
        }
        judge_scalar(spec, value).map_err(|why| format!("{place} {why}"))
    }

    /// Whether `path` (member names from the answer's root) exists in what `method` answers.
    pub(super) fn has_field(&self, method: &Method, path: &[&str]) -> bool {
        let Some(mut name) = method.reference("response") else { return false };
        for (depth, member) in path.iter().enumerate() {
            if *member == "*" {
                return true;
            }
            let spec = &self.types[name]["properties"][*member];
            let inner = spec["$ref"].as_str().or_else(|| spec["items"]["$ref"].as_str());
            match inner {
                Some(inner) => name = inner,
                None => return spec.is_object() && depth + 1 == path.len(),
            }
        }
        true
    }
}

fn bind(template: &[String], asked: &[String]) -> Option<Vec<(String, String)>> {
    if template.len() != asked.len() {
        return None;
    }
    let mut bound = Vec::new();
    for (pattern, given) in template.iter().zip(asked) {
        match pattern.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(name) if !given.is_empty() => bound.push((name.to_string(), given.clone())),
            None if pattern == given => {}
            _ => return None,
        }
    }
    Some(bound)
}

fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

fn judge_parameter(spec: &Value, value: &str) -> Judgement {
    let good = match (spec["type"].as_str(), spec["format"].as_str()) {
        (Some("boolean"), _) => matches!(value, "true" | "false"),
        (Some("integer"), Some("uint32")) => value.parse::<u32>().is_ok(),
        (Some("integer"), _) => value.parse::<i32>().is_ok(),
        (_, Some("uint64")) => value.parse::<u64>().is_ok(),
        (_, Some("int64")) => value.parse::<i64>().is_ok(),
        _ => true,
    };
    if good {
        judge_enum(spec, value)
    } else {
        Err(format!("`{value}` is not of type {}", spec["format"].as_str().unwrap_or("boolean")))
    }
}

fn judge_enum(spec: &Value, value: &str) -> Judgement {
    match spec["enum"].as_array() {
        Some(allowed) if !allowed.iter().any(|a| a == value) => {
            Err(format!("`{value}` is not one of its values"))
        }
        _ => Ok(()),
    }
}

fn judge_scalar(spec: &Value, value: &Value) -> Judgement {
    match (spec["type"].as_str().unwrap_or_default(), value) {
        ("string", Value::String(text)) => match spec["format"].as_str() {
            Some("byte") if base64url::decode(text).is_none() => Err("is not base64url".into()),
            Some("uint64") if text.parse::<u64>().is_err() => Err("is not a uint64".into()),
            Some("int64") if text.parse::<i64>().is_err() => Err("is not an int64".into()),
            _ => judge_enum(spec, text),
        },
        ("boolean", Value::Bool(_)) => Ok(()),
        ("integer", Value::Number(n)) if n.is_i64() || n.is_u64() => Ok(()),
        (wanted, _) => Err(format!("should be a {wanted}")),
    }
}
