//! Events in words.

use swarm_core::agent_cli::one_line;
use swarm_core::event::{Answerer, Event};
use swarm_core::model::{EndReason, Ending, ReviewRecord, TaskId, Verdict};
use swarm_core::ports::{AgentEvent, Answer, Matter};

use crate::app::text::{brief, clean, count, short, span};

/// Characters of a reason that fit into a line.
const REASON: usize = 160;

/// The task that an event is about.
pub(super) fn task(event: &Event) -> Option<&TaskId> {
    match event {
        Event::Claimed { task, .. }
        | Event::ClaimLost { task }
        | Event::WorktreeReady { task, .. }
        | Event::TurnStarted { task, .. }
        | Event::Agent { task, .. }
        | Event::QuestionAsked { task, .. }
        | Event::QuestionAnswered { task, .. }
        | Event::TurnEnded { task, .. }
        | Event::GateStarted { task, .. }
        | Event::GateEnded { task, .. }
        | Event::ReviewStarted { task, .. }
        | Event::ReviewEnded { task, .. }
        | Event::ReviewSkipped { task, .. }
        | Event::Queued { task, .. }
        | Event::Conflict { task, .. }
        | Event::Landed { task, .. }
        | Event::AttemptEnded { task, .. }
        | Event::WorktreeKept { task, .. } => Some(task),
        Event::Trouble { task, .. } => task.as_ref(),
        _ => None,
    }
}

/// An event in one line, if it is worth one.
pub(super) fn line(event: &Event) -> Option<String> {
    let text = words(event)?;
    Some(match task(event) {
        Some(task) => format!("{}: {text}", clean(task.as_str())),
        None => text,
    })
}

// tidy: table
fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Claimed {
            attempt, harness, ..
        } => format!("attempt {attempt} begins ({})", clean(harness.as_str())),
        Event::TurnStarted { turn, role, .. } => {
            format!("turn {turn}: {} …", role.as_str())
        }
        Event::TurnEnded {
            end, error, turn, ..
        } if *end != EndReason::Finished => {
            let error = error.as_deref().unwrap_or_default();
            let sep = if error.is_empty() { "" } else { ": " };
            let reason = brief(error, REASON);
            format!("turn {turn} ended, {}{sep}{reason}", end.as_str())
        }
        Event::Agent {
            did: AgentEvent::Warning { text },
            ..
        } => format!("the agent warns: {}", brief(text, REASON)),
        Event::GateEnded {
            failed: Some(step), ..
        } => format!("the gate {:?} failed", clean(step)),
        Event::GateEnded { failed: None, .. } => "all gates passed".to_owned(),
        Event::ReviewEnded { review, .. } => reviewed(review),
        Event::ReviewSkipped { .. } => "not reviewed: it changes nothing that must be".to_owned(),
        Event::Conflict { paths, .. } => {
            let paths: Vec<String> = paths
                .iter()
                .map(|path| clean(&path.to_string_lossy()))
                .collect();
            let paths = brief(&paths.join(", "), REASON);
            format!("conflicts with what has landed meanwhile: {paths}")
        }
        Event::Landed {
            commit,
            parked,
            because,
            ..
        } => landed(&short(commit), parked.as_deref(), because.as_deref()),
        Event::AttemptEnded {
            attempt, ending, ..
        } => return ended(*attempt, ending),
        Event::WorktreeKept { path, branch, .. } => format!(
            "its work is kept in {} (branch {})",
            path.display(),
            clean(branch)
        ),
        Event::Trouble { message, .. } => format!("trouble: {}", brief(message, REASON)),
        Event::Stopping { now: false } => "stopping: agents are asked to end, their work is kept; \
             once more to end them at once"
            .to_owned(),
        Event::Stopping { now: true } => "stopping at once".to_owned(),
        Event::RunEnded {
            landed, attempts, ..
        } => format!(
            "the run is over: {} landed, {} made",
            count(*landed, "task"),
            count(usize::try_from(*attempts).unwrap_or(usize::MAX), "attempt")
        ),
        _ => return dialogue(event),
    })
}

fn dialogue(event: &Event) -> Option<String> {
    match event {
        Event::QuestionAsked { asks, .. } => question(asks),
        Event::QuestionAnswered { answer, by, .. } => answered(answer, *by),
        _ => planning(event),
    }
}

fn planning(event: &Event) -> Option<String> {
    Some(match event {
        Event::PlanningStarted { plan, harness, .. } => {
            format!("plan {plan}: {} looks for tasks …", clean(harness.as_str()))
        }
        Event::PlanningEnded {
            plan, end, error, ..
        } if *end != EndReason::Finished => {
            let error = brief(error.as_deref().unwrap_or_default(), REASON);
            let sep = if error.is_empty() { "" } else { ": " };
            format!("plan {plan} ended, {}{sep}{error}", end.as_str())
        }
        Event::TasksPlanned { plan, tasks } => {
            let ids: Vec<String> = tasks.iter().map(|id| clean(id.as_str())).collect();
            let ids = brief(&ids.join(", "), REASON);
            format!("plan {plan}: {} added: {ids}", count(tasks.len(), "task"))
        }
        Event::PlanRefused { plan, mistakes } => {
            let first = brief(mistakes.first().map_or("", String::as_str), REASON);
            format!(
                "plan {plan} has {}: {first}",
                count(mistakes.len(), "mistake")
            )
        }
        _ => return None,
    })
}

fn question(asks: &Matter) -> Option<String> {
    Some(match asks {
        Matter::Permission { tool, what } => {
            // All lines of it: the second may matter more than the first.
            let what = one_line(&clean(what), REASON);
            format!("the agent asks: may it use {}? {what}", brief(tool, 30))
        }
        Matter::Choice { text, .. } => {
            format!("the agent asks: {}", one_line(&clean(text), REASON))
        }
        _ => return None,
    })
}

fn answered(answer: &Answer, by: Answerer) -> Option<String> {
    let answer = match answer {
        Answer::Allow => "yes".to_owned(),
        Answer::Deny { .. } => "no".to_owned(),
        Answer::Text { text } => brief(text, REASON),
        _ => return None,
    };
    Some(match by {
        Answerer::Person => format!("it is answered: {answer}"),
        Answerer::Nobody => "its question is over: it no longer waits".to_owned(),
        _ => format!("nobody answers, so it is told: {answer}"),
    })
}

fn reviewed(review: &ReviewRecord) -> String {
    let who = clean(&review.reviewer);
    match &review.verdict {
        Verdict::Approved => format!("approved by {who}"),
        Verdict::Changes(findings) => {
            let first = findings.first().map(String::as_str).unwrap_or_default();
            format!(
                "{who} wants changes ({}): {}",
                count(findings.len(), "finding"),
                brief(first, REASON)
            )
        }
        Verdict::Unavailable(why) => format!("no review by {who}: {}", brief(why, REASON)),
    }
}

fn landed(commit: &str, parked: Option<&str>, because: Option<&str>) -> String {
    match parked {
        None => format!("landed as {commit}"),
        Some(line) => format!(
            "landed as {commit} on {line}, since {}",
            brief(because.unwrap_or("the checkout is in the way"), REASON)
        ),
    }
}

fn ended(attempt: u32, ending: &Ending) -> Option<String> {
    let reason = brief(ending.reason(), REASON);
    Some(match ending {
        // Told when it happened.
        Ending::Landed { .. } => return None,
        Ending::Retry { after, .. } => format!(
            "attempt {attempt} failed, the next one begins in {}: {reason}",
            span(*after)
        ),
        Ending::Failed { .. } => format!("failed: {reason}"),
        Ending::Held { .. } => format!("held for a person: {reason}"),
        Ending::Blocked { .. } => format!("blocked: {reason}"),
        Ending::Closed { .. } => format!("nothing needed to be done: {reason}"),
        Ending::Rejected { .. } => format!("rejected: {reason}"),
        Ending::Interrupted { .. } => format!("interrupted: {reason}"),
        Ending::Lost { .. } => format!("taken over by another run: {reason}"),
    })
}

#[cfg(test)]
mod tests {
    use swarm_core::event::{Answerer, Event};
    use swarm_core::model::{Ending, QuestionId, TaskId, Timestamp};
    use swarm_core::ports::Matter;

    use super::line;

    #[test]
    fn a_question_and_its_answer_are_told() {
        let task = TaskId::new("t1").unwrap();
        let asks = Matter::Permission {
            tool: "Bash".to_owned(),
            what: "make\n\x1b[2J".to_owned(),
        };
        let answer = asks.unanswered();
        let (attempt, question) = (1, QuestionId(1));
        let asked = Event::QuestionAsked {
            task: task.clone(),
            attempt,
            question,
            asks,
            until: Timestamp(5),
        };
        let answered = Event::QuestionAnswered {
            task,
            attempt,
            question,
            answer,
            by: Answerer::Default,
        };
        assert_eq!(
            [asked, answered].map(|event| line(&event).unwrap()),
            [
                "t1: the agent asks: may it use Bash? make [2J",
                "t1: nobody answers, so it is told: no"
            ]
        );
    }

    #[test]
    fn a_plan_is_told() {
        let tasks = vec![TaskId::new("a").unwrap()];
        let (plan, mistakes) = (2, vec!["task 1:\x1b[2J".to_owned(), "x".to_owned()]);
        let told = [
            Event::TasksPlanned { plan, tasks },
            Event::PlanRefused { plan, mistakes },
        ];
        assert_eq!(
            told.map(|event| line(&event).unwrap()),
            [
                "plan 2: 1 task added: a",
                "plan 2 has 2 mistakes: task 1: [2J"
            ]
        );
    }

    #[test]
    fn an_event_is_one_clean_line() {
        let task = TaskId::new("t1").unwrap();
        let ending = Ending::Held {
            reason: "two\x1b[31m files\nlie around".to_owned(),
        };
        let event = Event::AttemptEnded {
            task,
            attempt: 1,
            ending,
        };
        let text = line(&event).unwrap();
        assert_eq!(text, "t1: held for a person: two [31m files");
    }
}
