//! What an agent is told of the events since its turn before. Pure.

use crate::event::Event;
use crate::model::{EndReason, TaskId};
use crate::protocol::digest::cut;

/// Longest error in a line, in bytes.
const MAX_ERROR: usize = 200;

/// The line about an event for the agent of this task, if it should know:
/// what landed beside it, and what ended its turn. What its next request tells
/// anyway is no news.
///
/// ```
/// use swarm_core::{event::Event, model::{Oid, TaskId}, protocol::news::news};
/// let landed = Event::Landed {
///     task: TaskId::new("a")?,
///     commit: Oid::new("abc"),
///     parked: None,
///     because: None,
/// };
/// let line = news(&landed, &TaskId::new("b")?);
/// assert_eq!(line.as_deref(), Some("a has landed on the target (abc); your branch does not have it"));
/// assert_eq!(news(&landed, &TaskId::new("a")?), None);
/// # Ok::<_, swarm_core::model::BadTaskId>(())
/// ```
pub fn news(event: &Event, own: &TaskId) -> Option<String> {
    match event {
        Event::Landed { task, commit, .. } if task != own => Some(format!(
            "{task} has landed on the target ({commit}); your branch does not have it"
        )),
        Event::TurnEnded {
            task, end, error, ..
        } if task == own && *end != EndReason::Finished => {
            let end = end.as_str();
            let error = error.as_deref().map(|error| cut(error, MAX_ERROR));
            Some(match error {
                Some(error) => format!("your turn was ended: {end}: {error}"),
                None => format!("your turn was ended: {end}"),
            })
        }
        Event::Trouble {
            task: Some(task),
            message,
        } if task == own => Some(message.clone()),
        _ => None,
    }
}
