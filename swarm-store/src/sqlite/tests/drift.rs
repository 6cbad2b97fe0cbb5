//! Long random lives: the SQLite store answers as the one in memory does, and
//! its columns say what its rows say.

use swarm_core::model::{Checkpoint, Ending, HarnessName, Intent, Oid, Source, TaskRow, TaskState};
use swarm_core::ports::{Guard, Spent, Step};
use swarm_core::store::MemoryStore;

use super::*;

/// A small generator of pseudo-random numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

/// Two stores that live the same life.
struct Pair {
    memory: MemoryStore,
    sqlite: SqliteStore,
    hand: Hand,
    /// The claims of either, in the same order; some are stale.
    claims: Vec<(Claim, Claim)>,
}

fn name(dice: &mut Dice) -> String {
    format!("t{}", dice.roll(8))
}

fn random_task(dice: &mut Dice) -> NewTask {
    let mut task = task(&name(dice));
    for _ in 0..dice.roll(3) {
        task = task.after(name(dice)).expect("a good id");
    }
    task.priority = i32::try_from(dice.roll(3)).expect("small") - 1;
    task.draft = dice.roll(12) == 0;
    task.harness = (dice.roll(2) == 0).then(|| HarnessName::new("h"));
    task.kind = (dice.roll(2) == 0).then(|| "bug".to_owned());
    task.source = Source(format!("s{}", dice.roll(2)));
    task.body = format!("text {}", dice.roll(3));
    NewTask {
        task,
        problem: (dice.roll(12) == 0).then(|| "unreadable".to_owned()),
    }
}

fn random_room(dice: &mut Dice) -> Room {
    let mut some = || (dice.roll(3) > 0).then(|| usize::try_from(dice.roll(2)).expect("small"));
    let (harness, kind) = (some(), some());
    Room {
        default_harness: Some(HarnessName::new(if dice.roll(2) == 0 { "h" } else { "i" })),
        without: (dice.roll(4) == 0)
            .then(|| HarnessName::new("i"))
            .into_iter()
            .collect(),
        harnesses: harness
            .map(|places| (HarnessName::new("h"), places))
            .into_iter()
            .collect(),
        kinds: kind
            .map(|places| ("bug".to_owned(), places))
            .into_iter()
            .collect(),
    }
}

fn random_step(dice: &mut Dice) -> Step {
    let reason = "because".to_owned();
    let ending = match dice.roll(12) {
        0 => return Step::Checkpoint(Checkpoint::default()),
        1 => return Step::Withdraw,
        2 => {
            return Step::Intend(Intent {
                base: Oid::new("b"),
                commit: Oid::new("c"),
            });
        }
        3 => Ending::Failed { reason },
        4 => Ending::Held { reason },
        5 => Ending::Interrupted { reason },
        6 | 7 => Ending::Retry {
            reason,
            after: Duration::from_secs(dice.roll(200)),
        },
        8 => Ending::Closed { reason },
        _ => Ending::Landed {
            commit: Oid::new("c"),
        },
    };
    Step::End {
        ending,
        spent: Spent::default(),
        checkpoint: Checkpoint::default(),
    }
}

impl Pair {
    async fn act(&mut self, dice: &mut Dice) {
        match dice.roll(8) {
            0 => self.add(dice).await,
            1 | 2 => self.claim(dice).await,
            3 => self.renew(dice).await,
            4 => self.by_version(dice).await,
            5 => {
                let span = Duration::from_secs(dice.roll(150));
                self.hand.pass(span);
                tokio::time::advance(span).await;
            }
            _ => self.change(dice).await,
        }
    }

    async fn add(&mut self, dice: &mut Dice) {
        let tasks: Vec<NewTask> = (0..=dice.roll(3)).map(|_| random_task(dice)).collect();
        let expected = self.memory.add(tasks.clone()).await.expect("add");
        assert_eq!(self.sqlite.add(tasks).await.expect("add"), expected);
    }

    async fn claim(&mut self, dice: &mut Dice) {
        let source = format!("s{}", dice.roll(2));
        let what = ClaimRequest {
            source: (dice.roll(2) == 0).then_some(Source(source)),
            room: random_room(dice),
            ageing: (dice.roll(2) == 0).then(|| Duration::from_secs(dice.roll(300))),
            ids: (dice.roll(3) == 0).then(|| (0..3).map(|_| task(&name(dice)).id).collect()),
            ..request(usize::try_from(dice.roll(4)).expect("small"))
        };
        let expected = self.memory.claim(what.clone()).await.expect("claim");
        let claims = self.sqlite.claim(what).await.expect("claim");
        assert_eq!(claims.next, expected.next);
        assert_eq!(claims.lost, expected.lost);
        assert_eq!(claims.passed, expected.passed);
        let brief = |claims: &Claims| -> Vec<_> {
            let won = claims.won.iter();
            won.map(|won| (won.claim.task.clone(), won.claim.fence, won.intent.clone()))
                .collect()
        };
        assert_eq!(brief(&claims), brief(&expected));
        let pairs = expected.won.into_iter().zip(claims.won);
        self.claims
            .extend(pairs.map(|(one, two)| (one.claim, two.claim)));
    }

    fn any_claim(&self, dice: &mut Dice) -> Option<(Claim, Claim)> {
        // Mostly one of the latest, which may still hold.
        let back = usize::try_from(dice.roll(6)).expect("small");
        self.claims.iter().rev().nth(back).cloned()
    }

    async fn renew(&mut self, dice: &mut Dice) {
        let Some((one, two)) = self.any_claim(dice) else {
            return;
        };
        let lease = Duration::from_secs(60);
        let expected = self.memory.renew(&[one], lease).await.expect("renew");
        let renewed = self.sqlite.renew(&[two], lease).await.expect("renew");
        assert_eq!(renewed, expected);
    }

    async fn change(&mut self, dice: &mut Dice) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..=dice.roll(2) {
            let Some((one, two)) = self.any_claim(dice) else {
                return;
            };
            let step = random_step(dice);
            let change = |claim: Claim| Change {
                task: claim.task.clone(),
                guard: Guard::Claim(claim),
                step: step.clone(),
            };
            ours.push(change(one));
            theirs.push(change(two));
        }
        let expected = self.memory.apply(ours).await;
        self.same(expected, self.sqlite.apply(theirs).await);
    }

    async fn by_version(&mut self, dice: &mut Dice) {
        let rows = all(&self.memory).await;
        let Some(row) = rows.get(usize::try_from(dice.roll(8)).expect("small")) else {
            return;
        };
        let step = match dice.roll(3) {
            0 => Step::Retry,
            1 => Step::Hold {
                reason: "later".to_owned(),
            },
            _ => Step::Remove,
        };
        let change = vec![Change {
            task: row.task.id.clone(),
            guard: Guard::Version(row.version),
            step,
        }];
        let expected = self.memory.apply(change.clone()).await;
        self.same(expected, self.sqlite.apply(change).await);
    }

    #[expect(clippy::unused_self)]
    fn same(&self, one: Result<(), StoreError>, two: Result<(), StoreError>) {
        let kind = |answer: Result<(), StoreError>| answer.map_err(|error| error.kind().clone());
        assert_eq!(kind(one), kind(two));
    }

    async fn compare(&self) {
        let brief = |row: &TaskRow| {
            let ready = matches!(row.state, TaskState::Ready { .. });
            let counts = (row.version, row.fence, row.attempts, row.tries);
            (row.task.clone(), row.state.word(), ready, counts)
        };
        let expected = all(&self.memory).await;
        let rows = all(&self.sqlite).await;
        assert!(rows.iter().map(brief).eq(expected.iter().map(brief)));
        check_columns(self.sqlite.path(), &rows);
    }
}

async fn all(store: &dyn TaskStore) -> Vec<TaskRow> {
    let page = store.list(TaskFilter::default(), None).await;
    page.expect("list").rows
}

/// A task's columns and its waits, as they are stored.
#[derive(Debug, PartialEq, Eq)]
struct Columns {
    source: String,
    priority: i32,
    available_at: Option<u64>,
    landed: bool,
    waits: usize,
    waits_for: BTreeSet<String>,
}

/// What the columns and the table of waits say, computed anew from the rows.
fn check_columns(path: &Path, rows: &[TaskRow]) {
    let connection = Connection::open(path).expect("open");
    let satisfied: BTreeSet<&TaskId> = rows
        .iter()
        .filter(|row| {
            matches!(
                row.state,
                TaskState::Landed { .. } | TaskState::Closed { .. }
            )
        })
        .map(|row| &row.task.id)
        .collect();
    for row in rows {
        let open = row
            .task
            .depends_on
            .iter()
            .filter(|id| !satisfied.contains(id));
        let waits_for: BTreeSet<String> = open.map(TaskId::to_string).collect();
        let expected = Columns {
            source: row.task.source.0.clone(),
            priority: row.task.priority,
            available_at: match &row.state {
                TaskState::Ready { .. } if row.task.draft => None,
                TaskState::Ready { not_before, .. } => Some(not_before.unwrap_or_default().0),
                TaskState::Running { holder } | TaskState::Landing { holder, .. } => {
                    Some(holder.lease_until.0)
                }
                _ => None,
            },
            landed: satisfied.contains(&row.task.id),
            waits: waits_for.len(),
            waits_for,
        };
        let stored = columns(&connection, row.task.id.as_str()).expect("it is stored");
        assert_eq!(stored, expected, "{}", row.task.id);
    }
}

fn columns(connection: &Connection, id: &str) -> rusqlite::Result<Columns> {
    let mut waits = connection.prepare("SELECT dependency FROM waits WHERE task = ?1")?;
    let waits = waits.query_map([id], |row| row.get(0))?;
    let waits_for = waits.collect::<Result<_, _>>()?;
    let query = "SELECT source, priority, available_at, landed, waits FROM tasks WHERE id = ?1";
    connection.query_row(query, [id], |row| {
        let available_at: Option<i64> = row.get(2)?;
        let waits: u32 = row.get(4)?;
        Ok(Columns {
            source: row.get(0)?,
            priority: row.get(1)?,
            available_at: available_at.map(i64::unsigned_abs),
            landed: row.get(3)?,
            waits: waits as usize,
            waits_for,
        })
    })
}

#[tokio::test(start_paused = true)]
async fn random_lives_are_the_same_in_both_stores() {
    let folder = tempfile::tempdir().expect("a folder");
    for seed in 0..25 {
        let hand = Hand::new();
        let mut pair = Pair {
            memory: MemoryStore::new(),
            sqlite: hand.open(&folder.path().join(format!("{seed}.db"))),
            hand,
            claims: Vec::new(),
        };
        let mut dice = Dice(seed);
        for _ in 0..120 {
            pair.act(&mut dice).await;
        }
        pair.compare().await;
    }
}
