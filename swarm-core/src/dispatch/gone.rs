//! An attempt is over: what the run makes of it.

use super::attempt::{Attempt, Guest};
use super::command::Command;
use super::dispatcher::Dispatcher;
use super::planning::News;
use crate::event::Event;
use crate::model::Ending;

impl Dispatcher {
    pub(super) fn gone(&mut self, attempt: &Attempt, ending: Ending, out: &mut Vec<Command>) {
        let mut news = News::Ended;
        if let Ending::Landed { .. } = ending {
            self.landed += 1 + attempt.guests.len();
            self.breaker.reset();
            news = News::Progress;
        }
        self.planner_hears(news);
        self.intake.look();
        for guest in &attempt.guests {
            let task = guest.claim.task.clone();
            let ending = Guest::ending(&ending, attempt.task());
            out.push(Command::Publish(Event::AttemptEnded {
                task: task.clone(),
                attempt: guest.attempt,
                ending: ending.clone(),
            }));
            out.push(Command::Forget { task, ending });
        }
        out.push(Command::Forget {
            task: attempt.task().clone(),
            ending,
        });
    }
}
