//! A line for each slot on a terminal, above them what has happened.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use swarm_core::event::{Event, EventRecord};
use swarm_core::model::TaskId;

use super::board::Board;
use super::view::View;
use super::words;
use crate::app::text::{clean, cut};

/// More live tasks than this only count in the last line.
const MOST: usize = 20;
const TICK: Duration = Duration::from_millis(120);

/// Draws on standard error.
#[derive(Debug)]
pub(in crate::app) struct Progress {
    screen: MultiProgress,
    sums: ProgressBar,
    bars: BTreeMap<TaskId, ProgressBar>,
    board: Board,
}

impl Progress {
    pub(in crate::app) fn new() -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let sums = screen.add(ProgressBar::new_spinner());
        sums.set_style(style("  {msg} · {elapsed}"));
        sums.enable_steady_tick(TICK);
        Self {
            screen,
            sums,
            bars: BTreeMap::new(),
            board: Board::default(),
        }
    }

    fn draw(&mut self, task: &TaskId) {
        let Some(live) = self.board.live.get(task) else {
            if let Some(bar) = self.bars.remove(task) {
                bar.finish_and_clear();
                self.screen.remove(&bar);
            }
            return;
        };
        if self.bars.len() < MOST || self.bars.contains_key(task) {
            let bar = self.bars.entry(task.clone()).or_insert_with(|| {
                let bar = ProgressBar::new_spinner();
                let bar = self.screen.insert_before(&self.sums, bar);
                bar.set_style(style("{spinner} {prefix:20!}  {elapsed:>4}  {wide_msg}"));
                bar.set_prefix(cut(&clean(task.as_str()), 20));
                bar.enable_steady_tick(TICK);
                bar
            });
            bar.set_message(live.line());
        }
    }
}

/// A template of ours; one that cannot be read would show as a plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// Whether an event stays on the screen: not what the lines show anyway.
fn stays(event: &Event) -> bool {
    !matches!(event, Event::Claimed { .. } | Event::TurnStarted { .. })
}

impl View for Progress {
    fn see(&mut self, record: &EventRecord) {
        self.board.see(&record.event);
        if let Some(line) = words::line(&record.event).filter(|_| stays(&record.event)) {
            // A terminal that went away is told nothing.
            let _ = self.screen.println(line);
        }
        if let Some(task) = words::task(&record.event) {
            self.draw(task);
        }
        self.sums.set_message(self.board.sums());
    }

    fn hear(&mut self, line: &str) {
        // A terminal that went away is told nothing.
        let _ = self.screen.println(line);
    }

    fn end(&mut self) {
        for (_, bar) in std::mem::take(&mut self.bars) {
            bar.finish_and_clear();
        }
        self.sums.finish_and_clear();
    }
}
