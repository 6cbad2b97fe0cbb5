//! Every check sees the fault that it is there for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{check_key_order, check_noise, check_sound, check_verdict};
use crate::agent_cli::{CliAgent, Complaints, Fields, Invocation, Transcript, silent_end};
use crate::ports::{AgentEvent, Capabilities, HarnessError, TurnReport, TurnRequest};
use crate::process::{Exit, Line, Stream};
use crate::testing::streams::{Played, Recorded};

/// What an adapter can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Forgetful,
    Speechless,
    Talkative,
    Greedy,
    Chatty,
    Trusting,
    HearsErrors,
    HearsEverything,
    WantsOrder,
}

#[derive(Clone, Debug)]
struct Acme {
    fault: Fault,
    calls: Arc<AtomicU64>,
}

impl CliAgent for Acme {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn invocation(&self, _: &TurnRequest) -> Result<Invocation, HarnessError> {
        Ok(Invocation::default())
    }

    fn transcript(&self, _: &TurnRequest) -> Box<dyn Transcript> {
        Box::new(Reader {
            fault: self.fault,
            call: self.calls.fetch_add(1, Ordering::Relaxed),
            said: String::new(),
            done: false,
            complaints: Complaints::default(),
        })
    }
}

#[derive(Debug)]
struct Reader {
    fault: Fault,
    call: u64,
    said: String,
    done: bool,
    complaints: Complaints,
}

impl Transcript for Reader {
    fn on_line(&mut self, line: Line<'_>) -> Vec<AgentEvent> {
        if line.stream == Stream::Stderr {
            self.complaints.hear(line.text);
            if self.fault == Fault::HearsErrors {
                self.said = line.text.to_owned();
            }
            return Vec::new();
        }
        let event = Fields::parse(line.text);
        let known = match self.fault {
            Fault::HearsEverything => event.has("text"),
            Fault::WantsOrder => line.text.starts_with(r#"{"type":"say","#),
            _ => event.text("type") == "say",
        };
        self.done |= event.text("type") == "done" && !line.cut;
        if !known {
            return Vec::new();
        }
        self.said = event.text("text");
        let text = match self.fault {
            Fault::Chatty => self.said.repeat(10_000),
            _ => self.said.clone(),
        };
        vec![AgentEvent::Message { text }]
    }

    fn finish(self: Box<Self>, exit: Exit) -> TurnReport {
        let message = match self.fault {
            Fault::Forgetful => format!("{} {}", self.said, self.call),
            Fault::Greedy => self.said.repeat(1000),
            _ => self.said,
        };
        if self.done || self.fault == Fault::Trusting {
            return TurnReport::finished(message);
        }
        let (end, error) = silent_end("Acme", exit);
        let error = match self.fault {
            Fault::Speechless => String::new(),
            Fault::Talkative => format!("{error}\n{}", self.complaints.summary()),
            _ => error,
        };
        TurnReport {
            message,
            ..TurnReport::ended(end, error)
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Check {
    Sound,
    Verdict,
    Noise,
    KeyOrder,
}

fn passes(fault: Fault, check: Check) -> bool {
    let agent = Acme {
        fault,
        calls: Arc::default(),
    };
    let fresh = || agent.clone();
    let said = r#"{"type":"say","text":"a word or two"}"#;
    let whole = [said, r#"{"type":"done"}"#, said, ""].join("\n");
    let whole = Recorded::new("whole", whole, "hm\n", Exit::Code(0));
    let broken = Recorded::new("broken", [said, ""].join("\n"), "hm\n", Exit::Code(1));
    let all = || {
        for stream in [&whole, &broken] {
            match check {
                Check::Sound => drop(check_sound(stream, fresh)),
                Check::Verdict => {
                    let played: Played = stream.play(&agent, &crate::testing::streams::turn());
                    check_verdict(stream, &played, |line| line.contains("done"));
                }
                Check::Noise => check_noise(stream, fresh),
                Check::KeyOrder => (0..10).for_each(|seed| check_key_order(stream, seed, fresh)),
            }
        }
    };
    catch_unwind(AssertUnwindSafe(all)).is_ok()
}

#[test]
fn a_right_adapter_passes_and_a_wrong_one_does_not() {
    for (fault, check) in [
        (Fault::Forgetful, Check::Sound),
        (Fault::Speechless, Check::Sound),
        (Fault::Talkative, Check::Sound),
        (Fault::Greedy, Check::Sound),
        (Fault::Chatty, Check::Sound),
        (Fault::Trusting, Check::Verdict),
        (Fault::HearsErrors, Check::Noise),
        (Fault::HearsEverything, Check::Noise),
        (Fault::WantsOrder, Check::KeyOrder),
    ] {
        assert!(passes(Fault::None, check), "{check:?} of a right adapter");
        assert!(!passes(fault, check), "{fault:?} is not seen by {check:?}");
    }
}
