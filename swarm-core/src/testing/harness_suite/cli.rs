//! The fixture for adapters of command-line agents: a fake program.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Behaviour, HarnessFixture, Heard};
use crate::model::SessionId;
use crate::ports::Harness;
use crate::testing::Ability;
use crate::testing::place::Place;

/// Stands for the prompt in what the fake program prints.
const SAID: &str = "@SAID@";
/// Stands for bytes that are no UTF-8.
const BYTES: &str = "@BYTES@";

/// How an agent's command line is spoken: what the real program would print.
///
/// Every line ends with a line end. Take them from a recording of the real
/// program; a session that they name is always the same one.
pub trait Dialect: Send + Sync {
    /// All that it prints in a turn that ends well with this final message.
    fn finishes(&self, message: &str) -> String;

    /// A line that it prints while it works, with this text in it.
    fn works(&self, text: &str) -> String;

    /// A line that it prints when it looks at this, if it tells such things.
    fn looks(&self, at: &str) -> Option<String> {
        let _ = at;
        None
    }

    /// What it prints when it fails, and its exit code.
    fn fails(&self) -> (String, i32);

    /// The session that a command line tells it to go on with.
    fn session(&self, args: &[String]) -> Option<SessionId>;
}

/// A program whose output is its final message, as `CommandHarness` has it.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Dialect for Plain {
    fn finishes(&self, message: &str) -> String {
        message.to_owned() + "\n"
    }

    fn works(&self, text: &str) -> String {
        text.to_owned() + "\n"
    }

    fn fails(&self) -> (String, i32) {
        ("It went wrong.\n".to_owned(), 3)
    }

    fn session(&self, _: &[String]) -> Option<SessionId> {
        None
    }
}

/// Makes the harness that calls a program.
type Caller = dyn Fn(&Path) -> Arc<dyn Harness> + Send + Sync;

/// Agents that are one shell script, which speaks an agent's dialect. It needs
/// `sh` and the usual small programs; what lives is known on Linux only.
pub struct CliFixture {
    place: Place,
    dialect: Box<dyn Dialect>,
    harness: Box<Caller>,
}

impl CliFixture {
    /// Agents of this dialect; `harness` makes the harness that calls the
    /// program it is given. Let it wait for an agent to end no longer than
    /// some 100 ms: one clause is about an agent that does not.
    pub fn new<H: Harness + 'static>(
        dialect: impl Dialect + 'static,
        harness: impl Fn(&Path) -> H + Send + Sync + 'static,
    ) -> Self {
        Self {
            place: Place::new(),
            dialect: Box::new(dialect),
            harness: Box::new(move |program| Arc::new(harness(program))),
        }
    }

    fn script(&self, does: &Behaviour) -> String {
        let begun = ": > \"$me/begun\"\n";
        let hang = "while :; do sleep 0.05; done\n";
        let breed = "if command -v setsid > /dev/null; then setsid sleep 600 & \
                     else sleep 600 & fi\n";
        let act = match does {
            Behaviour::Says(_) | Behaviour::Garbles | Behaviour::SaysWithoutEnd(_) => {
                format!("{begun}cat \"$place/says\"\n")
            }
            Behaviour::Echoes => {
                format!("{begun}sed \"s/{SAID}/$(cat \"$me/prompt\")/\" \"$place/says\"\n")
            }
            Behaviour::Floods | Behaviour::Looks(_) => {
                format!("{begun}cat \"$place/works\" \"$place/says\"\n")
            }
            Behaviour::Fails => {
                let (_, code) = self.dialect.fails();
                format!("{begun}cat \"$place/says\"\nexit {code}\n")
            }
            Behaviour::Hangs => format!(
                "trap 'cat \"$place/says\"; exit 0' TERM INT\ncat \"$place/works\"\n{begun}{hang}"
            ),
            Behaviour::HangsOn => format!("trap '' TERM INT HUP\n{begun}{hang}"),
            Behaviour::LeavesBehind => format!("{breed}{begun}cat \"$place/says\"\n"),
            Behaviour::Breeds => format!("{breed}{begun}{hang}"),
            Behaviour::Missing => String::new(),
        };
        let place = self.place.path("");
        format!(
            "#!/bin/sh\n\
             place='{}'\n\
             me=\"$place/turns/$$\"\n\
             mkdir -p \"$me\"\n\
             for arg; do printf '%s\\n' \"$arg\"; done > \"$me/args\"\n\
             pwd > \"$me/directory\"\n\
             cat > \"$me/prompt\"\n\
             {act}",
            place.display()
        )
    }

    /// What it prints at its end, and while it works.
    fn prints(&self, does: &Behaviour) -> (Vec<u8>, String) {
        let done = || self.dialect.finishes("done");
        let says = match does {
            Behaviour::Says(message) => self.dialect.finishes(message),
            Behaviour::Echoes => self.dialect.finishes(SAID),
            Behaviour::Garbles => self.dialect.finishes(&format!("before {BYTES} after")),
            Behaviour::SaysWithoutEnd(message) => {
                let says = self.dialect.finishes(message);
                says.trim_end_matches('\n').to_owned()
            }
            Behaviour::Fails => self.dialect.fails().0,
            Behaviour::Floods
            | Behaviour::Looks(_)
            | Behaviour::Hangs
            | Behaviour::HangsOn
            | Behaviour::LeavesBehind
            | Behaviour::Breeds
            | Behaviour::Missing => done(),
        };
        let works = match does {
            Behaviour::Floods => {
                let line = self.dialect.works(&"x".repeat(10_000));
                self.dialect.works(&"y".repeat(5_000_000)) + &line.repeat(1200)
            }
            Behaviour::Looks(at) => self.dialect.looks(at).unwrap_or_default().repeat(100),
            _ => self.dialect.works("at work"),
        };
        (garbled(says.as_bytes()), works)
    }

    fn heard(&self, turn: &Path) -> Option<Heard> {
        if !turn.join("begun").exists() {
            return None;
        }
        let read = |name: &str| {
            let bytes = fs::read(turn.join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let args: Vec<String> = read("args").lines().map(str::to_owned).collect();
        Some(Heard {
            prompt: read("prompt"),
            directory: PathBuf::from(read("directory").trim_end_matches('\n')),
            session: self.dialect.session(&args),
        })
    }
}

fn garbled(says: &[u8]) -> Vec<u8> {
    let mark = BYTES.as_bytes();
    let found = says.windows(mark.len()).position(|at| at == mark);
    let Some(at) = found else {
        return says.to_owned();
    };
    [&says[..at], b"\xFF\xFE", &says[at + mark.len()..]].concat()
}

impl HarnessFixture for CliFixture {
    fn harness(&self, does: &Behaviour) -> Arc<dyn Harness> {
        let (says, works) = self.prints(does);
        self.place.write("says", &says);
        self.place.write("works", works.as_bytes());
        self.place.folder("turns");
        let program = match does {
            Behaviour::Missing => self.place.path("missing"),
            _ => self.place.program("agent", &self.script(does)),
        };
        (self.harness)(&program)
    }

    fn directory(&self, name: &str) -> PathBuf {
        self.place.folder(&format!("work/{name}"))
    }

    fn turns(&self) -> Vec<Heard> {
        let turns = fs::read_dir(self.place.path("turns"));
        let turns = turns.into_iter().flatten().filter_map(Result::ok);
        turns.filter_map(|turn| self.heard(&turn.path())).collect()
    }

    fn living(&self) -> Vec<String> {
        self.place.living()
    }

    fn lacks(&self) -> Vec<Ability> {
        let mut lacks = Place::lacks();
        if !(self.harness)(&self.place.path("agent"))
            .capabilities()
            .resume
        {
            lacks.push(Ability::Resume);
        }
        if self.dialect.looks("").is_none() {
            lacks.push(Ability::Looking);
        }
        lacks
    }
}

impl fmt::Debug for CliFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CliFixture")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
