//! What was recorded, and how it is kept.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use crate::agent_cli::{Fields, MAX_LINE};
use crate::model::Limit;
use crate::ports::Stop;
use crate::process::Exit;

const STDOUT: &str = "stdout.jsonl";
const STDERR: &str = "stderr.txt";
const META: &str = "meta.json";

/// One turn of an agent as it was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// What it is called: the name of its folder.
    pub name: String,
    /// The version of the agent; empty if it was not noted.
    pub version: String,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// How the process ended.
    pub exit: Exit,
    /// Lines longer than this, in bytes, are cut; by default as
    /// [`CliHarness`](crate::agent_cli::CliHarness) has it.
    pub max_line: usize,
    /// How the lines of both streams are put together: 0 is first all of
    /// standard output, then all of standard error; anything else is a seed.
    pub mixed: u64,
}

impl Recorded {
    /// A recording that is in no folder.
    pub fn new(
        name: impl Into<String>,
        stdout: impl Into<Vec<u8>>,
        stderr: impl Into<Vec<u8>>,
        exit: Exit,
    ) -> Self {
        Self {
            name: name.into(),
            version: String::new(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            exit,
            max_line: MAX_LINE,
            mixed: 0,
        }
    }

    /// The same with all but the first and the last line of standard output
    /// repeated until it has at least this many bytes: what an agent would print
    /// that works for days. As it is, if it has no more than two lines.
    #[must_use]
    pub fn enlarged(mut self, bytes: usize) -> Self {
        let lines: Vec<&[u8]> = self.stdout.split_inclusive(|byte| *byte == b'\n').collect();
        let [first, middle @ .., last] = &lines[..] else {
            return self;
        };
        let middle = middle.concat();
        let room = bytes.saturating_sub(first.len() + last.len());
        let times = room.div_ceil(middle.len().max(1)).max(1);
        self.stdout = [first, &middle.repeat(times)[..], last].concat();
        self
    }

    /// The recording in this folder.
    ///
    /// # Errors
    /// If `stdout.jsonl` or `meta.json` cannot be read, or the latter does not
    /// say how the process ended; the error names the file.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let stdout = read(&folder.join(STDOUT))?;
        // Nothing was said where there is no file.
        let stderr = fs::read(folder.join(STDERR)).unwrap_or_default();
        let path = folder.join(META);
        let meta = read(&path)?;
        let meta = String::from_utf8_lossy(&meta);
        let meta = Fields::parse(&meta);
        let exit = exit(&meta).ok_or_else(|| {
            let why = "it has neither a number `exit_code` nor a number `signal`";
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{}: {why}", path.display()),
            )
        })?;
        let max_line = usize::try_from(meta.count("max_line")).unwrap_or(usize::MAX);
        Ok(Self {
            version: meta.text("version"),
            max_line: if max_line == 0 { MAX_LINE } else { max_line },
            mixed: meta.count("mixed"),
            ..Self::new(name, stdout, stderr, exit)
        })
    }

    /// The recordings in the folders of this folder, by name. A folder without
    /// `meta.json` is none; a folder that is not there has none.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    pub fn read_all(folder: &Path) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| at(folder, &error))?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.join(META).is_file() {
                all.push(Self::read(&path)?);
            }
        }
        all.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(all)
    }

    /// Writes it to `folder/NAME`, and makes folders that are missing.
    ///
    /// # Errors
    /// If a file cannot be written; the error names it.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let folder = folder.join(&self.name);
        fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
        write(&folder.join(STDOUT), &self.stdout)?;
        if !self.stderr.is_empty() {
            write(&folder.join(STDERR), &self.stderr)?;
        }
        let mut meta = match self.exit {
            Exit::Code(code) => json!({"exit_code": code}),
            Exit::Signal(signal) => json!({"signal": signal}),
            Exit::StoppedByUs(stop) => json!({"stopped": word(stop)}),
        };
        if !self.version.is_empty() {
            meta["version"] = json!(self.version);
        }
        if self.max_line != MAX_LINE {
            meta["max_line"] = json!(self.max_line);
        }
        if self.mixed != 0 {
            meta["mixed"] = json!(self.mixed);
        }
        write(&folder.join(META), format!("{meta}\n").as_bytes())
    }
}

fn exit(meta: &Fields<'_>) -> Option<Exit> {
    if let Some(stop) = stop(&meta.text("stopped")) {
        return Some(Exit::StoppedByUs(stop));
    }
    if let Some(code) = whole(meta, "exit_code") {
        return Some(if code < 0 {
            Exit::Signal(-code)
        } else {
            Exit::Code(code)
        });
    }
    whole(meta, "signal").map(Exit::Signal)
}

fn whole(meta: &Fields<'_>, name: &str) -> Option<i32> {
    let number = meta.number(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "compared just below")]
    let whole = number as i32;
    #[expect(clippy::float_cmp, reason = "whole numbers are exact")]
    (f64::from(whole) == number && whole != i32::MIN).then_some(whole)
}

const STOPS: [(Stop, &str); 4] = [
    (Stop::Gently, "gently"),
    (Stop::Now, "now"),
    (Stop::Limit(Limit::Idle), "idle"),
    (Stop::Limit(Limit::Wall), "wall"),
];

fn word(stop: Stop) -> &'static str {
    let found = STOPS.iter().find(|(known, _)| *known == stop);
    found.map_or("now", |(_, word)| word)
}

fn stop(word: &str) -> Option<Stop> {
    let found = STOPS.iter().find(|(_, known)| *known == word);
    found.map(|(stop, _)| *stop)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| at(path, &error))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Recorded, STOPS};
    use crate::process::Exit;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let stops = STOPS.map(|(stop, _)| Exit::StoppedByUs(stop));
        let mut written = Vec::new();
        for (at, exit) in [Exit::Code(7), Exit::Signal(9)]
            .into_iter()
            .chain(stops)
            .enumerate()
        {
            let mut stream = Recorded::new(format!("{at}"), b"a\xff\0".to_vec(), "", exit);
            stream.mixed = at as u64;
            stream.max_line -= at;
            stream.version = "1.2".to_owned();
            stream.write(folder.path()).unwrap();
            written.push(stream);
        }
        assert_eq!(Recorded::read_all(folder.path()).unwrap(), written);
        assert!(
            Recorded::read_all(&folder.path().join("none"))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn the_middle_is_repeated() {
        let large = |text: &str, bytes| {
            let stream = Recorded::new("", text, "", Exit::Code(0)).enlarged(bytes);
            String::from_utf8(stream.stdout).unwrap()
        };
        assert_eq!(large("a\nb\nc\nd\n", 13), "a\nb\nc\nb\nc\nb\nc\nd\n");
        assert_eq!(large("a\nb\nc", 1), "a\nb\nc");
        assert_eq!(large("a\nb\n", 100), "a\nb\n");
        assert_eq!(large("", 100), "");
    }

    #[test]
    fn how_it_ended_is_read_as_others_put_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("stdout.jsonl"), "").unwrap();
        let read = |meta: &str| {
            fs::write(folder.path().join("meta.json"), meta).unwrap();
            Recorded::read(folder.path()).map(|stream| stream.exit)
        };
        let signal = r#"{"exit_code": -15, "signal": "SIGTERM"}"#;
        assert_eq!(read(signal).unwrap(), Exit::Signal(15));
        assert_eq!(read(r#"{"signal": 9}"#).unwrap(), Exit::Signal(9));
        for wrong in ["", "{}", r#"{"exit_code": 1.5}"#, r#"{"signal": "TERM"}"#] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("meta.json: it has neither"), "{error}");
        }
    }
}
