//! Which processes of the machine have to do with a test.

use std::fmt;
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long after a run's end nothing of it may be left.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// Living processes, by number and command line.
#[derive(Debug, Default)]
pub(crate) struct Processes(Vec<(u32, String)>);

impl Processes {
    /// Those with this text in their environment.
    pub(crate) fn with(text: &str) -> Self {
        let folders = fs::read_dir("/proc").expect("/proc: these tests run on Linux");
        let numbers = folders.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let ours = std::process::id();
        let marked = numbers.filter(|number| *number != ours && carries(*number, text));
        Self(
            marked
                .map(|number| (number, command_line(number)))
                .collect(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends them at once.
    pub(crate) fn kill(&self) {
        for (number, _) in &self.0 {
            let number = number.to_string();
            let _ = Command::new("kill").args(["-KILL", &number]).status();
        }
    }
}

impl fmt::Display for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.0.iter();
        lines.try_for_each(|(number, line)| writeln!(f, "{number}: {line}"))
    }
}

/// Fails if something still runs 2 s from now; returns as soon as nothing does.
pub(crate) fn assert_gone(what: &str, look: impl Fn() -> Processes) {
    let until = Instant::now() + GONE_WITHIN;
    loop {
        let left = look();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{what} still runs:\n{left}");
        sleep(Duration::from_millis(20));
    }
}

fn carries(number: u32, text: &str) -> bool {
    // Others' environments cannot be read, and are none of ours.
    let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
    let mut places = environment.windows(text.len());
    places.any(|place| place == text.as_bytes())
}

fn command_line(number: u32) -> String {
    let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}
