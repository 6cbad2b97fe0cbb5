use std::cmp::Ordering;

use super::*;
use crate::model::{HarnessName, RunId, Timestamp};
use crate::protocol::lifecycle::fresh;

fn task(harness: Option<&str>, kind: Option<&str>) -> Task {
    let mut task = Task::new("t", "Do it.").expect("a good id");
    task.harness = harness.map(HarnessName::new);
    task.kind = kind.map(str::to_owned);
    task
}

fn request(limit: usize, harness: Option<usize>, kind: Option<usize>) -> ClaimRequest {
    ClaimRequest {
        run: RunId::new("r"),
        limit,
        lease: Duration::from_secs(1),
        source: None,
        ids: None,
        process: None,
        room: Room {
            default_harness: Some(HarnessName::new("x")),
            without: [HarnessName::new("gone")].into(),
            harnesses: harness
                .map(|n| (HarnessName::new("x"), n))
                .into_iter()
                .collect(),
            kinds: kind.map(|n| ("bug".to_owned(), n)).into_iter().collect(),
        },
        ageing: None,
    }
}

#[test]
fn room_by_harness_and_kind() {
    // limit, places for harness x, places for bugs; then tasks and whether each
    // is taken; whether some were passed over
    let x_bug = || task(Some("x"), Some("bug"));
    let none = || task(None, None);
    let y_bug = || task(Some("y"), Some("bug"));
    let gone = || task(Some("gone"), None);
    let table = [
        (
            (9, None, None),
            vec![(none(), true), (x_bug(), true)],
            false,
        ),
        (
            (1, None, None),
            vec![(none(), true), (none(), false)],
            false,
        ),
        (
            (9, Some(1), None),
            vec![(none(), true), (x_bug(), false), (y_bug(), true)],
            true,
        ),
        (
            (9, Some(1), Some(1)),
            vec![(y_bug(), true), (x_bug(), false), (none(), true)],
            true,
        ),
        ((9, Some(0), None), vec![(gone(), false)], false),
        (
            (9, None, None),
            vec![(gone(), false), (none(), true)],
            false,
        ),
    ];
    for ((limit, harness, kind), tasks, passed) in table {
        let what = request(limit, harness, kind);
        let mut choice = Choice::new(&what);
        for (task, taken) in tasks {
            assert_eq!(choice.takes(&task), taken, "{what:?} {task:?}");
        }
        assert_eq!(choice.passed(), passed, "{what:?}");
    }
}

#[test]
fn who_waits_rises_at_one_rate() {
    let row = |priority, since| {
        let task = task(None, None).priority(priority);
        fresh(task.into(), Timestamp(since))
    };
    let minute = Some(Duration::from_secs(60));
    // one, other, without ageing, with ageing: how one compares to the other
    let (less, greater, equal) = (Ordering::Less, Ordering::Greater, Ordering::Equal);
    let table = [
        (row(0, 0), row(0, 9), equal, less),
        (row(1, 60_001), row(0, 0), less, greater),
        (row(1, 59_999), row(0, 0), less, less),
        (row(1, 60_000), row(0, 0), less, equal),
        (row(i32::MAX, u64::MAX), row(i32::MIN, 0), less, greater),
        (row(i32::MAX, 1), row(i32::MIN, 0), less, less),
    ];
    for (one, other, without, with) in table {
        assert_eq!(rank(&one, None).cmp(&rank(&other, None)), without);
        let ranks = rank(&one, minute).cmp(&rank(&other, minute));
        assert_eq!(ranks, with, "{} {}", one.task.priority, one.waits_since.0);
    }
    let ages = Some(Duration::MAX);
    assert!(rank(&row(i32::MAX, 0), ages) < rank(&row(i32::MIN, 0), ages));
}
