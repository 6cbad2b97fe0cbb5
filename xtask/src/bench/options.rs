//! The arguments of `cargo xtask bench`.

use std::path::PathBuf;

use crate::failure::{Failure, Result};

const USAGE: &str = "\
usage: cargo xtask bench [overhead | dispatcher | protocol | streams] [OPTION]...

  overhead    `swarm run` beside a plain shell script, on real git
  dispatcher  scripted tasks through the dispatcher alone
  protocol    messages through the signal parsers, and prompts
  streams     long outputs of agents through their adapters

Options of overhead:
  --files N,N...   sizes of the repositories (200,5000)
  --jobs N,N...    how many at once (1,4)
  --tasks N        tasks a run (24)
  --rounds N       timed runs of each, one after the other in turn (3)
  --swarm PROGRAM  measures this program instead of a fresh release build";

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Overhead,
    Dispatcher,
    Protocol,
    Streams,
    All,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) which: Which,
    pub(super) files: Vec<usize>,
    pub(super) jobs: Vec<usize>,
    pub(super) tasks: usize,
    pub(super) rounds: usize,
    pub(super) swarm: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            which: Which::All,
            files: vec![200, 5000],
            jobs: vec![1, 4],
            tasks: 24,
            rounds: 3,
            swarm: None,
        };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| wrong(argument));
            match argument {
                "overhead" => options.which = Which::Overhead,
                "dispatcher" => options.which = Which::Dispatcher,
                "protocol" => options.which = Which::Protocol,
                "streams" => options.which = Which::Streams,
                "--files" => options.files = numbers(value()?)?,
                "--jobs" => options.jobs = numbers(value()?)?,
                "--tasks" => options.tasks = number(value()?)?,
                "--rounds" => options.rounds = number(value()?)?,
                "--swarm" => options.swarm = Some(PathBuf::from(value()?)),
                _ => return Err(wrong(argument)),
            }
        }
        Ok(options)
    }
}

fn numbers(list: &str) -> Result<Vec<usize>> {
    list.split(',').map(number).collect()
}

fn number(text: &str) -> Result<usize> {
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| wrong(text))
}

fn wrong(argument: &str) -> Failure {
    Failure::new(format!("`{argument}` is not understood\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::{Options, Which};

    fn parse(line: &str) -> Option<Options> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words).ok()
    }

    #[test]
    fn arguments_are_read() {
        let defaults = parse("").expect("no argument is needed");
        assert_eq!(defaults.which, Which::All);
        let given = parse("overhead --files 10,20 --jobs 2 --tasks 3 --rounds 1 --swarm x");
        let expected = Options {
            which: Which::Overhead,
            files: vec![10, 20],
            jobs: vec![2],
            tasks: 3,
            rounds: 1,
            swarm: Some("x".into()),
        };
        assert_eq!(given, Some(expected));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["fast", "--tasks", "--tasks 0", "--jobs 1,x", "--files -1"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
