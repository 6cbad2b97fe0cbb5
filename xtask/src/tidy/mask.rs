//! Blanks out what is not code in a Rust file, so that rules can look for
//! words and braces without a parser.

/// The same text with comments and the contents of literals as spaces.
///
/// Every byte keeps its place and every line its number. Quotes stay, so that
/// a rule can tell `("")` from `()`. Text that is not Rust comes out as
/// something, never as a panic.
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let before = masked.chars().next_back();
        let literal = comment(rest)
            .or_else(|| raw_string(rest, before))
            .or_else(|| string(rest))
            .or_else(|| character(rest));
        let (from, to, end) =
            literal.unwrap_or((next.len_utf8(), next.len_utf8(), next.len_utf8()));
        masked.push_str(&rest[..from]);
        masked.extend(
            rest[from..to]
                .bytes()
                .map(|b| if b == b'\n' { '\n' } else { ' ' }),
        );
        masked.push_str(&rest[to..end]);
        rest = &rest[end..];
    }
    masked
}

/// What to blank (`from..to`) of a token that ends at `end`.
type Blank = (usize, usize, usize);

fn comment(text: &str) -> Option<Blank> {
    if text.starts_with("//") {
        let end = text.find('\n').unwrap_or(text.len());
        return Some((0, end, end));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some((0, at, at));
        }
    }
    Some((0, text.len(), text.len()))
}

fn raw_string(text: &str, before: Option<char>) -> Option<Blank> {
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let prefix = ["r", "br", "cr"].into_iter().find(|p| {
        text.strip_prefix(p)
            .is_some_and(|rest| rest.starts_with(['#', '"']))
    })?;
    let marks = &text[prefix.len()..];
    let hashes = marks.len() - marks.trim_start_matches('#').len();
    let from = prefix.len() + hashes + 1;
    if text.as_bytes().get(from - 1) != Some(&b'"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let to = text[from..].find(&close).map_or(text.len(), |at| from + at);
    Some((from, to, (to + close.len()).min(text.len())))
}

fn string(text: &str) -> Option<Blank> {
    let body = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((1, 1 + at, 2 + at)),
            _ => {}
        }
    }
    Some((1, text.len(), text.len()))
}

/// A character, not a lifetime: `'x'` closes after one character or an escape.
fn character(text: &str) -> Option<Blank> {
    let body = text.strip_prefix('\'')?;
    let first = body.chars().next()?;
    let length = if first == '\\' {
        let escape = body
            .char_indices()
            .nth(1)
            .map_or(1, |(at, c)| at + c.len_utf8());
        escape + body[escape..].find('\'')?
    } else {
        first.len_utf8()
    };
    body[length..]
        .starts_with('\'')
        .then_some((1, 1 + length, 2 + length))
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn blanks_what_is_not_code_and_keeps_every_place() {
        let table = [
            ("a // { b\nc", "a       \nc"),
            ("a /* { /* } */ { */ b", "a                   b"),
            ("a /* never closed", "a                "),
            (r#"f("{\"{")"#, r#"f("    ")"#),
            (r##"f(r#"{"{"#)"##, r##"f(r#"   "#)"##),
            (r#"f(br"\")"#, r#"f(br" ")"#),
            ("f(r#type)", "f(r#type)"),
            (
                r"['{', '\'', '\u{7b}', b'}']",
                "[' ', '  ', '      ', b' ']",
            ),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("\"日\"; '日'", "\"   \"; '   '"),
            ("\"two\nlines\" x", "\"   \n     \" x"),
            ("for\"x\"", "for\" \""),
        ];
        for (text, expected) in table {
            assert_eq!(mask(text), expected, "{text}");
        }
    }
}
