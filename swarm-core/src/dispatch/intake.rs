//! When the store is asked for tasks.

use std::time::Duration;

use super::command::{Command, Ticket};
use super::dispatcher::Dispatcher;
use super::input::{Answer, Fault, mismatch};
use crate::event::Event;
use crate::model::{Room, RunEnd, Timestamp};

/// Failed claims in a row before the run gives up on its store.
const CLAIM_TRIES: u32 = 8;

/// What is known of work that may be waiting in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mind {
    /// There may be some.
    Look,
    /// A claim is out; look again after it if something changed meanwhile.
    Asking {
        ticket: Ticket,
        limit: usize,
        again: bool,
    },
    /// There is none before this time, or none at all; but some were passed
    /// over, and wait for room.
    Wait {
        until: Option<Timestamp>,
        passed: bool,
    },
    /// Nothing more is taken but what a claim that is out may bring.
    Closed { expected: usize },
}

/// What a claim that went well told of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// All that was asked for was won: there may be more.
    Enough,
    /// There is nothing else now; some were passed over, or not.
    Rest {
        next: Option<Duration>,
        passed: bool,
    },
}

/// Decides when to claim.
#[derive(Debug)]
pub(super) struct Intake {
    mind: Mind,
    failures: u32,
    /// Why nothing more is taken.
    closed: Option<RunEnd>,
    /// For which tasks there was room when it was last thought about.
    room: Room,
}

impl Intake {
    pub(super) fn new() -> Self {
        Self {
            mind: Mind::Look,
            failures: 0,
            closed: None,
            room: Room::default(),
        }
    }

    /// For these tasks there is room now; gives what to ask for.
    pub(super) fn has_room(&mut self, room: Room) -> &Room {
        if room.grew(&self.room) {
            match self.mind {
                Mind::Wait { passed: true, .. } | Mind::Asking { .. } => self.look(),
                Mind::Wait { passed: false, .. } | Mind::Look | Mind::Closed { .. } => {}
            }
        }
        self.room = room;
        &self.room
    }

    /// Something changed that may have made a task ready.
    pub(super) fn look(&mut self) {
        self.mind = match self.mind {
            Mind::Look | Mind::Wait { .. } => Mind::Look,
            Mind::Asking { ticket, limit, .. } => Mind::Asking {
                ticket,
                limit,
                again: true,
            },
            Mind::Closed { expected } => Mind::Closed { expected },
        };
    }

    /// A time to wait for that has passed is no deadline any more, even if
    /// nothing can be claimed yet.
    pub(super) fn due(&mut self, now: Timestamp) {
        if let Mind::Wait {
            until: Some(until), ..
        } = self.mind
            && until <= now
        {
            self.mind = Mind::Look;
        }
    }

    /// Takes nothing more. What was the first reason stays it, unless the run
    /// is stopped.
    pub(super) fn close(&mut self, why: RunEnd) {
        if self.closed.is_none() || why == RunEnd::Stopped {
            self.closed = Some(why);
        }
        self.mind = Mind::Closed {
            expected: self.expected(),
        };
    }

    pub(super) fn wants(&self, now: Timestamp) -> bool {
        match self.mind {
            Mind::Look => true,
            Mind::Wait { until, .. } => until.is_some_and(|until| until <= now),
            Mind::Asking { .. } | Mind::Closed { .. } => false,
        }
    }

    /// Whether nothing is to be had now, as far as is known.
    pub(super) fn resting(&self, now: Timestamp) -> bool {
        match self.mind {
            Mind::Wait { .. } => !self.wants(now),
            Mind::Look | Mind::Asking { .. } | Mind::Closed { .. } => false,
        }
    }

    pub(super) fn ask(&mut self, ticket: Ticket, limit: usize) {
        self.mind = Mind::Asking {
            ticket,
            limit,
            again: false,
        };
    }

    /// Slots that the claim which is out may fill.
    pub(super) fn expected(&self) -> usize {
        match self.mind {
            Mind::Asking { limit, .. } => limit,
            Mind::Closed { expected } => expected,
            Mind::Look | Mind::Wait { .. } => 0,
        }
    }

    /// The claim came back.
    pub(super) fn answered(&mut self, heard: Heard, now: Timestamp) {
        self.failures = 0;
        self.mind = match (self.mind, heard) {
            (Mind::Closed { .. }, _) => Mind::Closed { expected: 0 },
            (Mind::Asking { again: true, .. }, _) | (Mind::Asking { .. }, Heard::Enough) => {
                Mind::Look
            }
            (
                Mind::Asking { again: false, .. } | Mind::Look | Mind::Wait { .. },
                Heard::Rest { next, passed },
            ) => Mind::Wait {
                // A store that says "in no time" must not keep the run busy.
                until: next.map(|span| now.plus(span.max(Duration::from_millis(1)))),
                passed,
            },
            (Mind::Look | Mind::Wait { .. }, Heard::Enough) => Mind::Wait {
                until: None,
                passed: false,
            },
        };
    }

    /// The claim failed: try again later, and not for ever.
    pub(super) fn failed(&mut self, why: &str, now: Timestamp) {
        self.failures += 1;
        self.mind = match self.mind {
            Mind::Closed { .. } => Mind::Closed { expected: 0 },
            Mind::Look | Mind::Asking { .. } | Mind::Wait { .. } => {
                if self.failures >= CLAIM_TRIES {
                    self.closed = Some(RunEnd::StoreFailed {
                        reason: why.to_owned(),
                    });
                    Mind::Closed { expected: 0 }
                } else {
                    let pause = Duration::from_secs(1 << self.failures.min(6));
                    Mind::Wait {
                        until: Some(now.plus(pause)),
                        passed: false,
                    }
                }
            }
        };
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match self.mind {
            Mind::Wait { until, .. } => until,
            Mind::Look | Mind::Asking { .. } | Mind::Closed { .. } => None,
        }
    }

    /// Nothing is out, and nothing will come by itself.
    pub(super) fn dry(&self) -> bool {
        match self.mind {
            Mind::Wait {
                until: None,
                passed: false,
            }
            | Mind::Closed { .. } => true,
            Mind::Wait {
                until: Some(_) | None,
                ..
            }
            | Mind::Look
            | Mind::Asking { .. } => false,
        }
    }

    /// Something will come by itself: there is no need to wait for others.
    pub(super) fn expects(&self) -> bool {
        match self.mind {
            Mind::Wait { until, passed } => until.is_some() || passed,
            Mind::Look | Mind::Asking { .. } | Mind::Closed { .. } => false,
        }
    }

    /// Why nothing more is taken, if nothing is.
    pub(super) fn closed(&self) -> Option<&RunEnd> {
        self.closed.as_ref()
    }
}

impl Dispatcher {
    pub(super) fn claimed(
        &mut self,
        now: Timestamp,
        answer: Answer,
        limit: usize,
        out: &mut Vec<Command>,
    ) {
        let Answer::Claimed(result) = answer else {
            return self.claim_failed(now, &mismatch(), out);
        };
        let facts = match result {
            Ok(facts) => facts,
            Err(fault) => return self.claim_failed(now, &fault, out),
        };
        let heard = match (facts.won.len() >= limit, facts.passed) {
            (true, _) => Heard::Enough,
            (false, passed) => Heard::Rest {
                next: facts.next,
                passed,
            },
        };
        self.intake.answered(heard, now);
        for task in facts.lost {
            out.push(Command::Publish(Event::ClaimLost { task }));
        }
        for won in facts.won {
            self.begin(now, won, out);
        }
    }

    fn claim_failed(&mut self, now: Timestamp, fault: &Fault, out: &mut Vec<Command>) {
        self.intake.failed(&fault.message, now);
        out.push(Command::Publish(Event::Trouble {
            task: None,
            message: format!("no task could be claimed: {}", fault.message),
        }));
    }
}
