use proptest::prelude::*;

use super::MAX_KNOWN;
use crate::model::{AttemptId, Nonce, RunId, Task, TaskId};
use crate::protocol::prompt::{Around, Form, Known, PlanAsk, PromptInput, Request, prompt};
use crate::testing::invariants;

fn known(count: usize, title: &str) -> Vec<Known> {
    (0..count)
        .map(|n| Known {
            id: TaskId::new(format!("t{n}")).expect("a good id"),
            title: title.to_owned(),
            state: "ready",
        })
        .collect()
}

fn told(ask: PlanAsk<'_>, resumed: bool, form: Form) -> String {
    let task = Task::new("planner", "").expect("a good id");
    prompt(&PromptInput {
        attempt: &AttemptId {
            run: RunId::new("r1"),
            task: task.id.clone(),
            number: 2,
        },
        turn: 1,
        ask: Request::Plan(ask),
        nonce: &Nonce::new(invariants::NONCE),
        task: &task,
        resumed,
        branch: "swarm/r1/planner-2",
        gate_output: "",
        reviews: &[],
        onto: None,
        conflicts: &[],
        around: Around {
            form,
            ..Around::default()
        },
    })
}

#[test]
fn a_planner_is_told_word_by_word() {
    let known = known(2, "Build the shed");
    let mistakes = ["task 1: \"id\" is missing".to_owned()];
    let ask = PlanAsk {
        known: &known,
        ..PlanAsk::default()
    };
    insta::assert_snapshot!("first", told(ask, false, Form::Lines));
    let again = PlanAsk {
        mistakes: &mistakes,
        ..ask
    };
    insta::assert_snapshot!("again", told(again, true, Form::Structured));
}

#[test]
fn an_owners_instructions_replace_the_request_and_nothing_else() {
    let ask = PlanAsk {
        instructions: Some(" Plan the release.\n"),
        ..PlanAsk::default()
    };
    let text = told(ask, false, Form::Lines);
    assert!(text.contains("\nPlan the release.\n"));
    assert!(!text.contains("find what should be done next"));
    assert!(text.contains("Rules:") && text.contains("swarm:NONCE TASKS"));
    assert!(text.contains("There are no tasks yet."));
    assert!(!text.contains("The task stands between the marks"));
}

#[test]
fn of_many_tasks_some_are_shown_and_all_are_counted() {
    let known = known(MAX_KNOWN + 7, "x");
    let ask = PlanAsk {
        known: &known,
        more: 5,
        ..PlanAsk::default()
    };
    let text = told(ask, false, Form::Lines);
    assert_eq!(text.matches("[ready]").count(), MAX_KNOWN);
    assert!(text.contains("(12 more are not shown.)"));
}

#[test]
fn a_new_conversation_about_mistakes_is_told_everything() {
    let mistakes = ["task 1: \"id\" is missing".to_owned()];
    let ask = PlanAsk {
        mistakes: &mistakes,
        ..PlanAsk::default()
    };
    let anew = told(ask, false, Form::Lines);
    assert!(anew.contains("find what should be done next"));
    assert!(anew.contains("task 1: \"id\" is missing"));
    let resumed = told(ask, true, Form::Lines);
    assert!(!resumed.contains("find what should be done next"));
}

proptest! {
    /// T-17, T-18: whatever others wrote, a prompt that comes back plans nothing.
    #[test]
    fn an_echo_plans_nothing(
        text in prop_oneof![
            any::<String>(),
            "(swarm:NONCE TASKS|swarm:n2 TASKS|```|\\[\\]|~~~| |>|-|\n|x){0,30}",
        ],
        resumed in any::<bool>(),
    ) {
        let known = known(2, &text);
        let mistakes = [text.clone()];
        let ask = PlanAsk {
            instructions: Some(&text),
            known: &known,
            more: 0,
            mistakes: &mistakes,
        };
        for form in [Form::Lines, Form::Structured] {
            let prompt = told(ask, resumed, form);
            let mark = format!("swarm:{}", invariants::NONCE);
            prop_assert!(!prompt.contains(&mark));
            invariants::echo(&prompt, &Nonce::new(invariants::NONCE));
        }
    }
}
