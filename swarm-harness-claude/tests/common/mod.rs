//! Requests to try things with, recorded runs, and ways to break them.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use swarm_core::agent_cli::CliAgent;
use swarm_core::model::{AttemptId, Nonce, Role, RunId, TaskId};
use swarm_core::ports::{AgentEvent, TurnReport, TurnRequest};
use swarm_core::process::{Exit, Line, Stream};

/// A plain request; tests change what they are about.
pub(crate) fn turn() -> TurnRequest {
    TurnRequest {
        attempt: AttemptId {
            run: RunId::new("run1"),
            task: TaskId::new("task").unwrap(),
            number: 1,
        },
        turn: 1,
        role: Role::Implement,
        prompt: "do it".to_owned(),
        directory: PathBuf::from("/worktree"),
        session: None,
        model: None,
        nonce: Nonce::new("n0"),
        onto: None,
        tasks: None,
        budget: None,
        read_only: false,
        schema: None,
        git_folders: Vec::new(),
        log: None,
    }
}

/// A recorded run of the real program.
#[derive(Debug, Deserialize)]
pub(crate) struct Recorded {
    /// Version of the program.
    pub(crate) version: String,
    /// Exit code; negative: the signal that ended it.
    exit: i32,
    /// The end reasons that are right for it.
    pub(crate) end: Vec<String>,
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) stdout: String,
    #[serde(skip)]
    pub(crate) stderr: String,
}

impl Recorded {
    pub(crate) fn exit(&self) -> Exit {
        match self.exit {
            code @ 0.. => Exit::Code(code),
            signal => Exit::Signal(-signal),
        }
    }

    /// What the adapter makes of it.
    pub(crate) fn replay(
        &self,
        agent: &impl CliAgent,
        turn: &TurnRequest,
    ) -> (Vec<AgentEvent>, TurnReport) {
        replay(agent, turn, &self.stdout, &self.stderr, self.exit())
    }
}

pub(crate) fn replay(
    agent: &impl CliAgent,
    turn: &TurnRequest,
    stdout: &str,
    stderr: &str,
    exit: Exit,
) -> (Vec<AgentEvent>, TurnReport) {
    let mut transcript = agent.transcript(turn);
    let mut events = Vec::new();
    for (stream, all) in [(Stream::Stdout, stdout), (Stream::Stderr, stderr)] {
        for text in all.split('\n') {
            let cut = false;
            events.extend(transcript.on_line(Line { stream, text, cut }));
        }
    }
    (events, transcript.finish(exit))
}

/// All recorded runs, by name.
pub(crate) fn all() -> Vec<Recorded> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let index = fs::read_to_string(folder.join("expected.json")).unwrap();
    let index: std::collections::BTreeMap<String, Recorded> = serde_json::from_str(&index).unwrap();
    index
        .into_iter()
        .map(|(name, recorded)| Recorded {
            stdout: text(&folder.join(&name).join("stdout.jsonl")),
            // Nothing was said where there is no file.
            stderr: text(&folder.join(&name).join("stderr.txt")),
            name,
            ..recorded
        })
        .collect()
}

pub(crate) fn recorded(name: &str) -> Recorded {
    let found = all().into_iter().find(|recorded| recorded.name == name);
    found.unwrap_or_else(|| panic!("no recording {name}"))
}

fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many mutated streams are tried: `SWARM_MUTATIONS`, else a few thousand.
pub(crate) fn mutations() -> u64 {
    std::env::var("SWARM_MUTATIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(5_000)
}

/// Breaks recorded streams in ways that can be repeated.
pub(crate) struct Mutator {
    state: u64,
}

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % bound.max(1)
    }

    pub(crate) fn exit(&mut self) -> Exit {
        match self.below(4) {
            0 => Exit::Code(0),
            1 => Exit::Code(i32::try_from(self.below(300)).unwrap()),
            2 => Exit::Signal(i32::try_from(self.below(65)).unwrap()),
            _ => Exit::StoppedByUs(swarm_core::ports::Stop::Now),
        }
    }

    pub(crate) fn mutate(&mut self, text: &str, other: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let to = (at + self.below(200)).min(bytes.len());
            match self.below(7) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..to)),
                2 => {
                    let again = bytes[at..to].to_vec();
                    bytes.splice(at..at, again);
                }
                3 => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = u8::try_from(self.below(256)).unwrap();
                    }
                }
                4 => {
                    let lines: Vec<_> = other.lines().collect();
                    let line = lines.get(self.below(lines.len())).unwrap_or(&"");
                    bytes.splice(at..at, format!("\n{line}\n").into_bytes());
                }
                5 => {
                    const ODD: [&str; 8] = [
                        "18446744073709551615",
                        "-1",
                        "1e400",
                        "null",
                        "[]",
                        "{}",
                        "\"\\ud800\"",
                        "\"\u{2028}\"",
                    ];
                    let odd = ODD[self.below(ODD.len())];
                    // Instead of the value of some field.
                    if let Some(colon) = bytes[at..].iter().position(|&byte| byte == b':') {
                        let from = at + colon + 1;
                        let length = bytes[from..]
                            .iter()
                            .position(|&byte| b",}\n".contains(&byte));
                        let to = length.map_or(bytes.len(), |length| from + length);
                        bytes.splice(from..to, odd.bytes());
                    }
                }
                _ => {
                    let mut lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
                    let (one, two) = (self.below(lines.len()), self.below(lines.len()));
                    lines.swap(one, two);
                    bytes = lines.join(&b'\n');
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
