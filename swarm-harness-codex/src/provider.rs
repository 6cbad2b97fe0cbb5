//! Which service Codex will talk to, and where it finds the key.

use std::ffi::{OsStr, OsString};

use toml::{Table, Value};

/// A provider that Codex is told to use instead of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) name: String,
    /// The variable with its key; `None` if it needs none, or has it otherwise.
    pub(crate) env_key: Option<String>,
    /// It wants the login of Codex's own one.
    pub(crate) wants_login: bool,
}

/// What is known of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Codex's own one.
    BuiltIn,
    /// Another one.
    Other(Provider),
    /// Chosen in a way that is not understood here (a profile, `--oss`).
    Unknown,
}

/// From Codex's `config.toml`, the options on top of it, and further arguments
/// on top of these. What cannot be read counts as not there: Codex itself will
/// say what is wrong with it.
pub(crate) fn chosen(file: &str, options: &[(String, String)], args: &[&OsStr]) -> Choice {
    let args: Vec<String> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let elsewhere = |arg: &String| {
        arg == "-p" || arg == "--oss" || arg.starts_with("--profile") || arg == "--local-provider"
    };
    if args.iter().any(elsewhere) {
        return Choice::Unknown;
    }
    let mut config: Table = file.parse().unwrap_or_default();
    if config.contains_key("profile") {
        return Choice::Unknown;
    }
    for (key, value) in options {
        set(&mut config, key, value);
    }
    for pair in settings(&args) {
        if let Some((key, value)) = pair.split_once('=') {
            set(&mut config, key, value);
        }
    }
    let name = config.get("model_provider").and_then(Value::as_str);
    let Some(name) = name.filter(|name| *name != "openai") else {
        return Choice::BuiltIn;
    };
    let provider = config.get("model_providers").and_then(|all| all.get(name));
    let text = |key| provider?.get(key)?.as_str().map(str::to_owned);
    let flag = |key| provider?.get(key)?.as_bool();
    Choice::Other(Provider {
        name: name.to_owned(),
        env_key: text("env_key"),
        wants_login: flag("requires_openai_auth").unwrap_or_default(),
    })
}

/// What follows `-c` and `--config`.
fn settings(args: &[String]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut next = false;
    for arg in args {
        if std::mem::take(&mut next) {
            found.push(arg.as_str());
        } else if arg == "-c" || arg == "--config" {
            next = true;
        } else if let Some(pair) = arg
            .strip_prefix("--config=")
            .or_else(|| arg.strip_prefix("-c"))
        {
            found.push(pair);
        }
    }
    found
}

/// As Codex does: what is no TOML is a string.
fn set(config: &mut Table, key: &str, value: &str) {
    let parsed = format!("value = {value}").parse::<Table>();
    let value = parsed
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_owned()));
    let mut at = config;
    let (folders, last) = key.rsplit_once('.').unwrap_or(("", key));
    for folder in folders.split('.').filter(|folder| !folder.is_empty()) {
        let inner = at
            .entry(folder)
            .or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = inner else {
            return;
        };
        at = inner;
    }
    at.insert(last.to_owned(), value);
}

/// All further arguments, in order.
pub(crate) fn arguments<'a>(own: &'a [OsString], more: &'a [OsString]) -> Vec<&'a OsStr> {
    own.iter().chain(more).map(AsRef::as_ref).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{Choice, Provider, chosen};

    fn other(name: &str, env_key: Option<&str>) -> Choice {
        Choice::Other(Provider {
            name: name.to_owned(),
            env_key: env_key.map(str::to_owned),
            wants_login: false,
        })
    }

    #[test]
    fn what_stands_last_counts() {
        let file = "model_provider = \"corp\"\n[model_providers.corp]\nenv_key = \"CORP_KEY\"\n";
        let option = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        for (file, options, args, expected) in [
            ("", vec![], vec![], Choice::BuiltIn),
            ("no toml {", vec![], vec![], Choice::BuiltIn),
            (file, vec![], vec![], other("corp", Some("CORP_KEY"))),
            (
                file,
                vec![option("model_provider", "\"openai\"")],
                vec![],
                Choice::BuiltIn,
            ),
            (
                file,
                vec![
                    option("model_provider", "\"own\""),
                    option("model_providers.own", "{name=\"x\",env_key=\"OWN\"}"),
                ],
                vec![],
                other("own", Some("OWN")),
            ),
            (
                file,
                vec![],
                vec!["-c", "model_providers.corp.env_key=\"NEW\""],
                other("corp", Some("NEW")),
            ),
            (
                "",
                vec![],
                vec!["--config=model_provider=free"],
                other("free", None),
            ),
            (
                "",
                vec![],
                vec!["-cmodel_provider=free"],
                other("free", None),
            ),
            (file, vec![], vec!["--profile", "x"], Choice::Unknown),
            (file, vec![], vec!["--oss"], Choice::Unknown),
            ("profile = \"x\"", vec![], vec![], Choice::Unknown),
        ] {
            let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
            assert_eq!(
                chosen(file, &options, &args),
                expected,
                "{options:?} {args:?}"
            );
        }
    }
}
