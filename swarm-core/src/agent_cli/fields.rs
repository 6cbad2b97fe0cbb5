//! Reading JSON that somebody else prints.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

/// The fields of a JSON object, each read only when asked for.
///
/// For the event lines of agents: what is missing, unknown or of another type
/// than expected reads as nothing, so that a newer version of a CLI is
/// understood as far as possible; and what nobody asks for (megabytes of a
/// tool's output) is never taken apart.
///
/// ```
/// use swarm_core::agent_cli::Fields;
/// let event = Fields::parse(r#"{"type":"done","usage":{"in":3},"new":[1,2]}"#);
/// assert_eq!(event.text("type"), "done");
/// assert_eq!(event.object("usage").count("in"), 3);
/// assert_eq!(event.text("new"), "");
/// assert!(Fields::parse("Warning: no JSON").is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    /// The object that is the whole of `text`; no fields if it is none. A byte
    /// order mark in front of it is passed over.
    pub fn parse(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self(serde_json::from_str(text).unwrap_or_default())
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether the field is there and not null.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get() != "null")
    }

    /// A string; empty if there is none. Half a surrogate pair becomes U+FFFD.
    pub fn text(&self, name: &str) -> String {
        self.read::<Text>(name).unwrap_or_default().0
    }

    /// A number; `None` if there is none, or it is larger than a float can be.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.read(name)
    }

    /// A whole number from 0; 0 if there is none.
    pub fn count(&self, name: &str) -> u64 {
        self.read(name).unwrap_or_default()
    }

    /// Whether the field is `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.read(name).unwrap_or_default()
    }

    /// Whatever is there; `None` if that is nothing, or null.
    pub fn value(&self, name: &str) -> Option<serde_json::Value> {
        self.read(name)
            .filter(|value: &serde_json::Value| !value.is_null())
    }

    /// An object; one without fields if there is none.
    #[must_use]
    pub fn object(&self, name: &str) -> Self {
        self.raw(name).map(Self::parse).unwrap_or_default()
    }

    /// The items of a list, those that are no objects without fields.
    pub fn objects(&self, name: &str) -> Vec<Self> {
        self.items(name).map(Self::parse).collect()
    }

    /// The strings of a list, without what is none.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.items(name)
            .filter_map(|item| serde_json::from_str::<Text>(item).ok())
            .map(|text| text.0)
            .collect()
    }

    /// Every field that is an object.
    pub fn each_object(&self) -> impl Iterator<Item = (&str, Self)> {
        self.0
            .iter()
            .filter(|(_, value)| value.get().starts_with('{'))
            .map(|(name, value)| (name.as_str(), Self::parse(value.get())))
    }

    /// The field in JSON, as it came; empty if it is not there.
    pub fn json(&self, name: &str) -> &'a str {
        self.raw(name).unwrap_or_default()
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.get())
    }

    fn read<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    fn items(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.read::<Vec<&RawValue>>(name)
            .unwrap_or_default()
            .into_iter()
            .map(RawValue::get)
    }
}

/// A string as JavaScript knows it: any UTF-16, valid or not.
#[derive(Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Utf16;

        impl Visitor<'_> for Utf16 {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(String::from_utf8_lossy(bytes).into_owned()))
            }
        }

        // Asked for bytes, serde_json lets lone surrogates through.
        from.deserialize_bytes(Utf16)
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn a_wrong_type_reads_as_nothing() {
        let fields = Fields::parse(r#"{"a":"x","b":7,"c":-1,"d":null,"e":[{"f":true},3]}"#);
        assert_eq!(fields.text("b"), "");
        assert_eq!(fields.count("a"), 0);
        assert_eq!(fields.count("c"), 0);
        assert_eq!(fields.number("c"), Some(-1.0));
        assert!(!fields.flag("b"));
        assert!(fields.object("a").is_empty());
        assert_eq!(fields.value("e"), Some(serde_json::json!([{"f": true}, 3])));
        assert_eq!((fields.value("d"), fields.value("z")), (None, None));
        assert!(fields.has("b") && !fields.has("d") && !fields.has("z"));
        assert_eq!(fields.objects("e").len(), 2);
        assert!(fields.objects("e")[0].flag("f"));
        assert_eq!(fields.json("e"), r#"[{"f":true},3]"#);
        assert_eq!(fields.json("z"), "");
    }

    #[test]
    fn half_an_emoji_does_not_lose_the_text() {
        let fields = Fields::parse(r#"{"a":"x\ud83dy","b":["\ud83d\ude80",1]}"#);
        assert!(fields.text("a").starts_with('x') && fields.text("a").ends_with('y'));
        assert_eq!(fields.texts("b"), ["🚀"]);
    }

    #[test]
    fn what_is_no_object_has_no_fields() {
        for text in [
            "",
            "7",
            "[]",
            "\"x\"",
            "{",
            "{\"a\":1}x",
            "{\"a\":1,}",
            "null",
        ] {
            assert!(Fields::parse(text).is_empty(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_serde_writes_is_read_as_it_is(
            text in ".{0,40}",
            count in proptest::prelude::any::<u64>(),
            flag in proptest::prelude::any::<bool>(),
            texts in proptest::collection::vec(".{0,10}", 0..4),
        ) {
            let value = serde_json::json!({
                "o": {"t": text, "c": count, "f": flag, "l": texts}, "n": null,
            });
            for line in [value.to_string(), format!("\u{feff}{value:#}\r")] {
                let fields = Fields::parse(&line);
                let inner = fields.object("o");
                proptest::prop_assert_eq!(inner.text("t"), text.as_str());
                proptest::prop_assert_eq!(inner.count("c"), count);
                proptest::prop_assert_eq!(inner.flag("f"), flag);
                proptest::prop_assert_eq!(inner.texts("l"), texts.clone());
                proptest::prop_assert!(!fields.has("n"));
                proptest::prop_assert_eq!(fields.each_object().count(), 1);
            }
        }

        /// No name, no type and no text is too odd to be asked for.
        #[test]
        fn anything_can_be_asked(
            text in r#"[{}\[\]":,a0\\ude.+-]{0,40}|.{0,40}"#,
            name in "a|.{0,5}",
        ) {
            for line in [text.clone(), format!("{{\"a\":{text}}}")] {
                let fields = Fields::parse(&line);
                proptest::prop_assert!(fields.text(&name).len() <= line.len());
                let _ = (fields.number(&name), fields.count(&name), fields.flag(&name));
                let _ = (fields.object(&name), fields.objects(&name), fields.texts(&name));
                let _ = (fields.has(&name), fields.each_object().count());
            }
        }

        #[test]
        fn depth_is_no_danger(depth in 0_usize..20_000, open in "[\\[]|[{]\"a\":") {
            let line = format!("{{\"type\":\"x\",\"deep\":{}", open.repeat(depth));
            proptest::prop_assert!(Fields::parse(&line).is_empty());
            let close = if open == "[" { "]" } else { "}" };
            let line = format!("{line}0{}}}", close.repeat(depth));
            proptest::prop_assert_eq!(Fields::parse(&line).text("type"), "x");
        }
    }
}
