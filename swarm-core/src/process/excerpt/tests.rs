use super::*;

fn keep(limit: usize, chunks: &[&[u8]]) -> String {
    let mut excerpt = Excerpt::new(limit);
    for chunk in chunks {
        excerpt.chunk(Stream::Stdout, chunk);
    }
    excerpt.text()
}

#[test]
fn head_and_tail_are_kept() {
    let table: &[(usize, &[&[u8]], &str)] = &[
        (10, &[b"short"], "short"),
        (10, &[b"01234", b"56789"], "0123456789"),
        (4, &[b"0123456789"], "01\n… 6 bytes left out …\n89"),
        (
            4,
            &[b"0", b"123456", b"789"],
            "01\n… 6 bytes left out …\n89",
        ),
        (0, &[b"0"], "\n… 1 bytes left out …\n"),
        (10, &[], ""),
        (8, &["€€€€€".as_bytes()], "€\n… 9 bytes left out …\n€"),
        (8, &[b"a\xFFb"], "a\u{FFFD}b"),
    ];
    for (limit, chunks, expected) in table {
        assert_eq!(keep(*limit, chunks), *expected);
    }
}
