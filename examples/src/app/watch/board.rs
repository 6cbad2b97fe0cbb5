//! What is going on right now, from the events alone.

use std::collections::BTreeMap;

use swarm_core::event::Event;
use swarm_core::model::{Cost, Ending, TaskId, Usage};
use swarm_core::ports::AgentEvent;

use crate::app::text::{brief, tokens};

/// A live attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Live {
    /// Where it stands, and what its agent did last.
    pub(super) phase: String,
    /// Tokens of ended turns.
    spent: Usage,
    /// Tokens of the turn under way.
    turn: Usage,
}

impl Live {
    /// Phase and tokens in a line.
    pub(super) fn line(&self) -> String {
        let used = self.spent.total() + self.turn.total();
        if used == 0 {
            self.phase.clone()
        } else {
            format!("{} · {}", self.phase, tokens(used))
        }
    }
}

/// All live attempts, and sums.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) live: BTreeMap<TaskId, Live>,
    landed: usize,
    unlanded: usize,
    usage: Usage,
    cost: Cost,
}

impl Board {
    /// Takes an event in.
    pub(super) fn see(&mut self, event: &Event) {
        match event {
            Event::Claimed { task, attempt, .. } => {
                let live = Live {
                    phase: format!("attempt {attempt}: getting a worktree"),
                    spent: Usage::default(),
                    turn: Usage::default(),
                };
                self.live.insert(task.clone(), live);
            }
            Event::TurnStarted {
                task, turn, role, ..
            } => {
                self.phase(task, format!("turn {turn}: {}", role.as_str()));
            }
            Event::Agent { task, did } => self.agent(task, did),
            Event::TurnEnded {
                task, usage, cost, ..
            } => {
                self.usage += *usage;
                self.cost += cost.unwrap_or_default();
                if let Some(live) = self.live.get_mut(task) {
                    live.spent += *usage;
                    live.turn = Usage::default();
                    "looking at the work".clone_into(&mut live.phase);
                }
            }
            Event::PlanningEnded { usage, cost, .. } => {
                self.usage += *usage;
                self.cost += cost.unwrap_or_default();
            }
            Event::GateStarted { task, .. } => self.phase(task, "gates".to_owned()),
            Event::ReviewStarted { task, reviewer, .. } => {
                self.phase(task, format!("review by {}", brief(reviewer, 30)));
            }
            Event::Queued { task, .. } => self.phase(task, "landing".to_owned()),
            Event::AttemptEnded { task, ending, .. } => self.ended(task, ending),
            _ => {}
        }
    }

    fn phase(&mut self, task: &TaskId, phase: String) {
        if let Some(live) = self.live.get_mut(task) {
            live.phase = phase;
        }
    }

    fn agent(&mut self, task: &TaskId, did: &AgentEvent) {
        let Some(live) = self.live.get_mut(task) else {
            return;
        };
        let turn = live.phase.split(" · ").next().unwrap_or_default();
        match did {
            AgentEvent::Usage { usage } => live.turn = *usage,
            AgentEvent::Tool { name } => live.phase = format!("{turn} · {}", brief(name, 30)),
            AgentEvent::Message { text } => live.phase = format!("{turn} · {}", brief(text, 60)),
            _ => {}
        }
    }

    fn ended(&mut self, task: &TaskId, ending: &Ending) {
        self.live.remove(task);
        match ending {
            Ending::Landed { .. } => self.landed += 1,
            Ending::Closed { .. } | Ending::Retry { .. } | Ending::Lost { .. } => {}
            Ending::Failed { .. }
            | Ending::Held { .. }
            | Ending::Blocked { .. }
            | Ending::Rejected { .. }
            | Ending::Interrupted { .. } => self.unlanded += 1,
        }
    }

    /// The sums in a line.
    pub(super) fn sums(&self) -> String {
        let mut parts = vec![
            format!("{} landed", self.landed),
            format!("{} at work", self.live.len()),
        ];
        if self.unlanded > 0 {
            parts.insert(1, format!("{} not landed", self.unlanded));
        }
        if self.usage.total() > 0 {
            parts.push(tokens(self.usage.total()));
        }
        if self.cost > Cost::default() {
            parts.push(self.cost.to_string());
        }
        parts.join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use swarm_core::event::Event;
    use swarm_core::model::{Cost, EndReason, Ending, HarnessName, Oid, Role, TaskId, Usage};
    use swarm_core::ports::AgentEvent;

    use super::Board;

    #[test]
    fn a_task_has_a_line_from_claim_to_end() {
        let task = TaskId::new("a").unwrap();
        let mut board = Board::default();
        let mut see = |event: Event| {
            board.see(&event);
            board.live.get(&task).map(super::Live::line)
        };
        let usage = |input| Usage {
            input,
            ..Usage::default()
        };
        let agent = |did| Event::Agent {
            task: task.clone(),
            did,
        };
        let claimed = Event::Claimed {
            task: task.clone(),
            attempt: 2,
            harness: HarnessName::new("x"),
        };
        assert_eq!(see(claimed).unwrap(), "attempt 2: getting a worktree");
        let turn = Event::TurnStarted {
            task: task.clone(),
            turn: 1,
            role: Role::Implement,
            harness: HarnessName::new("h"),
        };
        assert_eq!(see(turn).unwrap(), "turn 1: implement");
        let tool = AgentEvent::Tool {
            name: "Bash".to_owned(),
        };
        assert_eq!(see(agent(tool)).unwrap(), "turn 1: implement · Bash");
        let text = "Done.\nAll of it.".to_owned();
        let message = AgentEvent::Message { text };
        assert_eq!(see(agent(message)).unwrap(), "turn 1: implement · Done.");
        let so_far = AgentEvent::Usage { usage: usage(5) };
        let line = see(agent(so_far)).unwrap();
        assert_eq!(line, "turn 1: implement · Done. · 5 tokens");
        let ended = Event::TurnEnded {
            task: task.clone(),
            turn: 1,
            role: Role::Implement,
            end: EndReason::Finished,
            session: None,
            usage: usage(7),
            cost: Some(Cost::from_usd(0.5)),
            error: None,
            survivors: Vec::new(),
        };
        assert_eq!(see(ended).unwrap(), "looking at the work · 7 tokens");
        let commit = Oid::new("c");
        let over = Event::AttemptEnded {
            task: task.clone(),
            attempt: 2,
            ending: Ending::Landed { commit },
        };
        assert_eq!(see(over), None);
        assert_eq!(board.sums(), "1 landed · 0 at work · 7 tokens · $0.50");
    }
}
