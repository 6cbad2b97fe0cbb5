//! What listings show.

use super::{StoreFixture, add, finish, id, landed, task};
use crate::model::{Source, Task, TaskId};
use crate::ports::{TaskFilter, TaskStore};

/// More than any store puts into one page.
const MANY: usize = 5000;

async fn all(store: &dyn TaskStore, filter: TaskFilter) -> Vec<TaskId> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(filter.clone(), after).await.expect("list");
        let last = page.rows.last().map(|row| row.task.id.clone());
        ids.extend(page.rows.into_iter().map(|row| row.task.id));
        if page.next.is_none() {
            return ids;
        }
        assert_eq!(page.next, last, "a page begins after the one before");
        after = page.next;
    }
}

pub(super) async fn pages_are_in_the_order_of_ids(at: &dyn StoreFixture) {
    let store = at.store();
    assert_eq!(all(&*store, TaskFilter::default()).await, []);
    let mut expected: Vec<TaskId> = (0..MANY).map(|n| id(&format!("t {n}"))).collect();
    let tasks = expected.iter().rev().map(|id| task(id.as_str()));
    add(&*store, tasks).await;
    expected.sort();
    assert_eq!(all(&*store, TaskFilter::default()).await, expected);
    let chosen = TaskFilter {
        ids: Some(expected.iter().rev().cloned().collect()),
        source: None,
    };
    assert_eq!(all(&*store, chosen).await, expected);
}

pub(super) async fn filters_choose(at: &dyn StoreFixture) {
    let store = at.store();
    let from = |name: &str, source: &str| Task {
        source: Source(source.to_owned()),
        ..task(name)
    };
    add(&*store, [from("a", "x")]).await;
    finish(&*store, &["a"], landed()).await;
    add(&*store, [from("b", "y"), from("c", "x")]).await;
    let ids = Some(["c", "b", "nobody", "b"].map(id).to_vec());
    let source = Some(Source("x".to_owned()));
    let table = [
        (None, None, vec!["a", "b", "c"]),
        (ids.clone(), None, vec!["b", "c"]),
        (None, source.clone(), vec!["a", "c"]),
        (ids, source, vec!["c"]),
        (Some(Vec::new()), None, vec![]),
    ];
    for (ids, source, expected) in table {
        let filter = TaskFilter { ids, source };
        let expected: Vec<TaskId> = expected.into_iter().map(id).collect();
        assert_eq!(all(&*store, filter.clone()).await, expected, "{filter:?}");
    }
}
