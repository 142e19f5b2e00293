//! The JSON Schema of a report, made from the types that write it. `docs/report.schema.json` is this, word for word.
//!
//! Only the tests need it, so the program carries none of it. The types here say what a text looks like where the
//! document has a plain `String`.

use super::{Document, SCHEMA};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::borrow::Cow;

/// The schema as its file holds it.
pub fn text() -> String {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Document>().to_value();
    tidy(&mut schema);
    let root = schema.as_object_mut().expect("a struct is an object");
    root.insert("$id".into(), "urn:keysift:keysift-report:1".into());
    root.insert("title".into(), SCHEMA.into());
    let promise = "What a run of keysift found. Later versions of the program may add fields; none changes its meaning \
                   under this name.";
    root.insert("description".into(), promise.into());
    let mut text = serde_json::to_string_pretty(&schema).expect("it is JSON");
    text.push('\n');
    text
}

/// A field that has nothing to say is absent, not null, and a reader needs to know no default but that. Descriptions
/// are sentences, wherever the source breaks its lines.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("default");
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            // How many bits a number has here is nothing to a reader.
            if object.get("format").is_some_and(|format| format.as_str().is_some_and(|name| name.starts_with("uint"))) {
                object.remove("format");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [one] = &types[..] {
                    let one = one.clone();
                    object.insert("type".into(), one);
                }
            }
            if let Some(Value::Array(any)) = object.get_mut("anyOf") {
                any.retain(|one| one.get("type").is_none_or(|name| name != "null"));
                if let [Value::Object(one)] = &any[..] {
                    let one = one.clone();
                    object.remove("anyOf");
                    object.extend(one);
                }
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(array) => array.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// A text of one form.
macro_rules! form {
    ($name:ident, $meaning:literal, $($key:literal: $value:expr),+) => {
        #[doc = $meaning]
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "description": $meaning, "type": "string", $($key: $value),+ })
            }
        }
    };
}

form!(Name, "The name of this shape.", "const": SCHEMA);
form!(ObjectId, "The id of a git object.", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$");
form!(Fingerprint, "A keyed hash of rule and secret.", "pattern": "^ks1:[0-9a-f]{32}$");
form!(LineHash, "A hash of the line and how often it has occurred.", "pattern": "^[0-9a-f]{1,16}:[0-9]+$");
form!(
    Date,
    "ISO 8601 with its offset. Years outside 0 to 9999 have a sign and at least six digits.",
    "pattern": "^([0-9]{4}|[+-][0-9]{6,})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}$"
);
