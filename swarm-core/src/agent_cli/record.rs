//! Keeps the streams of turns, for `swarm explain` and for tests of adapters.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::redact::redacted;
use crate::file_name::file_name;
use crate::model::Limit;
use crate::ports::{Stop, TurnReport, TurnRequest};
use crate::process::env::Vars;
use crate::process::{Exit, Line, Stream};

/// How many records of one turn there can be.
const MOST: u32 = 1000;

/// The record of one turn: a folder with `stdout.jsonl`, `stderr.txt` and
/// `meta.json`.
#[derive(Debug)]
pub(super) struct Record {
    folder: PathBuf,
    stdout: Sheet,
    stderr: Sheet,
    meta: Value,
    begun: Instant,
}

impl Record {
    /// Begins a record below `base`. A record that cannot be made is given up:
    /// what it records is worth more than the record.
    pub(super) fn begin(
        base: &Path,
        turn: &TurnRequest,
        (program, args, env): (&OsString, &[OsString], &Vars),
        version: Option<&str>,
        limit: u64,
    ) -> Option<Self> {
        let mut command_line = vec![program.to_string_lossy().into_owned()];
        command_line.extend(redacted(args, env));
        let meta = json!({
            "cli": Path::new(program).file_name().map(|name| name.to_string_lossy()),
            "version": version,
            "argv": command_line,
            "cwd": turn.directory.to_string_lossy(),
            "run": turn.attempt.run,
            "task": turn.attempt.task,
            "attempt": turn.attempt.number,
            "turn": turn.turn,
            "role": turn.role,
            "exit_code": null,
            "signal": null,
            "stopped": null,
            "wall_s": null,
            "end_reason": null,
        });
        let open = || -> io::Result<Self> {
            let folder = make_folder(base, turn)?;
            let record = Self {
                stdout: Sheet::new(&folder.join("stdout.jsonl"), limit)?,
                stderr: Sheet::new(&folder.join("stderr.txt"), limit)?,
                folder,
                meta,
                begun: Instant::now(),
            };
            record.write_meta()?;
            Ok(record)
        };
        open()
            .inspect_err(|error| {
                let path = base.display();
                tracing::warn!(%path, %error, "a turn is not recorded");
            })
            .ok()
    }

    pub(super) fn line(&mut self, line: Line<'_>) {
        match line.stream {
            Stream::Stdout => self.stdout.line(line.text),
            Stream::Stderr => self.stderr.line(line.text),
        }
    }

    /// The program has ended.
    pub(super) fn end(mut self, exit: Exit, report: &TurnReport) {
        let (code, signal, stopped) = match exit {
            Exit::Code(code) => (Some(code), None, None),
            Exit::Signal(signal) => (None, Some(signal), None),
            Exit::StoppedByUs(how) => (None, None, Some(word(how))),
        };
        self.meta["exit_code"] = json!(code);
        self.meta["signal"] = json!(signal);
        self.meta["stopped"] = json!(stopped);
        self.meta["wall_s"] = json!(self.begun.elapsed().as_secs_f64());
        self.meta["end_reason"] = json!(report.end.as_str());
        self.stdout.end();
        self.stderr.end();
        if let Err(error) = self.write_meta() {
            let path = self.folder.display();
            tracing::warn!(%path, %error, "how a turn ended is not recorded");
        }
    }

    fn write_meta(&self) -> io::Result<()> {
        let text = format!("{:#}\n", self.meta);
        fs::write(self.folder.join("meta.json"), text)
    }
}

fn word(how: Stop) -> &'static str {
    match how {
        Stop::Gently => "gently",
        Stop::Now => "now",
        Stop::Limit(Limit::Wall) => "wall",
        Stop::Limit(Limit::Idle) => "idle",
    }
}

/// A new folder for a turn: `TASK/attempt-1/turn-2-fix`, with a number behind
/// it if that is there already, from another run or another reviewer.
fn make_folder(base: &Path, turn: &TurnRequest) -> io::Result<PathBuf> {
    let attempt = base
        .join(file_name(turn.attempt.task.as_str()))
        .join(format!("attempt-{}", turn.attempt.number));
    fs::create_dir_all(&attempt)?;
    let name = format!("turn-{}-{}", turn.turn, turn.role.as_str());
    for number in 1..MOST {
        let folder = match number {
            1 => attempt.join(&name),
            _ => attempt.join(format!("{name}-{number}")),
        };
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A file that takes lines up to a limit.
#[derive(Debug)]
struct Sheet {
    /// `None` once it is full or cannot be written.
    file: Option<BufWriter<File>>,
    left: u64,
}

impl Sheet {
    fn new(path: &Path, limit: u64) -> io::Result<Self> {
        Ok(Self {
            file: Some(BufWriter::new(File::create(path)?)),
            left: limit,
        })
    }

    fn line(&mut self, text: &str) {
        let Some(file) = &mut self.file else {
            return;
        };
        let length = text.len() as u64 + 1;
        let fits = length <= self.left;
        // Only whole lines: half a one would be read as something else.
        if !fits || writeln!(file, "{text}").is_err() {
            tracing::warn!("a record is full, or cannot be written: the rest is left out");
            self.end();
            self.file = None;
            return;
        }
        self.left -= length;
    }

    fn end(&mut self) {
        if let Some(file) = &mut self.file {
            // A record that cannot be written is given up.
            let _ = file.flush();
        }
    }
}
