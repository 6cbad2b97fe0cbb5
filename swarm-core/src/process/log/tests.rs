use tempfile::TempDir;

use super::*;

/// What a log of this size holds after these writes.
fn kept(limit: u64, writes: &[&[u8]]) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    let mut log = Log::create(&path, limit).unwrap();
    for bytes in writes {
        log.write(bytes);
        let sizes = fs::read_dir(folder.path()).unwrap();
        let sizes = sizes.map(|entry| entry.unwrap().metadata().unwrap().len());
        assert!(sizes.sum::<u64>() <= limit.max(2));
    }
    drop(log);
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 1, "the log alone is left");
    fs::read_to_string(path).unwrap()
}

#[test]
fn what_fits_is_kept_as_it_came() {
    assert_eq!(kept(8, &[]), "");
    assert_eq!(kept(8, &[b"abc"]), "abc");
    assert_eq!(kept(8, &[b"abcd", b"efgh"]), "abcdefgh");
    assert_eq!(kept(8, &[b"abcdefgh"]), "abcdefgh");
}

#[test]
fn head_and_tail_of_a_longer_output_are_kept_and_the_gap_is_told() {
    assert_eq!(kept(8, &[b"abcdefghi"]), "abcd\n… 2 bytes left out …\nghi");
    let all = [b"0123".as_slice(); 1000];
    assert_eq!(kept(8, &all), "0123\n… 3992 bytes left out …\n0123");
    let one = b"0123".repeat(1000);
    assert_eq!(kept(8, &[&one]), "0123\n… 3992 bytes left out …\n0123");
}

#[test]
fn a_log_of_almost_nothing_still_tells_how_much_there_was() {
    assert_eq!(kept(0, &[b"abc"]), "\n… 1 bytes left out …\nbc");
}
