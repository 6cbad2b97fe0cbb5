//! What time and free places allow: landings, turns that wait for a slot, new
//! claims, renewals, and calls that are given up.

use super::attempt::{Land, Phase};
use super::command::Command;
use super::dispatcher::{Dispatcher, Owner};
use super::leases::Leases;
use crate::model::Timestamp;

impl Dispatcher {
    /// What time and free places allow, after every input.
    pub(super) fn settle(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        self.land(now, out);
        self.fill(now, out);
        self.renew(now, out);
        self.give_up(now, out);
    }

    fn land(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        for (task, attempt) in &mut self.attempts {
            if attempt.wake(now) {
                self.queue.join(task.clone());
            }
        }
        while let Some(task) = self.queue.next() {
            let Some(mut attempt) = self.attempts.remove(&task) else {
                self.queue.leave(&task);
                continue;
            };
            let Phase::Landing(Land::Queued { head }) = attempt.phase.clone() else {
                self.queue.leave(&task);
                self.attempts.insert(task, attempt);
                continue;
            };
            let next = attempt.merge(head);
            self.follow(now, attempt, next, Vec::new(), out);
        }
    }

    fn fill(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        if self.budget.exhausted() {
            self.intake.close();
        }
        if self.waiting.is_empty() && !self.intake.wants(now) {
            return;
        }
        let taken = self.attempts.values().filter(|a| a.holds_slot()).count();
        let mut free = self
            .policy
            .jobs
            .saturating_sub(taken + self.intake.expected());
        while free > 0
            && let Some(task) = self.waiting.pop_front()
        {
            let Some(mut attempt) = self.attempts.remove(&task) else {
                continue;
            };
            let Phase::Waiting(plan) = attempt.phase.clone() else {
                self.attempts.insert(task, attempt);
                continue;
            };
            free -= 1;
            let (next, events) = attempt.run(plan);
            self.follow(now, attempt, next, events, out);
        }
        let crowded = self.queue.len() >= self.policy.max_queue.max(self.policy.jobs);
        if free > 0 && !crowded && self.intake.wants(now) {
            let ticket = self.ticket(Owner::Intake { limit: free });
            self.intake.ask(ticket, free);
            out.push(Command::Claim {
                ticket,
                limit: free,
            });
        }
    }

    fn renew(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        let Leases::Due(at) = self.leases else {
            return;
        };
        if at > now {
            return;
        }
        if self.attempts.is_empty() {
            self.leases = Leases::Idle;
            return;
        }
        let claims = self.attempts.values().map(|a| a.claim.clone()).collect();
        let ticket = self.ticket(Owner::Leases);
        self.leases = Leases::Renewing(ticket);
        out.push(Command::Renew { ticket, claims });
    }

    fn give_up(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        for attempt in self.attempts.values_mut() {
            if let Phase::Stopping { give_up_at, .. } = &mut attempt.phase
                && *give_up_at <= now
                && let Some(ticket) = attempt.pending
            {
                *give_up_at = now.plus(self.policy.grace);
                out.push(Command::Abandon { ticket });
            }
        }
    }
}
