//! How often a task was cut short, and how often it may be.

use swarm_core::model::{Setback, TaskRow, TaskState};

use super::Live;

/// What is said of a task with attempts that came to no end of their own. As long
/// as they count, the limit is said too: that of the run that has it or will come
/// to it, else `usual`, that of the next one.
pub(in crate::app) fn cut_short(row: &TaskRow, runs: &[Live], usual: u32) -> Option<String> {
    let which = match row.cut_short {
        0 => return None,
        1 => "attempt before the latest was".to_owned(),
        cut => format!("{cut} attempts before the latest were"),
    };
    if !counts(row) {
        return Some(format!("the {which} cut short"));
    }
    let most = at_work(row, runs).map_or(usual, |live| live.max_restarts);
    Some(format!("the {which} cut short (max_restarts: {most})"))
}

/// Whether the row of attempts that were cut short goes on. What has come to an
/// end, or is begun anew, is measured by no limit any more.
pub(super) fn counts(row: &TaskRow) -> bool {
    match &row.state {
        TaskState::Running { .. } | TaskState::Landing { .. } => true,
        TaskState::Ready { after, .. } => matches!(after, Some(Setback::Interrupted { .. })),
        _ => false,
    }
}

fn at_work<'a>(row: &TaskRow, runs: &'a [Live]) -> Option<&'a Live> {
    runs.iter().find(|live| match &row.state {
        TaskState::Running { holder } | TaskState::Landing { holder, .. } => live.run == holder.run,
        _ => live.source == row.task.source,
    })
}
