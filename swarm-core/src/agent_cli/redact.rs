//! Command lines for a record: without what is secret.

use std::ffi::{OsStr, OsString};

use crate::process::env::Vars;

const HIDDEN: &str = "[hidden]";

/// Words by which options and variables that hold secrets are known.
const WORDS: [&str; 9] = [
    "token",
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "authorization",
    "bearer",
    "credential",
];

/// Secrets that are shorter are not looked for in the middle of a text.
const SHORTEST: usize = 6;

/// The arguments without values of options that are named like a secret,
/// without values of variables that are, and without what looks like a key of
/// a model's service. What is secret and looks like nothing stays.
pub(super) fn redacted(args: &[OsString], env: &Vars) -> Vec<String> {
    let secrets: Vec<&str> = env
        .iter()
        .filter(|(name, _)| is_secret(&name.to_string_lossy()))
        .filter_map(|(_, value)| value.to_str())
        .filter(|value| value.len() >= SHORTEST)
        .collect();
    let mut hide_next = false;
    args.iter()
        .map(|arg| {
            let text = shown(arg, &secrets);
            let hide = std::mem::replace(&mut hide_next, false);
            match text.split_once(['=', ':']) {
                _ if hide && !text.starts_with('-') => HIDDEN.to_owned(),
                Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
                // A table of settings: not taken apart.
                Some((name, value)) if is_secret(value) => format!("{name}={HIDDEN}"),
                Some(_) => text,
                None => {
                    hide_next = text.starts_with('-') && is_secret(&text);
                    text
                }
            }
        })
        .collect()
}

/// A variable's name is no secret (`env_key="PROXY_KEY"`), its value is.
fn is_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase().replace('-', "_");
    WORDS.iter().any(|word| text.contains(word))
        || text.ends_with("_key") && !text.ends_with("env_key")
}

fn shown(arg: &OsStr, secrets: &[&str]) -> String {
    let mut text = arg.to_string_lossy().into_owned();
    for secret in secrets {
        text = text.replace(secret, HIDDEN);
    }
    if let Some(at) = text.find("sk-") {
        let end = text[at..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
            .map_or(text.len(), |length| at + length);
        if end - at >= 20 {
            text.replace_range(at..end, HIDDEN);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn secrets_are_hidden_and_the_rest_can_be_read() {
        let env = vec![
            ("PROXY_KEY".into(), "swordfish".into()),
            ("HOME".into(), "/home/me".into()),
            ("EMPTY_TOKEN".into(), "".into()),
        ];
        for (args, expected) in [
            (&["--model=opus", "-p"][..], &["--model=opus", "-p"][..]),
            (&["--api-key", "abc", "x"], &["--api-key", "[hidden]", "x"]),
            (&["--api-key=abc"], &["--api-key=[hidden]"]),
            (&["--auth-token", "-x"], &["--auth-token", "-x"]),
            (&["x/swordfish/y"], &["x/[hidden]/y"]),
            (&["/home/me"], &["/home/me"]),
            (
                &["-c", "model_providers.p={env_key=\"PROXY_KEY\"}"],
                &["-c", "model_providers.p={env_key=\"PROXY_KEY\"}"],
            ),
            (
                &["-c", "model_providers.p={experimental_bearer_token=\"x\"}"],
                &["-c", "model_providers.p=[hidden]"],
            ),
            (&["Authorization: Basic abc"], &["Authorization=[hidden]"]),
            (
                &["use sk-ant-api03-0123456789abcdef, please"],
                &["use [hidden], please"],
            ),
        ] {
            let args: Vec<_> = args.iter().map(Into::into).collect();
            assert_eq!(redacted(&args, &env), expected, "{args:?}");
        }
    }
}
