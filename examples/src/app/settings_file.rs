//! `swarm.toml` in the repository's root.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::DeTable;

use super::args::{AnswersKind, AtLeastOne, HarnessKind, Inside, Rules};
use super::refusal::Refusal;
use super::reviewers::{ReviewerChoice, ReviewerTable};

/// The file's name.
pub(super) const NAME: &str = "swarm.toml";

/// Its keys besides those of [`Rules`].
const KEYS: [&str; 22] = [
    "tasks",
    "target",
    "worktrees",
    "state",
    "harness",
    "harness-cmd",
    "harness-arg",
    "model",
    "fallback",
    "answers",
    "live",
    "planner",
    "max-pending",
    "plan-prompt",
    "reviewer",
    "reviewers",
    "unreviewed",
    "gates",
    "copy",
    "setup",
    "env",
    "events",
];
/// Options that only make sense for one call.
const COMMAND_LINE_ONLY: [&str; 9] = [
    "repo",
    "watch",
    "watch-for",
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
    pub(super) harness: Option<HarnessKind>,
    pub(super) harness_cmd: Option<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) harness_arg: Vec<String>,
    pub(super) model: Option<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) fallback: Vec<HarnessKind>,
    pub(super) answers: Option<AnswersKind>,
    pub(super) live: Option<bool>,
    pub(super) planner: Option<HarnessKind>,
    pub(super) max_pending: Option<AtLeastOne>,
    pub(super) plan_prompt: Option<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) reviewer: Vec<ReviewerChoice>,
    pub(super) reviewers: Vec<ReviewerTable>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) unreviewed: Vec<Inside>,
    pub(super) gates: BTreeMap<Spanned<String>, String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) copy: Vec<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) setup: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) env: Vec<String>,
    pub(super) events: Option<PathBuf>,
    /// Read for itself, from the same table.
    #[serde(skip)]
    pub(super) rules: Rules,
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
        let start = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
        let table = DeTable::parse(text).map_err(|error| {
            Refusal::new(format!("{}: {}", place(start(&error)), error.message()))
        })?;
        let known = keys();
        let mut unknown: Vec<(usize, &str)> = table
            .get_ref()
            .keys()
            .map(|key| (key.span().start, key.get_ref().as_ref()))
            .filter(|(_, key)| !known.iter().any(|known| known == key))
            .collect();
        unknown.sort_unstable();
        let unknown = unknown
            .into_iter()
            .map(|(at, key)| format!("{}: {}", place(at), unknown_key(key, &known)));
        Refusal::unless_empty(unknown.collect())?;
        let wrong = |error: toml::de::Error| {
            let start = start(&error);
            let mut values = table.get_ref().iter();
            let key = values.find(|(_, value)| value.span().contains(&start));
            let key = key.map_or(String::new(), |(key, _)| format!("{}: ", key.get_ref()));
            Refusal::new(format!("{}: {key}{}", place(start), error.message()))
        };
        let file = || toml::de::Deserializer::from(table.clone());
        let rules = Rules::deserialize(file()).map_err(wrong)?;
        let this = Self::deserialize(file()).map_err(wrong)?;
        Ok(Self { rules, ..this })
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

/// Everything that can be said.
fn keys() -> Vec<String> {
    let own = KEYS.into_iter().map(str::to_owned);
    own.chain(Rules::keys()).collect()
}

fn unknown_key(key: &str, known: &[String]) -> String {
    if COMMAND_LINE_ONLY.contains(&key) {
        return format!("{key} is no key of this file; give it on the command line: --{key}");
    }
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(key, known), known))
        .min()
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4);
    match near {
        Some((_, known)) => format!("unknown key {key:?}; did you mean {known:?}?"),
        None => format!("unknown key {key:?}; the keys are {}", known.join(", ")),
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
