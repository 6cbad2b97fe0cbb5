//! `swarm.toml` in the repository's root.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use swarm_store::files::parse_duration;
use toml::Spanned;
use toml::de::DeTable;

use super::args::{CompletionKind, HarnessKind, LargeDiffKind, in_repository, is_money};
use super::refusal::Refusal;
use super::reviewers::{ReviewerChoice, ReviewerTable};

/// The file's name.
pub(super) const NAME: &str = "swarm.toml";

/// All its keys: those of [`SettingsFile`].
const KEYS: [&str; 25] = [
    "tasks",
    "target",
    "worktrees",
    "state",
    "jobs",
    "harness",
    "harness-cmd",
    "harness-arg",
    "model",
    "reviewer",
    "reviewers",
    "review-rounds",
    "large-diff",
    "unreviewed",
    "gates",
    "copy",
    "setup",
    "env",
    "max-attempts",
    "backoff",
    "turn-timeout",
    "idle-timeout",
    "max-cost",
    "completion",
    "events",
];
/// Options that only make sense for one call.
const COMMAND_LINE_ONLY: [&str; 7] = [
    "repo",
    "dry-run",
    "json",
    "quiet",
    "apply",
    "record",
    "skip-preflight",
];

/// What the file says. Paths are as written: relative to the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct SettingsFile {
    pub(super) tasks: Option<PathBuf>,
    pub(super) target: Option<String>,
    pub(super) worktrees: Option<PathBuf>,
    pub(super) state: Option<PathBuf>,
    pub(super) jobs: Option<AtLeastOne>,
    pub(super) harness: Option<HarnessKind>,
    pub(super) harness_cmd: Option<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) harness_arg: Vec<String>,
    pub(super) model: Option<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) reviewer: Vec<ReviewerChoice>,
    pub(super) reviewers: Vec<ReviewerTable>,
    pub(super) review_rounds: Option<AtLeastOne>,
    pub(super) large_diff: Option<LargeDiffKind>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) unreviewed: Vec<Inside>,
    pub(super) gates: BTreeMap<Spanned<String>, String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) copy: Vec<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) setup: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) env: Vec<String>,
    pub(super) max_attempts: Option<AtLeastOne>,
    pub(super) backoff: Option<Span>,
    pub(super) turn_timeout: Option<Span>,
    pub(super) idle_timeout: Option<Span>,
    pub(super) max_cost: Option<Dollars>,
    pub(super) completion: Option<CompletionKind>,
    pub(super) events: Option<PathBuf>,
}

impl SettingsFile {
    /// Reads the file in this folder; none is fine.
    pub(super) fn read(root: &Path) -> Result<Self, Refusal> {
        let path = root.join(NAME);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Refusal::new(format!(
                "{}: cannot be read: {error}",
                path.display()
            ))),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Refusal> {
        let place = |offset: usize| {
            let before = text.get(..offset).unwrap_or(text);
            format!("{}:{}", path.display(), before.matches('\n').count() + 1)
        };
        let wrong = |error: &toml::de::Error| {
            let place = place(error.span().map_or(0, |span| span.start));
            Refusal::new(format!("{place}: {}", error.message()))
        };
        let table = DeTable::parse(text).map_err(|error| wrong(&error))?;
        let mut unknown: Vec<(usize, &str)> = table
            .get_ref()
            .keys()
            .map(|key| (key.span().start, key.get_ref().as_ref()))
            .filter(|(_, key)| !KEYS.contains(key))
            .collect();
        unknown.sort_unstable();
        let unknown = unknown
            .into_iter()
            .map(|(at, key)| format!("{}: {}", place(at), unknown_key(key)));
        Refusal::unless_empty(unknown.collect())?;
        let file = toml::de::Deserializer::from(table.clone());
        Self::deserialize(file).map_err(|error| wrong(&error))
    }

    /// The gate steps, in the file's order.
    pub(super) fn gates(&self) -> Vec<(String, String)> {
        let mut gates: Vec<_> = self.gates.iter().collect();
        gates.sort_by_key(|(name, _)| name.span().start);
        let gates = gates.into_iter();
        gates
            .map(|(name, command)| (name.get_ref().clone(), command.clone()))
            .collect()
    }
}

fn unknown_key(key: &str) -> String {
    if COMMAND_LINE_ONLY.contains(&key) {
        return format!("{key} is no key of this file; give it on the command line: --{key}");
    }
    let near = KEYS
        .iter()
        .map(|known| (strsim::damerau_levenshtein(key, known), known))
        .min()
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4);
    match near {
        Some((_, known)) => format!("unknown key {key:?}; did you mean {known:?}?"),
        None => format!("unknown key {key:?}; the keys are {}", KEYS.join(", ")),
    }
}

/// A number of at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AtLeastOne(pub(super) u32);

impl<'de> Deserialize<'de> for AtLeastOne {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(from)?;
        let number = u32::try_from(number).ok().filter(|number| *number > 0);
        number
            .map(Self)
            .ok_or_else(|| D::Error::custom("it must be a whole number, at least 1"))
    }
}

/// A path in the repository, from its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inside(pub(super) PathBuf);

impl<'de> Deserialize<'de> for Inside {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        in_repository(&text).map(Self).map_err(D::Error::custom)
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dollars(pub(super) f64);

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let usd = f64::deserialize(from)?;
        if is_money(usd) {
            Ok(Self(usd))
        } else {
            Err(D::Error::custom(
                "it must be an amount in US dollars, such as 2.50",
            ))
        }
    }
}

/// A duration: `"90s"`, or a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Span;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration, such as \"90s\", or a number of seconds")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
                parse_duration(text).map(Span).map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Span, E> {
                let seconds = u64::try_from(seconds).map_err(E::custom)?;
                Ok(Span(Duration::from_secs(seconds)))
            }
        }
        from.deserialize_any(Written)
    }
}

/// A list; of one, the list may be left out.
fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    struct List<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            let one = serde::de::value::StrDeserializer::new(text);
            Ok(vec![T::deserialize(one)?])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }
    from.deserialize_any(List(std::marker::PhantomData))
}

#[cfg(test)]
mod tests;
