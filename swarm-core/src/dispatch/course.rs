//! How a run is stopped, and what a stopping run no longer begins.

use super::attempt::{Attempt, Next, Phase};
use super::command::{Call, Command, Note};
use super::dispatcher::Dispatcher;
use crate::event::Event;
use crate::model::{Ending, RunEnd, TaskId, Timestamp, Want};
use crate::ports::Stop;

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    Running,
    /// No turn begins.
    Paused,
    /// No task is begun.
    Draining,
    Stopping {
        now: bool,
    },
}

impl Course {
    /// What follows for an attempt, unless it would begin work in a run that
    /// is being stopped: then the attempt ends instead.
    pub(super) fn admit(
        self,
        attempt: &mut Attempt,
        next: Next,
        mut events: Vec<Event>,
    ) -> (Next, Vec<Event>) {
        match self {
            Self::Stopping { .. } if starts_something(&next) => {
                // What would have begun is not told either.
                events.retain(|event| {
                    !matches!(event, Event::TurnStarted { .. } | Event::Queued { .. })
                });
                let (next, more) = attempt.end(interrupted());
                events.extend(more);
                (next, events)
            }
            Self::Running | Self::Paused | Self::Draining | Self::Stopping { .. } => (next, events),
        }
    }
}

impl Dispatcher {
    pub(super) fn pause(&mut self, out: &mut Vec<Command>) {
        if self.course == Course::Running {
            self.course = Course::Paused;
            out.push(Command::Publish(Event::Paused));
        }
    }

    pub(super) fn resume(&mut self, out: &mut Vec<Command>) {
        if self.course == Course::Paused {
            self.course = Course::Running;
            out.push(Command::Publish(Event::Resumed));
        }
    }

    pub(super) fn drain(&mut self, out: &mut Vec<Command>) {
        if let Course::Running | Course::Paused = self.course {
            self.course = Course::Draining;
            self.intake.close(RunEnd::Asked);
            out.push(Command::Publish(Event::Draining));
        }
    }

    /// Somebody wants something else of a task that is worked on: its attempt
    /// ends, unless it is moving the line. The store does what is wanted.
    pub(super) fn wanted(
        &mut self,
        now: Timestamp,
        task: &TaskId,
        want: Want,
        out: &mut Vec<Command>,
    ) {
        let Some(attempt) = self.attempts.get_mut(task) else {
            return self.guest_wanted(now, task, want, out);
        };
        if attempt.wanted.as_ref() != Some(&want) {
            attempt.wanted = Some(want.clone());
            out.push(Command::Publish(Event::ChangedOutside {
                task: task.clone(),
                want: want.clone(),
            }));
        }
        if let Phase::Stopping { .. } = attempt.phase {
            return;
        }
        let then = match want {
            Want::Edited => Ending::Interrupted {
                reason: "its text was changed while it was worked on".to_owned(),
            },
            Want::Held { reason } => Ending::Held { reason },
            Want::Removed => Ending::Held {
                reason: "its author took it away while it was worked on".to_owned(),
            },
        };
        self.stop_attempt(now, task, then, Stop::Gently, out);
    }

    /// As `wanted`, of a further task. Nobody can take one task out of an agent's
    /// head: all that it holds are given back, and its own is begun anew.
    fn guest_wanted(&mut self, now: Timestamp, task: &TaskId, want: Want, out: &mut Vec<Command>) {
        let mut attempts = self.attempts.values_mut();
        let Some(host) = attempts.find(|attempt| attempt.has(task)) else {
            return;
        };
        if let Phase::Stopping { .. } = host.phase {
            return;
        }
        let host = host.task().clone();
        out.push(Command::Publish(Event::ChangedOutside {
            task: task.clone(),
            want,
        }));
        let then = Ending::Interrupted {
            reason: format!("{task}, which it had claimed too, was changed"),
        };
        self.stop_attempt(now, &host, then, Stop::Gently, out);
    }

    pub(super) fn stop(&mut self, now: Timestamp, at_once: bool, out: &mut Vec<Command>) {
        let harder = match self.course {
            Course::Running | Course::Paused | Course::Draining => true,
            Course::Stopping { now: already } => at_once && !already,
        };
        if !harder {
            return;
        }
        self.course = Course::Stopping { now: at_once };
        self.intake.close(RunEnd::Stopped);
        out.push(Command::Publish(Event::Stopping { now: at_once }));
        let how = if at_once { Stop::Now } else { Stop::Gently };
        self.stop_planner(now, how, out);
        let tasks: Vec<TaskId> = self.attempts.keys().cloned().collect();
        for task in tasks {
            self.stop_attempt(now, &task, interrupted(), how, out);
        }
    }

    pub(super) fn stop_attempt(
        &mut self,
        now: Timestamp,
        task: &TaskId,
        then: Ending,
        how: Stop,
        out: &mut Vec<Command>,
    ) {
        let Some(mut attempt) = self.attempts.remove(task) else {
            return;
        };
        let (step, ask) = attempt.stop(then, now.plus(self.policy.grace));
        if ask && let Some(ticket) = attempt.pending {
            out.push(Command::Stop { ticket, how });
        }
        if !matches!(attempt.phase, Phase::Landing(_)) {
            self.queue.leave(task);
            self.waiting.retain(|other| other != task);
        }
        match step {
            Some((next, events)) => self.follow(now, attempt, next, events, out),
            None => {
                self.attempts.insert(task.clone(), attempt);
            }
        }
    }
}

fn interrupted() -> Ending {
    Ending::Interrupted {
        reason: "the run was stopped".to_owned(),
    }
}

/// Whether this would begin work that a stopping run must not begin.
fn starts_something(next: &Next) -> bool {
    match next {
        Next::Queue | Next::Pause | Next::AwaitSlot => true,
        Next::Call(call) => match call {
            Call::Acquire
            | Call::Run(_)
            | Call::Changes
            | Call::Claim { .. }
            | Call::Gate
            | Call::Diff
            | Call::Review { .. }
            | Call::Merge(_)
            | Call::Apply(Note::Checkpoint(_)) => true,
            Call::Contains(_)
            | Call::LetGo
            | Call::Advance(_)
            | Call::Release(_)
            | Call::Apply(Note::Intend(_) | Note::Withdraw | Note::End { .. }) => false,
        },
        Next::Gone(_) => false,
    }
}
