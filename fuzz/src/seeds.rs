//! Runs a target without libFuzzer.

use std::fs;
use std::path::Path;

/// Runs a target on every file of its seeds and gives their number.
///
/// # Panics
///
/// If a seed cannot be read, or does not hold.
pub fn replay(name: &str, run: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(name);
    let files = fs::read_dir(&folder).expect("every target has seeds");
    let mut count = 0;
    for file in files {
        let path = file.expect("a listed file").path();
        println!("{}", path.display());
        run(&fs::read(path).expect("a readable seed"));
        count += 1;
    }
    count
}
