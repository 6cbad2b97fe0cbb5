//! Durations as people write them.

use std::time::Duration;

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration; write 90s, 10m, 1h30m or a number of seconds")]
pub struct BadDuration(pub String);

/// Reads `90s`, `10m`, `1h30m`, `500ms` or a number of seconds.
///
/// ```
/// use std::time::Duration;
/// use swarm_store::files::parse_duration;
/// assert_eq!(parse_duration("1h30m"), Ok(Duration::from_secs(5400)));
/// assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
/// assert!(parse_duration("soon").is_err());
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, BadDuration> {
    read(text.trim()).ok_or_else(|| BadDuration(text.to_owned()))
}

fn read(text: &str) -> Option<Duration> {
    if let Some(seconds) = number(text) {
        return Some(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut millis: u64 = 0;
    // Each unit at most once, the largest first.
    for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, tail) = rest.split_at(digits);
        let Some(tail) = tail.strip_prefix(unit) else {
            continue;
        };
        // The m of ms is no minute.
        if unit == "m" && tail.starts_with('s') {
            continue;
        }
        millis = millis.checked_add(number(count)?.checked_mul(length)?)?;
        rest = tail;
    }
    (rest.is_empty() && !text.is_empty()).then(|| Duration::from_millis(millis))
}

fn number(digits: &str) -> Option<u64> {
    // `parse` would take a plus sign.
    let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits_only.then(|| digits.parse().ok())?
}
