//! How often a task was cut short, and how often it may be.

use swarm_core::model::{TaskRow, TaskState};

use super::Live;

/// What is said of a task with attempts that came to no end of their own. The
/// limit is that of the run that has it or will come to it, else `usual`, that of
/// the next one.
pub(in crate::app) fn cut_short(row: &TaskRow, runs: &[Live], usual: u32) -> Option<String> {
    let which = match row.cut_short {
        0 => return None,
        1 => "attempt before the latest was".to_owned(),
        cut => format!("{cut} attempts before the latest were"),
    };
    let most = at_work(row, runs).map_or(usual, |live| live.max_restarts);
    Some(format!("the {which} cut short (max_restarts: {most})"))
}

fn at_work<'a>(row: &TaskRow, runs: &'a [Live]) -> Option<&'a Live> {
    runs.iter().find(|live| match &row.state {
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => live.run == holder.run,
        _ => live.source == row.task.source,
    })
}
