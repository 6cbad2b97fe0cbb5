//! The message of a landing commit. Pure.

use crate::model::{AttemptId, Oid, Task, TaskId};

/// Subject, and the trailers by which the landing can be found again. `further`
/// are the tasks that it completes besides.
///
/// ```
/// use swarm_core::model::{AttemptId, Oid, RunId, Task};
/// let task = Task::new("t1", "Do it.")?;
/// let attempt = AttemptId { run: RunId::new("r1"), task: task.id.clone(), number: 2 };
/// let message = swarm_core::protocol::message::landing(&task, &[], &attempt, &Oid::new("abc"));
/// assert_eq!(message, "Land t1\n\nSwarm-Task: t1\nSwarm-Attempt: 2\nSwarm-Run: r1\nSwarm-Head: abc\n");
/// # Ok::<_, swarm_core::model::BadTaskId>(())
/// ```
pub fn landing(task: &Task, further: &[&TaskId], attempt: &AttemptId, head: &Oid) -> String {
    let subject = if task.title == task.id.as_str() {
        format!("Land {}", task.id)
    } else {
        let title: Vec<&str> = task.title.split_whitespace().collect();
        format!("Land {}: {}", task.id, title.join(" "))
    };
    let tasks = std::iter::once(&task.id).chain(further.iter().copied());
    let tasks: Vec<String> = tasks.map(|id| format!("Swarm-Task: {id}\n")).collect();
    let tasks = tasks.concat();
    format!(
        "{subject}\n\n{tasks}Swarm-Attempt: {}\nSwarm-Run: {}\nSwarm-Head: {head}\n",
        attempt.number, attempt.run,
    )
}
