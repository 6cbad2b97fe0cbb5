//! Reading a whole store.

use crate::model::TaskRow;
use crate::ports::{StoreError, TaskFilter, TaskStore};

/// All rows that a filter chooses, in the order of their ids, read page by
/// page. Rows that change meanwhile show their old or their new state.
pub async fn all_rows(
    store: &dyn TaskStore,
    filter: TaskFilter,
) -> Result<Vec<TaskRow>, StoreError> {
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
