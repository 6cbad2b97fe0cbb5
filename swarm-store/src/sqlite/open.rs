//! Opening the file: whose it is, which version it has, how it is written.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior};
use swarm_core::error::{Advice, Failure};
use swarm_core::ports::{StoreError, StoreErrorKind};

use super::busy::patiently;
use super::fault::Fault;
use super::network;

/// "SWRM": marks a file as ours.
const APPLICATION: u32 = 0x5357_524d;
/// The version of the schema below.
const VERSION: u32 = 1;

/// `row` is the truth; the other columns repeat what claiming must find
/// quickly, and are written together with it. `waits` counts the rows of the
/// table `waits`, which knows only dependencies that have not landed.
const SCHEMA: &str = "
    CREATE TABLE tasks (
        id TEXT NOT NULL PRIMARY KEY,
        source TEXT NOT NULL,
        priority INTEGER NOT NULL,
        available_at INTEGER,
        landed INTEGER NOT NULL,
        waits INTEGER NOT NULL,
        row TEXT NOT NULL
    ) STRICT;
    CREATE INDEX claimable ON tasks (priority DESC, id, available_at)
        WHERE available_at IS NOT NULL AND waits = 0;
    CREATE TABLE waits (
        dependency TEXT NOT NULL,
        task TEXT NOT NULL,
        PRIMARY KEY (dependency, task)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX waits_of ON waits (task);
";

/// Opens the file, or makes a new one with its folder.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|error| {
        let hint = "make its folder writable, or keep the store elsewhere";
        unusable(path, format!("{error} ({hint})"))
    })?;
    if let Some(kind) = network::file_system(folder) {
        let why = format!(
            "{} is on a network file system ({kind}), where SQLite cannot lock safely; \
             keep the store on a local disk",
            folder.display()
        );
        return Err(unusable(path, why));
    }
    check_header(path)?;
    patiently(|| connect(path)).map_err(|fault| fault.explain("open", path))
}

fn unusable(path: &Path, why: String) -> StoreError {
    Failure::new(
        StoreErrorKind::Unavailable,
        opening(path),
        Advice::FixConfiguration,
    )
    .because(why)
}

fn opening(path: &Path) -> String {
    format!("open the task store {}", path.display())
}

/// Refuses a file that is not ours or too new, without touching it: opening it
/// with SQLite might already write to it.
fn check_header(path: &Path) -> Result<(), StoreError> {
    let mut header = Vec::new();
    match File::open(path).and_then(|file| file.take(100).read_to_end(&mut header)) {
        // A new file, or one that SQLite will explain better.
        Err(_) | Ok(0) => return Ok(()),
        Ok(_) => {}
    }
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let ours = header.starts_with(b"SQLite format 3\0") && number(68) == Some(APPLICATION);
    check_version(path, ours, number(60).unwrap_or_default())
}

fn check_version(path: &Path, ours: bool, version: u32) -> Result<(), StoreError> {
    if !ours {
        let why = "the file is no task store; keep the store elsewhere";
        let kind = StoreErrorKind::Corrupt;
        return Err(Failure::new(kind, opening(path), Advice::FixConfiguration).because(why));
    }
    if version > VERSION {
        let why = format!(
            "it has version {version} and this program knows {VERSION}; use a newer program"
        );
        let kind = StoreErrorKind::TooNew;
        return Err(Failure::new(kind, opening(path), Advice::NeedsPerson).because(why));
    }
    Ok(())
}

fn connect(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // We wait by ourselves, see `patiently`.
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Before the switch to a log, so that the marks are in the file itself,
    // where `check_header` looks.
    prepare(path, &connection)?;
    let text = |row: &Row<'_>| row.get::<_, String>(0);
    let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", text)?;
    if mode != "wal" {
        let why = format!(
            "its file system allows no shared log (SQLite offers {mode:?}); keep the store on a local disk"
        );
        return Err(unusable(path, why).into());
    }
    Ok(connection)
}

/// Makes the tables in a new file, or checks what another process made since
/// the header was read.
fn prepare(path: &Path, connection: &Connection) -> Result<(), Fault> {
    let change = begin_as(connection, TransactionBehavior::Immediate)?;
    let number = |pragma| change.pragma_query_value(None, pragma, |row| row.get::<_, u32>(0));
    let application = number("application_id")?;
    let tables: u32 =
        change.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && tables == 0 {
        change.execute_batch(SCHEMA)?;
        change.pragma_update(None, "application_id", APPLICATION)?;
        change.pragma_update(None, "user_version", VERSION)?;
        change.commit()?;
        return Ok(());
    }
    let ours = application == APPLICATION;
    Ok(check_version(path, ours, number("user_version")?)?)
}

/// Begins a transaction that may write, as soon as nobody else has one.
pub(super) fn begin(connection: &Connection) -> Result<Transaction<'_>, Fault> {
    patiently(|| begin_as(connection, TransactionBehavior::Immediate))
}

/// Begins a transaction that only reads: it sees one moment and disturbs
/// nobody. Its first reading may find the file locked for an instant.
pub(super) fn begin_reading(connection: &Connection) -> Result<Transaction<'_>, Fault> {
    begin_as(connection, TransactionBehavior::Deferred)
}

fn begin_as(connection: &Connection, how: TransactionBehavior) -> Result<Transaction<'_>, Fault> {
    Ok(Transaction::new_unchecked(connection, how)?)
}
