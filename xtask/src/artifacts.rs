//! The programs that a build made, wherever cargo keeps them.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::failure::Result;
use crate::repo;

/// Which programs of a build are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tests,
    Programs,
}

/// Runs a `cargo build` or `cargo test --no-run` and gives what it made.
pub(crate) fn built(build: &mut Command, kind: Kind) -> Result<Vec<PathBuf>> {
    build.args(["--message-format", "json-render-diagnostics"]);
    let messages = repo::output(build)?;
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(messages
        .filter_map(|message| program(&message, kind))
        .collect())
}

fn program(message: &Value, kind: Kind) -> Option<PathBuf> {
    let test = message["profile"]["test"].as_bool()?;
    let program = message["executable"].as_str()?;
    (test == (kind == Kind::Tests)).then(|| PathBuf::from(program))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Kind, program};

    #[test]
    fn programs_are_told_from_tests_and_libraries() {
        let table = [
            (
                json!({"profile": {"test": true}, "executable": "/t/a"}),
                true,
                false,
            ),
            (
                json!({"profile": {"test": false}, "executable": "/t/a"}),
                false,
                true,
            ),
            (
                json!({"profile": {"test": false}, "executable": null}),
                false,
                false,
            ),
            (json!({"reason": "build-finished"}), false, false),
        ];
        for (message, test, other) in table {
            assert_eq!(program(&message, Kind::Tests).is_some(), test, "{message}");
            assert_eq!(
                program(&message, Kind::Programs).is_some(),
                other,
                "{message}"
            );
        }
    }
}
