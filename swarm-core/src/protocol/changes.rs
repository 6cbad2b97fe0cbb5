//! Which rows a note of an attempt changes, and how. Pure.

use crate::dispatch::{Guest, Note};
use crate::model::{Checkpoint, Claim, Ending, Progress};
use crate::ports::{Change, Guard, Spent, Step};

/// The changes that write a note down: for the attempt's own task, and for the
/// further tasks that it holds, all of them at once. `checkpoint` tells what is
/// known of the attempt, given its ending.
pub fn changes(
    note: Note,
    own: &Claim,
    guests: &[Guest],
    checkpoint: impl Fn(Progress, Option<&Ending>) -> Checkpoint,
) -> Vec<Change> {
    let to = |claim: &Claim, step| Change {
        task: claim.task.clone(),
        guard: Guard::Claim(claim.clone()),
        step,
    };
    let all = |step: Step| {
        let claims = std::iter::once(own).chain(guests.iter().map(|guest| &guest.claim));
        claims.map(|claim| to(claim, step.clone())).collect()
    };
    let (ending, spent, progress) = match note {
        Note::Checkpoint(progress) => {
            return vec![to(own, Step::Checkpoint(checkpoint(*progress, None)))];
        }
        Note::Intend(intent) => return all(Step::Intend(intent)),
        Note::Withdraw => return all(Step::Withdraw),
        Note::End {
            ending,
            spent,
            progress,
        } => (ending, spent, *progress),
    };
    let landed = matches!(ending, Ending::Landed { .. });
    let ends = guests.iter().map(|guest| {
        let step = Step::End {
            ending: Guest::ending(&ending, &own.task),
            spent: Spent::default(),
            // Whoever goes on with it begins anew: the work is the other task's.
            checkpoint: if landed {
                checkpoint(progress.clone(), Some(&ending))
            } else {
                Checkpoint::default()
            },
        };
        to(&guest.claim, step)
    });
    let mut changes: Vec<Change> = ends.collect();
    // What somebody else holds is not ours to write.
    if !matches!(ending, Ending::Lost { .. }) {
        let step = Step::End {
            checkpoint: checkpoint(progress, Some(&ending)),
            ending,
            spent,
        };
        changes.insert(0, to(own, step));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::changes;
    use crate::dispatch::{Guest, Note};
    use crate::model::{
        Checkpoint, Claim, Ending, Fence, HarnessName, Intent, Nonce, Oid, Progress, TaskId,
    };
    use crate::ports::{Guard, Spent, Step};

    fn claim(task: &str) -> Claim {
        Claim {
            task: TaskId::new(task).expect("a good id"),
            fence: Fence(1),
            nonce: Nonce::new("n"),
        }
    }

    /// Task by task, what is written.
    fn written(note: Note) -> Vec<(String, String)> {
        let guest = |task: &str| Guest {
            claim: claim(task),
            attempt: 1,
        };
        let guests = [guest("b"), guest("c")];
        let of = changes(note, &claim("a"), &guests, |_, _| Checkpoint::default());
        let of = of.into_iter().map(|change| {
            assert!(matches!(&change.guard, Guard::Claim(claim) if claim.task == change.task));
            let step = match change.step {
                Step::Checkpoint(_) => "checkpoint".to_owned(),
                Step::Intend(_) => "intend".to_owned(),
                Step::Withdraw => "withdraw".to_owned(),
                Step::End { ending, spent, .. } => {
                    let mine = change.task.as_str() == "a";
                    assert_eq!(spent.usage.input > 0, mine, "it is spent once");
                    format!("{ending:?}")
                        .split(' ')
                        .next()
                        .expect("a word")
                        .to_owned()
                }
                other => panic!("{other:?}"),
            };
            (change.task.to_string(), step)
        });
        of.collect()
    }

    fn progress() -> Box<Progress> {
        Box::new(Progress::new(HarnessName::new("h")))
    }

    fn end(ending: Ending) -> Note {
        let mut spent = Spent::default();
        spent.usage.input = 1;
        Note::End {
            ending,
            spent,
            progress: progress(),
        }
    }

    #[test]
    fn what_is_written_for_which_task() {
        let intent = Intent {
            base: Oid::new("b"),
            commit: Oid::new("c"),
        };
        let commit = intent.commit.clone();
        let reason = || "x".to_owned();
        let table = [
            (Note::Checkpoint(progress()), ["checkpoint", "", ""]),
            (Note::Intend(intent), ["intend"; 3]),
            (Note::Withdraw, ["withdraw"; 3]),
            (end(Ending::Landed { commit }), ["Landed"; 3]),
            (
                end(Ending::Failed { reason: reason() }),
                ["Failed", "Interrupted", "Interrupted"],
            ),
            (
                end(Ending::Closed { reason: reason() }),
                ["Closed", "Interrupted", "Interrupted"],
            ),
            (
                end(Ending::Lost { reason: reason() }),
                ["", "Interrupted", "Interrupted"],
            ),
        ];
        for (note, expected) in table {
            let asked = format!("{note:?}");
            let expected: Vec<_> = ["a", "b", "c"]
                .into_iter()
                .zip(expected)
                .filter(|(_, step)| !step.is_empty())
                .map(|(task, step)| (task.to_owned(), step.to_owned()))
                .collect();
            assert_eq!(written(note), expected, "{asked}");
        }
    }
}
