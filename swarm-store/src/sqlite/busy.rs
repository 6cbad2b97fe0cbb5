//! Waiting for other processes that write to the same file.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::fault::Fault;

/// How long others may keep the file locked. Our own locks last microseconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest of the pauses between two tries.
const PAUSE: Duration = Duration::from_millis(8);

/// Tries until nobody else has the lock.
///
/// SQLite's own waiting lets one of many waiters starve; pauses of random
/// length do not.
pub(super) fn patiently<T>(mut attempt: impl FnMut() -> Result<T, Fault>) -> Result<T, Fault> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(fault) if fault.is_busy() && began.elapsed() < PATIENCE => {
                std::thread::sleep(random_pause());
            }
            done => return done,
        }
    }
}

fn random_pause() -> Duration {
    // Every hasher of a new state starts from fresh random keys.
    let random = RandomState::new().hash_one(0_u8);
    let span = u64::try_from(PAUSE.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random % span)
}
