//! What time and free places allow: landings, turns that wait for a slot, new
//! claims, renewals, and calls that are given up.

use super::attempt::{Land, Phase};
use super::command::Command;
use super::course::Course;
use super::dispatcher::{Dispatcher, Owner};
use super::leases::Leases;
use super::pacing::Admission;
use crate::model::Timestamp;

/// When the next turn of any harness may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Served {
    Now,
    Later,
    Never,
}

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
        self.intake.due(now);
        let taken = self.taken() + self.intake.expected();
        let free = self.policy.jobs.saturating_sub(taken);
        let free = self.begin_turns(now, free, out);
        if free > 0 && self.may_claim(now) {
            let ticket = self.ticket(Owner::Intake { limit: free });
            self.intake.ask(ticket, free);
            out.push(Command::Claim {
                ticket,
                limit: free,
            });
        }
    }

    /// Begins turns that waited, oldest first; gives the slots that are left.
    fn begin_turns(&mut self, now: Timestamp, mut free: usize, out: &mut Vec<Command>) -> usize {
        for task in std::mem::take(&mut self.waiting) {
            let Some(mut attempt) = self.attempts.remove(&task) else {
                continue;
            };
            let Phase::Waiting(plan) = attempt.phase.clone() else {
                self.attempts.insert(task, attempt);
                continue;
            };
            let (_, admission) = self.rules(now).choose(&attempt.harness);
            let (next, events) = match admission {
                Admission::Now if free > 0 && !self.rules(now).all_wait() => {
                    free -= 1;
                    attempt.note(plan)
                }
                Admission::Now | Admission::NotBefore(..) => attempt.wait(plan),
                Admission::Never(why) => attempt.unserved(why),
            };
            self.follow(now, attempt, next, events, out);
        }
        free
    }

    fn may_claim(&mut self, now: Timestamp) -> bool {
        let served = self.served(now);
        if served == Served::Never {
            self.intake.close();
        }
        let crowded = self.crowded();
        // A task whose harness is not let in waits with its worktree: not many.
        let parked = self.waiting.len() >= self.policy.jobs;
        let running = self.course == Course::Running;
        running && served == Served::Now && !crowded && !parked && self.intake.wants(now)
    }

    /// Slots that attempts hold.
    pub(super) fn taken(&self) -> usize {
        self.attempts.values().filter(|a| a.holds_slot()).count()
    }

    /// Whether too much finished work waits to be landed.
    pub(super) fn crowded(&self) -> bool {
        self.queue.len() >= self.policy.max_queue.max(self.policy.jobs)
    }

    /// Whether any harness may begin a turn.
    fn served(&self, now: Timestamp) -> Served {
        let admissions = self.setting.accounts.values().map(|account| {
            match self.governor.admission(account, now) {
                Admission::Now => Served::Now,
                Admission::NotBefore(..) => Served::Later,
                Admission::Never(_) => Served::Never,
            }
        });
        admissions.min().unwrap_or(Served::Now)
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
