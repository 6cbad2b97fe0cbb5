//! The figures of a comparison as a table.

use std::time::Duration;

use super::measure::Cost;
use super::options::Options;

/// What the runs of one side gave.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    /// Git processes of a whole run, the agent's not counted.
    pub(super) gits: usize,
    /// The same as the run report says, which counts by itself.
    pub(super) own_count: Option<u64>,
    pub(super) costs: Vec<Cost>,
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) files: usize,
    pub(super) jobs: usize,
    pub(super) side: &'static str,
    pub(super) figures: Figures,
}

/// Wall and CPU in milliseconds and git processes, each for one task.
type Task = [f64; 3];

pub(super) fn print(rows: &[Row], options: &Options) {
    println!(
        "\nfor one task, the agent's work included (median of {} runs of {} tasks)\n",
        options.rounds, options.tasks
    );
    for line in table(rows, options.tasks) {
        println!("{line}");
    }
}

/// The rows come in pairs: what is compared against, then what is compared.
fn table(rows: &[Row], tasks: usize) -> Vec<String> {
    let [files, jobs, side] = ["files", "jobs", ""];
    let [wall, cpu, gits] = ["wall ms", "CPU ms", "git"];
    let mut lines = vec![format!(
        "{files:>6} {jobs:>4}  {side:6} {wall:>9} {cpu:>9} {gits:>6}"
    )];
    for pair in rows.chunks(2) {
        for row in pair {
            let Row {
                files, jobs, side, ..
            } = row;
            let [wall, cpu, gits] = a_task(&row.figures, tasks);
            let counted = row.figures.own_count;
            let counted =
                counted.map_or_else(String::new, |own| format!("  (counts {own} itself)"));
            lines.push(format!(
                "{files:>6} {jobs:>4}  {side:6} {wall:>9.1} {cpu:>9.1} {gits:>6.2}{counted}"
            ));
        }
        if let [base, other] = pair {
            let (base, other) = (a_task(&base.figures, tasks), a_task(&other.figures, tasks));
            let [wall, cpu, gits] = [0, 1, 2].map(|at| other[at] / base[at]);
            let ratio = "ratio";
            lines.push(format!("{ratio:>18} {wall:>10.2} {cpu:>9.2} {gits:>6.2}"));
        }
    }
    lines
}

fn a_task(figures: &Figures, tasks: usize) -> Task {
    let share = |whole: f64| whole / f64::from(u32::try_from(tasks).unwrap_or(u32::MAX));
    let millis = |of: fn(&Cost) -> Duration| {
        share(median(figures.costs.iter().map(of)).as_secs_f64() * 1000.0)
    };
    let gits = f64::from(u32::try_from(figures.gits).unwrap_or(u32::MAX));
    [
        millis(|cost| cost.wall),
        millis(|cost| cost.cpu),
        share(gits),
    ]
}

fn median(spans: impl Iterator<Item = Duration>) -> Duration {
    let mut spans: Vec<_> = spans.collect();
    spans.sort();
    spans.get(spans.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Cost, Duration, Figures, Row, table};

    fn row(side: &'static str, millis: [u64; 3], gits: usize, own_count: Option<u64>) -> Row {
        let costs = millis.map(|millis| Cost {
            wall: Duration::from_millis(millis),
            cpu: Duration::from_millis(millis / 2),
        });
        let figures = Figures {
            gits,
            own_count,
            costs: costs.to_vec(),
        };
        Row {
            files: 200,
            jobs: 4,
            side,
            figures,
        }
    }

    #[test]
    fn medians_are_shared_out_and_compared() {
        let rows = [
            row("script", [900, 400, 100], 40, None),
            row("swarm", [200, 200, 800], 10, Some(10)),
        ];
        assert_eq!(
            table(&rows, 10),
            [
                " files jobs           wall ms    CPU ms    git",
                "   200    4  script      40.0      20.0   4.00",
                "   200    4  swarm       20.0      10.0   1.00  (counts 10 itself)",
                "             ratio       0.50      0.50   0.25",
            ]
        );
    }
}
