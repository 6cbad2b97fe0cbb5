//! Breaks recordings in ways that can be repeated.

use super::Recorded;
use super::dice::Dice;
use super::json::disturb;
use crate::model::Limit;
use crate::ports::Stop;
use crate::process::Exit;

/// One way to break a recording; the others are where it can borrow from.
type Way = fn(&mut Recorded, &[Recorded], &mut Dice);

const WAYS: [Way; 20] = [
    // Structure counts most: bytes that are no JSON are all read alike.
    disturb_json,
    disturb_json,
    disturb_json,
    disturb_json,
    cut_stream,
    cut_line,
    drop_line,
    double_line,
    swap_lines,
    foreign_line,
    odd_value,
    mix_in_errors,
    drop_bytes,
    repeat_bytes,
    flip_byte,
    odd_bytes,
    other_line_ends,
    cut_long_lines,
    mix_streams,
    end_otherwise,
];

/// The mutant of this seed.
pub(super) fn mutant(streams: &[Recorded], seed: u64) -> Recorded {
    let mut dice = Dice::new(seed);
    let nothing = || Recorded::new("", "", "", Exit::Code(0));
    let mut stream = dice.pick(streams).cloned().unwrap_or_else(nothing);
    for _ in 0..=dice.below(4) {
        if let Some(way) = dice.pick(&WAYS) {
            way(&mut stream, streams, &mut dice);
        }
    }
    stream.name = format!("{}-{seed}", stream.name);
    stream
}

fn disturb_json(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let line = line(&stream.stdout, dice);
    if let Ok(mut value) = serde_json::from_slice(&stream.stdout[line.clone()]) {
        disturb(&mut value, dice);
        stream.stdout.splice(line, value.to_string().into_bytes());
    }
}

fn cut_stream(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let at = dice.below(stream.stdout.len());
    stream.stdout.truncate(at);
}

fn cut_line(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let line = line(&stream.stdout, dice);
    let from = line.start + dice.below(line.len());
    stream.stdout.drain(from..line.end);
}

fn drop_line(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let line = line(&stream.stdout, dice);
    stream.stdout.drain(line);
}

fn double_line(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let line = line(&stream.stdout, dice);
    let mut again = stream.stdout[line.clone()].to_vec();
    again.push(b'\n');
    stream.stdout.splice(line.start..line.start, again);
}

fn swap_lines(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let mut lines: Vec<&[u8]> = stream.stdout.split(|byte| *byte == b'\n').collect();
    let (one, two) = (dice.below(lines.len()), dice.below(lines.len()));
    lines.swap(one, two);
    stream.stdout = lines.join(&b'\n');
}

/// From another recording: of a turn that ended otherwise, of another version.
fn foreign_line(stream: &mut Recorded, others: &[Recorded], dice: &mut Dice) {
    let Some(other) = dice.pick(others) else {
        return;
    };
    let mut text = other.stdout[line(&other.stdout, dice)].to_vec();
    text.push(b'\n');
    let at = line(&stream.stdout, dice).start;
    stream.stdout.splice(at..at, text);
}

/// What the structure of a value does not let us write.
fn odd_value(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    const ODD: [&str; 8] = [
        "1e400",
        "-18446744073709551616",
        "00",
        "\"\\ud83d\"",
        "\"\u{2028}\"",
        "NaN",
        "{\"a\":1,\"a\":2}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ];
    let from = dice.below(stream.stdout.len());
    let rest = &stream.stdout[from..];
    let Some(colon) = rest.iter().position(|byte| *byte == b':') else {
        return;
    };
    let from = from + colon + 1;
    let rest = &stream.stdout[from..];
    let length = rest.iter().position(|byte| b",}\n".contains(byte));
    let to = length.map_or(stream.stdout.len(), |length| from + length);
    let odd = dice.pick(&ODD).copied().unwrap_or_default();
    stream.stdout.splice(from..to, odd.bytes());
}

/// Both streams in one pipe: a complaint in the middle of an event.
fn mix_in_errors(stream: &mut Recorded, others: &[Recorded], dice: &mut Dice) {
    let own = &stream.stderr[line(&stream.stderr, dice)];
    let mut complaint = own.to_vec();
    if let Some(other) = dice.pick(others)
        && complaint.is_empty()
    {
        complaint = other.stderr[line(&other.stderr, dice)].to_vec();
    }
    if dice.one_in(2) {
        complaint.push(b'\n');
    }
    let at = dice.below(stream.stdout.len());
    stream.stdout.splice(at..at, complaint);
}

fn drop_bytes(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let bytes = either(stream, dice);
    let span = span(bytes, dice);
    bytes.drain(span);
}

fn repeat_bytes(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let bytes = either(stream, dice);
    let span = span(bytes, dice);
    let again = bytes[span.clone()].to_vec();
    bytes.splice(span.start..span.start, again);
}

fn flip_byte(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let bytes = either(stream, dice);
    let at = dice.below(bytes.len());
    let bit = dice.below(8);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

/// Half a character, a byte order mark, a NUL, a line end of Unicode.
fn odd_bytes(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    const ODD: [&[u8]; 7] = [
        b"\xf0\x9f",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\0",
        b"\r",
        "\u{2028}".as_bytes(),
        "\u{85}".as_bytes(),
    ];
    let bytes = either(stream, dice);
    let at = if dice.one_in(4) {
        0
    } else {
        dice.below(bytes.len())
    };
    let odd = dice.pick(&ODD).copied().unwrap_or_default();
    bytes.splice(at..at, odd.iter().copied());
}

fn other_line_ends(stream: &mut Recorded, _: &[Recorded], _: &mut Dice) {
    for bytes in [&mut stream.stdout, &mut stream.stderr] {
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        *bytes = lines.join(&b"\r\n"[..]);
    }
}

fn cut_long_lines(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    stream.max_line = 1 + line(&stream.stdout, dice).len();
}

fn mix_streams(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    stream.mixed = dice.next();
}

fn end_otherwise(stream: &mut Recorded, _: &[Recorded], dice: &mut Dice) {
    let mut number = |below| i32::try_from(dice.below(below)).unwrap_or_default();
    let kind = number(7);
    stream.exit = match kind {
        0 => Exit::Code(0),
        1 => Exit::Code(number(300)),
        2 => Exit::Signal(number(65)),
        3 => Exit::StoppedByUs(Stop::Gently),
        4 => Exit::StoppedByUs(Stop::Now),
        5 => Exit::StoppedByUs(Stop::Limit(Limit::Idle)),
        _ => Exit::StoppedByUs(Stop::Limit(Limit::Wall)),
    };
}

/// Mostly standard output, for most is said there.
fn either<'a>(stream: &'a mut Recorded, dice: &mut Dice) -> &'a mut Vec<u8> {
    if dice.one_in(6) {
        &mut stream.stderr
    } else {
        &mut stream.stdout
    }
}

fn span(bytes: &[u8], dice: &mut Dice) -> std::ops::Range<usize> {
    let from = dice.below(bytes.len());
    from..(from + dice.below(200)).min(bytes.len())
}

/// Where some line is, without its end. Each is as likely as any other, however
/// long it is.
fn line(bytes: &[u8], dice: &mut Dice) -> std::ops::Range<usize> {
    let mut from = 0;
    let mut lines = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = from + line.len();
        lines.push(from..end - usize::from(line.ends_with(b"\n")));
        from = end;
    }
    dice.pick(&lines).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Exit, Recorded, WAYS, mutant};
    use crate::testing::streams::dice::Dice;

    fn streams() -> [Recorded; 2] {
        let stdout = "{\"type\":\"a\",\"list\":[1,{\"x\":\"y\"}]}\n{\"type\":\"b\"}\n";
        [
            Recorded::new("one", stdout, "warning: w\nerror: e\n", Exit::Code(0)),
            Recorded::new("two", "{\"other\":true}\n{\"z\":1}\n", "", Exit::Signal(9)),
        ]
    }

    #[test]
    fn a_seed_always_gives_the_same_and_others_give_others() {
        let streams = streams();
        let mut seen = BTreeSet::new();
        for seed in 0..500 {
            let mutant = mutant(&streams, seed);
            assert_eq!(mutant, super::mutant(&streams, seed));
            seen.insert(format!("{:?}", (mutant.stdout, mutant.stderr, mutant.exit)));
        }
        assert!(seen.len() > 300, "{} kinds", seen.len());
    }

    #[test]
    fn every_way_breaks_something_and_bears_nothing_at_all() {
        let empty = [Recorded::new("", "", "", Exit::Code(0))];
        for (at, way) in WAYS.into_iter().enumerate() {
            let breaks = |seed| {
                let mut stream = streams()[0].clone();
                way(&mut stream, &streams(), &mut Dice::new(seed));
                stream != streams()[0]
            };
            assert!((0..50).any(breaks), "way {at}");
            for seed in 0..50 {
                way(&mut empty[0].clone(), &empty, &mut Dice::new(seed));
            }
        }
        for seed in 0..50 {
            mutant(&[], seed);
        }
    }
}
