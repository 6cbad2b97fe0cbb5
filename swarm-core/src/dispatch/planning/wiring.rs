//! The planner among the attempts of a run: its slot, its account, its money.

use super::activity::PlanEnd;
use super::call::PlanCall;
use super::planner::{Leave, News, Phase, Planner};
use crate::dispatch::attempt::spent_up;
use crate::dispatch::command::Command;
use crate::dispatch::dispatcher::{Dispatcher, Owner};
use crate::dispatch::input::Answer;
use crate::dispatch::pacing::{Admission, Budget};
use crate::event::Event;
use crate::model::{HarnessName, Role, RunEnd, Timestamp};
use crate::ports::{Spent, Stop};

impl Dispatcher {
    /// How many agents of this harness the planner has at work.
    pub(in crate::dispatch) fn planning_with(&self, harness: &HarnessName) -> usize {
        let planner = self.planner.as_ref();
        usize::from(planner.is_some_and(|one| one.holds_slot() && one.rules.harness == *harness))
    }

    /// Tells the planner, if there is one.
    pub(in crate::dispatch) fn planner_hears(&mut self, news: News) {
        if let Some(planner) = &mut self.planner {
            planner.hear(news);
        }
    }

    /// Whether the planner holds a slot, as a number.
    pub(in crate::dispatch) fn planning(&self) -> usize {
        usize::from(self.planner.as_ref().is_some_and(Planner::holds_slot))
    }

    /// No planner has, or will have, anything to do by itself.
    pub(in crate::dispatch) fn plans_nothing(&self) -> bool {
        let closed = self.intake.closed().is_some();
        self.planner.as_ref().is_none_or(|one| one.dry(closed))
    }

    /// Whether as many agents of the planner's harness work as may.
    fn planners_harness_is_full(&self, planner: &Planner) -> bool {
        let harness = &planner.rules.harness;
        let most = self.policy.harness_jobs.get(harness);
        most.is_some_and(|most| self.at_work(harness) >= *most)
    }

    /// Lets the planner look whether to plan: a slot is free, and nothing that
    /// waits could take it.
    pub(in crate::dispatch) fn plan(
        &mut self,
        now: Timestamp,
        free: usize,
        out: &mut Vec<Command>,
    ) {
        let rests = self.intake.resting(now);
        let Some(mut planner) = self.planner.take() else {
            return;
        };
        let leave = self.leave(&planner, now);
        if planner.phase == Phase::Wanted {
            match leave {
                Leave::Now(_) if free > 0 && rests => {
                    let call = planner.count();
                    self.call_for(now, &mut planner, call, out);
                }
                Leave::Now(_) | Leave::Later => {}
                Leave::Never(why) => planner.phase = Phase::Over(why),
            }
        }
        self.planner = Some(planner);
    }

    /// The answer to the planner's call.
    pub(in crate::dispatch) fn planned(
        &mut self,
        now: Timestamp,
        answer: Answer,
        out: &mut Vec<Command>,
    ) {
        let Some(mut planner) = self.planner.take() else {
            return;
        };
        planner.ticket = None;
        let news = self.plan_turn_ended(&planner, &answer, now);
        if let Answer::Planned(Ok(facts)) = &answer
            && !facts.added.is_empty()
        {
            self.intake.look();
        }
        let leave = self.leave(&planner, now);
        let (call, events) = planner.answered(answer, &leave);
        out.extend(events.into_iter().chain(news).map(Command::Publish));
        if let Some(call) = call {
            self.call_for(now, &mut planner, call, out);
        }
        self.planner = Some(planner);
    }

    /// Whatever becomes of the plan: money and account, as of any turn.
    fn plan_turn_ended(
        &mut self,
        planner: &Planner,
        answer: &Answer,
        now: Timestamp,
    ) -> Option<Event> {
        // Whatever came: it has one call out, and that is over.
        if let Some(name) = &planner.name {
            self.budget.settle(name);
        }
        let Answer::Ran(result) = answer else {
            return None;
        };
        let facts = result.as_ref().ok()?;
        self.budget.spend(Spent {
            usage: facts.usage,
            cost: facts.cost.unwrap_or_default(),
            ..Spent::default()
        });
        let account = self.setting.account(planner.acting.as_ref()?);
        let why = facts.error.as_deref().unwrap_or(facts.end.as_str());
        self.governor.ended(&account, facts.end, why, now)
    }

    fn call_for(
        &mut self,
        now: Timestamp,
        planner: &mut Planner,
        mut call: PlanCall,
        out: &mut Vec<Command>,
    ) {
        let ticket = self.ticket(Owner::Planner);
        planner.ticket = Some(ticket);
        if let PlanCall::Run(turn) = &mut call {
            let account = self.setting.account(&turn.harness);
            self.governor.started(&account, now);
            planner.acting = Some(turn.harness.clone());
            planner.since = now;
            if let Some(name) = &planner.name {
                turn.budget = self
                    .budget
                    .promise(name, self.policy.jobs, Budget::default(), now);
            }
        }
        out.push(Command::Plan { ticket, call });
    }

    /// Whether a turn of the planner may begin now.
    pub(super) fn leave(&self, planner: &Planner, now: Timestamp) -> Leave {
        // Whoever drains or stops a run closes its intake.
        if let Some(why) = self.intake.closed().cloned() {
            return Leave::Never(PlanEnd::Run { why });
        }
        if let Some(what) = self.budget.exhausted(now) {
            let reason = spent_up("run", what);
            let why = RunEnd::OutOfBudget { reason };
            return Leave::Never(PlanEnd::Run { why });
        }
        let rules = self.rules(now);
        match rules.choose(&planner.rules.harness, Role::Plan) {
            (_, Admission::Now) if rules.all_wait() || self.planners_harness_is_full(planner) => {
                Leave::Later
            }
            (harness, Admission::Now) => Leave::Now(harness),
            (_, Admission::NotBefore(..)) => Leave::Later,
            (harness, Admission::Never(why)) => Leave::Never(PlanEnd::Account {
                account: self.setting.account(&harness),
                why: why.to_owned(),
            }),
        }
    }

    pub(in crate::dispatch) fn stop_planner(
        &mut self,
        now: Timestamp,
        how: Stop,
        out: &mut Vec<Command>,
    ) {
        let give_up_at = now.plus(self.policy.grace);
        if let Some(planner) = &mut self.planner
            && planner.stop(give_up_at)
            && let Some(ticket) = planner.ticket
        {
            out.push(Command::Stop { ticket, how });
        }
    }

    pub(in crate::dispatch) fn give_up_planner(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        let grace = self.policy.grace;
        if let Some(planner) = &mut self.planner
            && let Phase::Stopping { give_up_at, .. } = &mut planner.phase
            && *give_up_at <= now
            && let Some(ticket) = planner.ticket
        {
            *give_up_at = now.plus(grace);
            out.push(Command::Abandon { ticket });
        }
    }
}
