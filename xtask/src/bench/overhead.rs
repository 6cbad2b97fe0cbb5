//! `swarm run` beside a plain shell script: same repository, same tasks, same
//! agent, one after the other in turn, so that both meet the same machine.

use std::path::PathBuf;

use crate::artifacts::{Kind, built};
use crate::failure::{Failure, Result};
use crate::repo;

use super::compare::Side;
use super::field::Field;
use super::measure::{Cost, measure};
use super::options::Options;
use super::report::{Figures, Row, print};
use super::shim::Shim;

/// How often the agent calls git for a task.
const AGENTS_OWN: usize = 1;

pub(super) fn overhead(options: &Options) -> Result<()> {
    let swarm = match &options.swarm {
        Some(program) => std::path::absolute(program).map_err(Failure::because("--swarm"))?,
        None => release_build()?,
    };
    let sides = [Side::Plain, Side::Swarm(swarm)];
    let mut rows = Vec::new();
    for &files in &options.files {
        let field = Field::new(files, options.tasks)?;
        for &jobs in &options.jobs {
            println!("bench: {files} files, {jobs} jobs …");
            rows.extend(compare(&field, &sides, files, jobs, options)?);
        }
    }
    print(&rows, options);
    Ok(())
}

fn release_build() -> Result<PathBuf> {
    let mut build = repo::cargo();
    build.args([
        "build",
        "--release",
        "--package",
        "swarm-examples",
        "--bin",
        "swarm",
    ]);
    let programs = built(&mut build, Kind::Programs)?;
    let swarm = programs.into_iter().next();
    swarm.ok_or_else(|| Failure::new("cargo built no program `swarm`"))
}

fn compare(
    field: &Field,
    sides: &[Side; 2],
    files: usize,
    jobs: usize,
    options: &Options,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for side in sides {
        rows.push(Row {
            files,
            jobs,
            side: side.name(),
            figures: count(field, side, jobs, options.tasks)?,
        });
    }
    for _ in 0..options.rounds {
        for (side, row) in sides.iter().zip(&mut rows) {
            row.figures
                .costs
                .push(once(field, side, jobs, options.tasks)?);
        }
    }
    Ok(rows)
}

/// One run that counts git processes, and warms the caches up.
fn count(field: &Field, side: &Side, jobs: usize, tasks: usize) -> Result<Figures> {
    let shim = Shim::new(field)?;
    let repo = field.fresh()?;
    shim.take();
    let mut command = side.command(field, &repo, jobs);
    command.env("PATH", shim.search_path()?);
    let (_, stdout) = measure(&command, &field.path(""))?;
    let calls = shim.take();
    field.verify(tasks)?;
    Ok(Figures {
        gits: calls.saturating_sub(tasks * AGENTS_OWN),
        own_count: side.own_count(&stdout)?,
        costs: Vec::new(),
    })
}

fn once(field: &Field, side: &Side, jobs: usize, tasks: usize) -> Result<Cost> {
    let repo = field.fresh()?;
    let command = side.command(field, &repo, jobs);
    let (cost, _) = measure(&command, &field.path(""))?;
    field.verify(tasks)?;
    Ok(cost)
}
