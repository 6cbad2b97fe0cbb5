//! The message of a landing commit. Pure.

use crate::model::{AttemptId, Oid, Task};

/// Subject, and the trailers by which the landing can be found again.
///
/// ```
/// use swarm_core::model::{AttemptId, Oid, RunId, Task};
/// let task = Task::new("t1", "Do it.")?;
/// let attempt = AttemptId { run: RunId::new("r1"), task: task.id.clone(), number: 2 };
/// let message = swarm_core::protocol::message::landing(&task, &attempt, &Oid::new("abc"));
/// assert_eq!(message, "Land t1\n\nSwarm-Task: t1\nSwarm-Attempt: 2\nSwarm-Run: r1\nSwarm-Head: abc\n");
/// # Ok::<_, swarm_core::model::BadTaskId>(())
/// ```
pub fn landing(task: &Task, attempt: &AttemptId, head: &Oid) -> String {
    let subject = if task.title == task.id.as_str() {
        format!("Land {}", task.id)
    } else {
        let title: Vec<&str> = task.title.split_whitespace().collect();
        format!("Land {}: {}", task.id, title.join(" "))
    };
    format!(
        "{subject}\n\nSwarm-Task: {}\nSwarm-Attempt: {}\nSwarm-Run: {}\nSwarm-Head: {head}\n",
        task.id, attempt.number, attempt.run,
    )
}
