//! How long a command and all that it started took.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::repo;

/// What one run cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    /// User and system time of every process that was waited for.
    pub(super) cpu: Duration,
}

// The shell counts what its children used, on every Unix.
const SCRIPT: &str = r#"out=$1; times=$2; shift 2
"$@" >"$out" 2>"$out.err" </dev/null
ended=$?
times >"$times"
exit $ended"#;

/// Runs a command; its stdout comes back, its stderr if it fails.
pub(super) fn measure(command: &Command, scratch: &Path) -> Result<(Cost, String)> {
    let (out, times) = (scratch.join("out"), scratch.join("times"));
    let mut shell = repo::command("sh");
    shell.args(["-c", SCRIPT, "sh"]).arg(&out).arg(&times);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    let began = Instant::now();
    let ended = shell.env("LC_ALL", "C").status();
    let wall = began.elapsed();
    let shown = repo::show(command);
    let ended = ended.map_err(Failure::because("could not start sh"))?;
    if !ended.success() {
        let (said, wrote) = (read(&scratch.join("out.err"))?, read(&out)?);
        let last = wrote.lines().next_back().unwrap_or_default();
        return Err(Failure::new(format!(
            "`{shown}` ended with {ended}:\n{said}{last}"
        )));
    }
    let times = read(&times)?;
    let cpu = children(&times)
        .ok_or_else(|| Failure::new(format!("could not read the shell's times: {times}")))?;
    Ok((Cost { wall, cpu }, read(&out)?))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(Failure::because(format!(
        "could not read {}",
        path.display()
    )))
}

/// The second line of `times`: user and system time of the children.
fn children(times: &str) -> Option<Duration> {
    let spans = times.lines().nth(1)?.split_whitespace().map(span);
    spans.sum::<Option<f64>>().map(Duration::from_secs_f64)
}

/// `1m2.50s`
fn span(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    let (minutes, seconds): (f64, f64) = (minutes.parse().ok()?, seconds.parse().ok()?);
    Some(minutes * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use super::{Duration, children};

    #[test]
    fn the_shells_times_are_read() {
        let cpu = children("0m0.01s 0m0.02s\n1m2.500s 0m0.250s\n");
        assert_eq!(cpu, Some(Duration::from_millis(62_750)));
        assert_eq!(children("nothing"), None);
    }
}
