//! The table of what comes of recordings.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::Recorded;
use crate::ports::TurnReport;

/// The end reasons that are right for each recording, by its name.
///
/// As a file: `{"auth401": ["auth"], "hang-sigint": ["killed", "crashed"]}`,
/// in the words of [`EndReason::as_str`](crate::model::EndReason::as_str).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected(BTreeMap<String, Vec<String>>);

impl Expected {
    /// The table in this file.
    ///
    /// # Errors
    /// If it cannot be read or is no such table; the error names it.
    pub fn read(file: &Path) -> io::Result<Self> {
        let wrong = |kind, error: &dyn std::fmt::Display| {
            io::Error::new(kind, format!("{}: {error}", file.display()))
        };
        let text = fs::read_to_string(file).map_err(|error| wrong(error.kind(), &error))?;
        let table = serde_json::from_str(&text)
            .map_err(|error| wrong(io::ErrorKind::InvalidData, &error))?;
        Ok(Self(table))
    }

    /// Compares it to what an adapter says of every recording.
    ///
    /// # Panics
    /// If anything is different, or one side has a name that the other has not;
    /// the message lists all of it.
    pub fn check(&self, streams: &[Recorded], report: impl Fn(&Recorded) -> TurnReport) {
        let wrong = self.wrong(streams, report);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn wrong(&self, streams: &[Recorded], report: impl Fn(&Recorded) -> TurnReport) -> Vec<String> {
        let mut wrong = Vec::new();
        for stream in streams {
            let name = &stream.name;
            let Some(right) = self.0.get(name) else {
                wrong.push(format!("{name}: not in the table"));
                continue;
            };
            let report = report(stream);
            if !right.iter().any(|word| word == report.end.as_str()) {
                wrong.push(format!("{name}: {right:?} expected, not {report:?}"));
            }
        }
        let known = |name: &str| streams.iter().any(|stream| stream.name == name);
        let lost = self.0.keys().filter(|name| !known(name));
        wrong.extend(lost.map(|name| format!("{name}: no recording")));
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::{Expected, Recorded, TurnReport};
    use crate::process::Exit;

    #[test]
    fn what_is_different_or_missing_is_listed() {
        let table = serde_json::from_str(r#"{"a":["auth","finished"],"b":["auth"],"d":[]}"#);
        let expected = Expected(table.unwrap());
        let streams = ["a", "b", "c"].map(|name| Recorded::new(name, "", "", Exit::Code(0)));
        let wrong = expected.wrong(&streams, |_| TurnReport::finished("x"));
        let starts = ["b: [\"auth\"] expected", "c: not in", "d: no recording"];
        assert_eq!(wrong.len(), starts.len(), "{wrong:?}");
        for (wrong, start) in wrong.iter().zip(starts) {
            assert!(wrong.starts_with(start), "{wrong}");
        }
    }
}
