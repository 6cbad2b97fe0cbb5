//! Reading a store page by page.

use crate::model::{Source, TaskRow};
use crate::ports::{StoreError, StoreErrorKind, TaskFilter, TaskStore};

/// All rows of a store, in the order of their ids.
pub(super) async fn all(
    store: &dyn TaskStore,
    source: Option<Source>,
) -> Result<Vec<TaskRow>, StoreError> {
    let filter = TaskFilter { ids: None, source };
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(filter.clone(), after).await?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

/// Whether a change was refused because somebody else was faster.
pub(super) fn refused(error: &StoreError) -> bool {
    matches!(error.kind(), StoreErrorKind::Refused { .. })
}
