//! What time and free places allow: landings, turns that wait for a slot, new
//! claims, renewals, and calls that are given up.

use super::attempt::{Attempt, Judge, Land, Outcome, Phase, spent_up};
use super::command::Command;
use super::course::Course;
use super::dispatcher::{Dispatcher, Owner};
use super::leases::Leases;
use super::pacing::Admission;
use crate::model::{HarnessName, Role, Room, RunEnd, TaskId, Timestamp};

impl Dispatcher {
    /// What time and free places allow, after every input.
    pub(super) fn settle(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        self.land(now, out);
        let free = self.fill(now, out);
        self.plan(now, free, out);
        self.renew(now, out);
        self.give_up(now, out);
        self.rest(now);
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

    /// Fills the free slots; gives those that nothing claimable could take.
    fn fill(&mut self, now: Timestamp, out: &mut Vec<Command>) -> usize {
        if let Some(what) = self.budget.exhausted(now) {
            let reason = spent_up("run", what);
            self.intake.close(RunEnd::OutOfBudget { reason });
        }
        self.intake.due(now);
        let taken = self.taken() + self.intake.expected();
        let free = self.policy.jobs.saturating_sub(taken);
        let free = self.begin_turns(now, free, out);
        let room = self.room(now);
        if self.setting.nobody_but(&room.without) {
            self.intake.close(RunEnd::NoAccount);
        }
        let room = self.intake.has_room(room).clone();
        if free > 0 && self.may_claim(now) {
            let ticket = self.ticket(Owner::Intake { limit: free });
            self.intake.ask(ticket, free);
            out.push(Command::Claim {
                ticket,
                limit: free,
                room,
            });
            return 0;
        }
        free
    }

    /// Begins turns and reviews that waited, oldest first; gives the slots that
    /// are left.
    fn begin_turns(&mut self, now: Timestamp, mut free: usize, out: &mut Vec<Command>) -> usize {
        for task in std::mem::take(&mut self.waiting) {
            let Some(mut attempt) = self.attempts.remove(&task) else {
                continue;
            };
            let outcome = self.turn_of(&mut attempt, free, now);
            let Some((next, events)) = outcome else {
                let waits = attempt.waits();
                self.attempts.insert(task.clone(), attempt);
                if waits {
                    self.waiting.push_back(task);
                }
                continue;
            };
            free -= usize::from(attempt.holds_slot()).min(free);
            self.follow(now, attempt, next, events, out);
        }
        free
    }

    /// What becomes of an attempt that waits, if it need not wait any longer.
    fn turn_of(&self, attempt: &mut Attempt, free: usize, now: Timestamp) -> Option<Outcome> {
        let rules = self.rules(now);
        if attempt.waits()
            && let Some(end) = attempt.spent_up(rules)
        {
            return Some(end);
        }
        if let Phase::Waiting(plan) = attempt.phase.clone() {
            match rules.choose(&attempt.harness, plan.ask.role()).1 {
                Admission::Now if free > 0 && !rules.all_wait() => Some(attempt.note(plan)),
                Admission::Now | Admission::NotBefore(..) => None,
                Admission::Never(why) => Some(attempt.unserved(why)),
            }
        } else if let Phase::Judging(Judge::Parked { head, reviewer }) = attempt.phase.clone() {
            match rules.reviewer(reviewer) {
                Admission::Now if free == 0 || rules.paused => None,
                Admission::Now | Admission::Never(_) => Some(attempt.review_again(head, rules)),
                Admission::NotBefore(..) => None,
            }
        } else {
            None
        }
    }

    fn may_claim(&self, now: Timestamp) -> bool {
        let crowded = self.crowded();
        // Those whose harness is not let in keep nobody else from working.
        let waits = |task: &&TaskId| {
            let Some(attempt) = self.attempts.get(*task) else {
                return false;
            };
            let Phase::Waiting(plan) = &attempt.phase else {
                return false;
            };
            let choice = self.rules(now).choose(&attempt.harness, plan.ask.role());
            choice.1 == Admission::Now
        };
        let busy = self.waiting.iter().filter(waits).count() >= self.policy.jobs;
        let running = self.course == Course::Running;
        running && !crowded && !busy && self.intake.wants(now)
    }

    /// Slots that attempts and the planner hold.
    pub(super) fn taken(&self) -> usize {
        let working = self.attempts.values().filter(|a| a.holds_slot());
        working.count() + self.planning()
    }

    /// Whether too much finished work waits to be judged or landed.
    pub(super) fn crowded(&self) -> bool {
        let unjudged = self.live(|one| matches!(one.phase, Phase::Judging(Judge::Parked { .. })));
        self.queue.len() + unjudged >= self.policy.max_queue.max(self.policy.jobs)
    }

    /// For which tasks there is room.
    fn room(&self, now: Timestamp) -> Room {
        let mut room = Room {
            default_harness: self.setting.default_harness.clone(),
            ..Room::default()
        };
        for harness in self.setting.accounts.keys() {
            match self.rules(now).choose(harness, Role::Implement).1 {
                Admission::Now => {}
                Admission::NotBefore(..) => {
                    room.harnesses.insert(harness.clone(), 0);
                }
                Admission::Never(_) => {
                    room.without.insert(harness.clone());
                }
            }
        }
        for (harness, most) in &self.policy.harness_jobs {
            let live = self.at_work(harness) + self.planning_with(harness);
            let places = room.harnesses.entry(harness.clone()).or_insert(*most);
            *places = places.saturating_sub(live);
        }
        for (kind, most) in &self.policy.kind_jobs {
            let live = self.live(|attempt| attempt.kind.as_ref() == Some(kind));
            let places = most.saturating_sub(live);
            room.kinds.insert(kind.clone(), places);
        }
        room
    }

    /// How many attempts this harness works on.
    pub(super) fn at_work(&self, harness: &HarnessName) -> usize {
        self.live(|attempt| attempt.harness == *harness)
    }

    fn live(&self, which: impl Fn(&Attempt) -> bool) -> usize {
        self.attempts.values().filter(|one| which(one)).count()
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
        let claims = self
            .attempts
            .values()
            .flat_map(Attempt::claims)
            .cloned()
            .collect();
        let ticket = self.ticket(Owner::Leases);
        self.leases = Leases::Renewing {
            ticket,
            again: false,
        };
        out.push(Command::Renew { ticket, claims });
    }

    fn give_up(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        self.give_up_planner(now, out);
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
