//! Tries what an adapter makes of broken recordings.

use std::env;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use super::Recorded;
use super::mutator::mutant;

/// The seeds to try: as many as `SWARM_MUTATIONS` says, else `usual`.
pub fn seeds(usual: u64) -> Range<u64> {
    let asked = env::var("SWARM_MUTATIONS").ok();
    0..asked.and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// Checks one broken recording for each seed, and before them all of the
/// folder `corpus`.
///
/// A seed always breaks the same recording in the same way, as long as
/// `streams` are the same: lines are lost, doubled, swapped, cut or taken from
/// another recording, keys and values changed, bytes flipped, both streams run
/// into each other, the process ends otherwise.
///
/// Where `check` panics, the recording is written to `corpus/NAME-SEED`, so that
/// every later run tries it at once, also when `streams` have changed. Leave it
/// there when the fault is mended. A folder that is not there is empty.
///
/// # Panics
/// With what `check` panics with, after a line on standard error that says which
/// seed it was and where the recording is kept; and if `corpus` cannot be read.
pub fn mutate(streams: &[Recorded], corpus: &Path, seeds: Range<u64>, check: impl Fn(&Recorded)) {
    let kept = match Recorded::read_all(corpus) {
        Ok(kept) => kept,
        Err(error) => panic!("the corpus cannot be read: {error}"),
    };
    for stream in &kept {
        attempt(stream, &check, || {
            format!("{} of {} is not borne", stream.name, corpus.display())
        });
    }
    for seed in seeds {
        let stream = mutant(streams, seed);
        attempt(&stream, &check, || match stream.write(corpus) {
            Ok(()) => format!(
                "seed {seed}: kept as {}",
                corpus.join(&stream.name).display()
            ),
            Err(error) => format!("seed {seed}: {} cannot be kept: {error}", stream.name),
        });
    }
}

fn attempt(stream: &Recorded, check: &impl Fn(&Recorded), note: impl Fn() -> String) {
    // What a panic leaves half done is thrown away with the test.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(stream))) {
        eprintln!("{}", note());
        resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::{Recorded, mutate};
    use crate::process::Exit;

    #[test]
    fn what_fails_is_kept_and_tried_first_ever_after() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = folder.path().join("corpus");
        let streams = [Recorded::new("s", "a\nb\n", "", Exit::Code(0))];
        let failing = |at: u64| {
            let seen = std::cell::Cell::new(0);
            let check = |_: &Recorded| {
                seen.set(seen.get() + 1);
                assert!(seen.get() <= at, "found");
            };
            let run = std::panic::AssertUnwindSafe(|| mutate(&streams, &corpus, 5..50, check));
            (catch_unwind(run).is_err(), seen.get())
        };
        assert_eq!(failing(100), (false, 45));
        assert_eq!(failing(7), (true, 8));
        let kept = Recorded::read_all(&corpus).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].name, "s-12");
        // It comes before all seeds, and is not written again.
        assert_eq!(failing(0), (true, 1));
        assert_eq!(Recorded::read_all(&corpus).unwrap(), kept);
        assert_eq!(failing(100), (false, 46));
    }
}
