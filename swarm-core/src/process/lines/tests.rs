use super::*;

#[derive(Default)]
struct Heard(Vec<(Stream, String, bool)>);

impl LineSink for Heard {
    fn line(&mut self, line: Line<'_>) {
        self.0.push((line.stream, line.text.to_owned(), line.cut));
    }
}

fn hear(max: usize, chunks: &[&[u8]]) -> Vec<(String, bool)> {
    let mut heard = Heard::default();
    let mut lines = Lines::new(&mut heard, max);
    for chunk in chunks {
        lines.chunk(Stream::Stdout, chunk);
    }
    lines.ended(&over());
    heard
        .0
        .into_iter()
        .map(|(_, text, cut)| (text, cut))
        .collect()
}

// tidy: table
// tidy: table
#[test]
fn output_becomes_lines() {
    type Case<'a> = (&'a str, usize, &'a [&'a [u8]], &'a [(&'a str, bool)]);
    let table: &[Case<'_>] = &[
        ("two lines", 9, &[b"a\nb\n"], &[("a", false), ("b", false)]),
        ("no end", 9, &[b"a\nb"], &[("a", false), ("b", false)]),
        (
            "in pieces",
            9,
            &[b"a", b"b", b"\nc"],
            &[("ab", false), ("c", false)],
        ),
        ("empty lines", 9, &[b"\n\n"], &[("", false), ("", false)]),
        ("nothing", 9, &[], &[]),
        (
            "carriage return",
            9,
            &[b"a\r\n\r\nb\r"],
            &[("a", false), ("", false), ("b", false)],
        ),
        ("exactly as long", 3, &[b"abc\n"], &[("abc", false)]),
        (
            "too long",
            3,
            &[b"abcd\nx\n"],
            &[("abc", true), ("x", false)],
        ),
        (
            "too long in pieces",
            3,
            &[b"ab", b"cd", b"ef\nx"],
            &[("abc", true), ("x", false)],
        ),
        ("too long at the end", 3, &[b"abcd"], &[("abc", true)]),
        ("nothing allowed", 0, &[b"a\n"], &[("", true)]),
        ("no text", 9, &[b"a\xFFb\n"], &[("a\u{FFFD}b", false)]),
        (
            "a character in pieces",
            9,
            &[b"\xE2\x82", b"\xAC\n"],
            &[("€", false)],
        ),
        (
            "cut within a character",
            4,
            &["a€€\n".as_bytes()],
            &[("a€", true)],
        ),
        (
            "line separators",
            9,
            &["a\u{2028}b\n".as_bytes()],
            &[("a\u{2028}b", false)],
        ),
    ];
    for (name, max, chunks, expected) in table {
        let expected: Vec<_> = expected
            .iter()
            .map(|(text, cut)| ((*text).to_owned(), *cut))
            .collect();
        assert_eq!(hear(*max, chunks), expected, "{name}");
    }
}

#[test]
fn streams_are_kept_apart() {
    let mut heard = Heard::default();
    let mut lines = Lines::new(&mut heard, 99);
    lines.chunk(Stream::Stdout, b"out ");
    lines.chunk(Stream::Stderr, b"err\n");
    lines.chunk(Stream::Stdout, b"more\n");
    lines.ended(&over());
    let expected = [
        (Stream::Stderr, "err".to_owned(), false),
        (Stream::Stdout, "out more".to_owned(), false),
    ];
    assert_eq!(heard.0, expected);
}

#[test]
fn a_long_line_takes_no_more_memory_than_allowed() {
    let mut heard = Heard::default();
    let mut lines = Lines::new(&mut heard, 100_000);
    let chunk = vec![b'x'; 64 * 1024];
    for _ in 0..100 {
        lines.chunk(Stream::Stdout, &chunk);
    }
    assert!(lines.stdout.bytes.capacity() < 300_000);
    lines.chunk(Stream::Stdout, b"\n");
    assert!(lines.stdout.bytes.capacity() <= KEEP);
}

proptest::proptest! {
    #[test]
    fn how_output_is_cut_into_chunks_makes_no_difference(
        bytes in proptest::collection::vec(proptest::sample::select(&b"ab\n\r\xE2\x82\xAC"[..]), 0..60),
        at in 0..60usize,
        max in 0..8usize,
    ) {
        let (left, right) = bytes.split_at(at.min(bytes.len()));
        proptest::prop_assert_eq!(hear(max, &[left, right]), hear(max, &[&bytes]));
    }
}

fn over() -> Ended {
    Ended {
        exit: crate::process::Exit::Code(0),
        duration: std::time::Duration::ZERO,
        survivors: Vec::new(),
    }
}
