//! Rows in and out of the tables. Everything runs within a transaction of its
//! caller.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use swarm_core::model::{Source, TaskId, TaskRow, Timestamp};
use swarm_core::ports::ClaimRequest;
use swarm_core::protocol::choice::{Choice, pace};
use swarm_core::protocol::lifecycle::{self, Claimable};

use super::fault::Fault;

/// Reads one row.
pub(super) fn get(db: &Connection, id: &TaskId) -> Result<Option<TaskRow>, Fault> {
    db.prepare_cached("SELECT id, row FROM tasks WHERE id = ?1")?
        .query_row([id.as_str()], text)
        .optional()?
        .map(parse)
        .transpose()
}

/// Reads one row, if all that its task depends on has landed.
pub(super) fn waiting_for_nobody(db: &Connection, id: &TaskId) -> Result<Option<TaskRow>, Fault> {
    db.prepare_cached("SELECT id, row FROM tasks WHERE id = ?1 AND waits = 0")?
        .query_row([id.as_str()], text)
        .optional()?
        .map(parse)
        .transpose()
}

/// Writes a row: the only way into the table of tasks, so that the columns
/// beside the row never tell another story.
pub(super) fn put(db: &Connection, row: &TaskRow) -> Result<(), Fault> {
    let id = row.task.id.as_str();
    let text = serde_json::to_string(row).map_err(|error| Fault::Row(id.to_owned(), error))?;
    let landed = lifecycle::satisfied(&row.state);
    db.prepare_cached(
        "INSERT INTO tasks (id, source, priority, available_at, landed, waits, row)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)
         ON CONFLICT (id) DO UPDATE SET source = ?2, priority = ?3, available_at = ?4,
            landed = ?5, row = ?6",
    )?
    .execute(params![
        id,
        row.task.source.0,
        row.task.priority,
        available_at(row),
        landed,
        text
    ])?;
    if landed {
        release(db, id)?;
    }
    Ok(())
}

/// From when on a row can be claimed by itself; `None`: not at all.
fn available_at(row: &TaskRow) -> Option<i64> {
    match lifecycle::claimable(row, Timestamp(0)) {
        Claimable::Now => Some(0),
        Claimable::At(time) => Some(millis(time)),
        Claimable::No => None,
    }
}

fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

/// Frees the tasks that waited for one that has landed.
fn release(db: &Connection, id: &str) -> Result<(), Fault> {
    db.prepare_cached(
        "UPDATE tasks SET waits = waits - 1
         WHERE id IN (SELECT task FROM waits WHERE dependency = ?1)",
    )?
    .execute([id])?;
    db.prepare_cached("DELETE FROM waits WHERE dependency = ?1")?
        .execute([id])?;
    Ok(())
}

/// Has those wait that depend on a task which is open again.
pub(super) fn bind(db: &Connection, dependency: &TaskId) -> Result<(), Fault> {
    let id = dependency.as_str();
    db.prepare_cached(
        "UPDATE tasks SET waits = waits + 1
         WHERE NOT EXISTS (SELECT 1 FROM waits WHERE task = tasks.id AND dependency = ?1)
           AND EXISTS (SELECT 1 FROM json_each(row, '$.task.depends_on') WHERE value = ?1)",
    )?
    .execute([id])?;
    db.prepare_cached(
        "INSERT INTO waits (dependency, task)
         SELECT ?1, id FROM tasks
         WHERE NOT EXISTS (SELECT 1 FROM waits WHERE task = tasks.id AND dependency = ?1)
           AND EXISTS (SELECT 1 FROM json_each(row, '$.task.depends_on') WHERE value = ?1)",
    )?
    .execute([id])?;
    Ok(())
}

/// Records whom a task waits for: after its text was written.
pub(super) fn link(db: &Connection, row: &TaskRow) -> Result<(), Fault> {
    let id = row.task.id.as_str();
    db.prepare_cached("DELETE FROM waits WHERE task = ?1")?
        .execute([id])?;
    let mut insert = db.prepare_cached(
        "INSERT INTO waits (dependency, task)
         SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE id = ?1 AND landed)",
    )?;
    let mut waits = 0;
    let dependencies: BTreeSet<&TaskId> = row.task.depends_on.iter().collect();
    for dependency in dependencies {
        waits += insert.execute([dependency.as_str(), id])?;
    }
    let waits = i64::try_from(waits).unwrap_or(i64::MAX);
    db.prepare_cached("UPDATE tasks SET waits = ?2 WHERE id = ?1")?
        .execute(params![id, waits])?;
    Ok(())
}

/// Rows that can be claimed; the index has them in their order.
const READY: &str = "SELECT id, row FROM tasks INDEXED BY claimable
    WHERE available_at <= ?1 AND waits = 0 AND (?2 IS NULL OR source = ?2)
    ORDER BY priority DESC, id";
/// The same with ageing, in the order of `choice::rank`: all of them are
/// looked at and sorted.
const READY_BY_AGE: &str = "SELECT id, row FROM tasks INDEXED BY claimable
    WHERE available_at <= ?1 AND waits = 0 AND (?2 IS NULL OR source = ?2)
    ORDER BY coalesce(json_extract(row, '$.waits_since'), 0) - priority * ?3, id";

/// The rows to be claimed next, best first.
pub(super) fn choose(
    db: &Connection,
    what: &ClaimRequest,
    now: Timestamp,
    choice: &mut Choice,
) -> Result<Vec<TaskRow>, Fault> {
    let source = what.source.as_ref().map(|source| source.0.as_str());
    let mut query = match what.ageing {
        None => db.prepare_cached(READY)?,
        Some(_) => db.prepare_cached(READY_BY_AGE)?,
    };
    let mut rows = match what.ageing {
        None => query.query(params![millis(now), source])?,
        Some(span) => query.query(params![millis(now), source, pace(span)])?,
    };
    let mut chosen = Vec::new();
    while !choice.is_full()
        && let Some(row) = rows.next()?
    {
        let row = parse(text(row)?)?;
        if choice.takes(&row.task) {
            chosen.push(row);
        }
    }
    Ok(chosen)
}

/// When the next row can be claimed that cannot be now.
pub(super) fn next(
    db: &Connection,
    source: Option<&Source>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let source = source.map(|source| source.0.as_str());
    let time: Option<i64> = db
        .prepare_cached(
            "SELECT min(available_at) FROM tasks INDEXED BY claimable
             WHERE available_at > ?1 AND waits = 0 AND (?2 IS NULL OR source = ?2)",
        )?
        .query_row(params![millis(now), source], |row| row.get(0))?;
    Ok(time.map(|time| Timestamp(time.try_into().unwrap_or_default())))
}

/// The rows after an id, in the order of ids.
pub(super) fn after(
    db: &Connection,
    source: Option<&Source>,
    after: Option<&TaskId>,
    limit: usize,
) -> Result<Vec<TaskRow>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let source = source.map(|source| source.0.as_str());
    // No id is empty.
    let after = after.map_or("", TaskId::as_str);
    db.prepare_cached(
        "SELECT id, row FROM tasks
         WHERE id > ?1 AND (?2 IS NULL OR source = ?2) ORDER BY id LIMIT ?3",
    )?
    .query_map(params![after, source, limit], text)?
    .map(|row| parse(row?))
    .collect()
}

fn text(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn parse((id, text): (String, String)) -> Result<TaskRow, Fault> {
    serde_json::from_str(&text).map_err(|error| Fault::Row(id, error))
}
