//! What goes wrong inside a transaction, and the store error that it becomes.

use std::path::Path;

use rusqlite::ErrorCode;
use swarm_core::error::{Advice, Failure};
use swarm_core::model::TaskId;
use swarm_core::ports::{StoreError, StoreErrorKind};
use swarm_core::protocol::lifecycle::Refused;
use swarm_core::store::{refused, unknown};

/// Why a transaction was given up.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Refused(TaskId, Refused),
    Unknown(TaskId),
    /// Already explained.
    Told(StoreError),
    /// A row that cannot be understood.
    Row(String, serde_json::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl Fault {
    /// Somebody else has the file's lock.
    pub(super) fn is_busy(&self) -> bool {
        let Self::Sql(error) = self else {
            return false;
        };
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        )
    }

    /// The error to give to a caller who wanted this done.
    pub(super) fn explain(self, doing: &str, path: &Path) -> StoreError {
        match self {
            Self::Sql(error) => sql(&error, doing, path),
            Self::Told(error) => error,
            Self::Refused(task, why) => refused(task, why),
            Self::Unknown(task) => unknown(task),
            Self::Row(id, error) => Failure::new(
                StoreErrorKind::Corrupt,
                format!("read task {id} in the store {}", path.display()),
                Advice::NeedsPerson,
            )
            .because(error),
        }
    }
}

fn sql(error: &rusqlite::Error, doing: &str, path: &Path) -> StoreError {
    let (kind, advice, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            StoreErrorKind::Unavailable,
            Advice::Retry,
            "another process keeps it locked",
        ),
        Some(ErrorCode::DiskFull) => (
            StoreErrorKind::Unavailable,
            Advice::NeedsPerson,
            "free some space on its disk",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            StoreErrorKind::Unavailable,
            Advice::FixConfiguration,
            "make the file and its folder writable, or keep the store elsewhere",
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            StoreErrorKind::Corrupt,
            Advice::NeedsPerson,
            "the file is damaged or is no task store; put it aside",
        ),
        _ => (
            StoreErrorKind::Unavailable,
            Advice::NeedsPerson,
            "check its disk",
        ),
    };
    Failure::new(
        kind,
        format!("{doing} the task store {}", path.display()),
        advice,
    )
    .because(format!("{error} ({hint})"))
}
