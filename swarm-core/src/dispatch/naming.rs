//! Conversations that agents name in mid-turn.

use super::command::Command;
use super::dispatcher::{Dispatcher, Owner};
use super::input::Answer;
use crate::event::Event;
use crate::model::{SessionId, TaskId};

impl Dispatcher {
    /// A conversation is written down as soon as it is known, so that it is
    /// not lost with a turn that is killed.
    pub(super) fn named(
        &mut self,
        task: &TaskId,
        turn: u32,
        session: SessionId,
        out: &mut Vec<Command>,
    ) {
        let Some(attempt) = self.attempts.get_mut(task) else {
            return;
        };
        if !attempt.named(turn, &session) {
            return;
        }
        let (claim, harness) = (attempt.claim.clone(), attempt.acting.clone());
        out.push(Command::Name {
            ticket: self.ticket(Owner::Naming(task.clone())),
            claim,
            turn,
            session,
            harness,
        });
    }

    /// Whatever came of it, the attempt goes on.
    pub(super) fn name_noted(&self, task: TaskId, answer: Answer, out: &mut Vec<Command>) {
        if let Answer::Applied(Err(fault)) = answer
            && self.attempts.contains_key(&task)
        {
            let what = "its conversation could not be written down";
            let message = format!("{what}: {}", fault.message);
            let task = Some(task);
            out.push(Command::Publish(Event::Trouble { task, message }));
        }
    }
}

#[cfg(test)]
mod tests;
