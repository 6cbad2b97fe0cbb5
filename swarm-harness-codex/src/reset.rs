//! When a usage limit ends, as Codex puts it for people.

use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Span, Zoned};
use swarm_core::model::Timestamp;

/// The time in "try again at Nov 21st, 2026 12:53 AM", "try again at 12:53 AM"
/// (today), "try again in 6m0s" or "try again in 2 days 3 hours"; `None` if
/// there is none.
///
/// A time of the day is in whole minutes, rounded down: the minute must be over.
/// Codex writes local time, so `now` must be in the zone that Codex runs in. A
/// time that the clock shows twice, when summer time ends, is the later one: too
/// late does less harm than too early.
pub(crate) fn retry_at(text: &str, now: &Zoned) -> Option<Timestamp> {
    if let Some(rest) = after(text, "try again at ") {
        let words: Vec<&str> = rest.split_whitespace().take(5).collect();
        let date = words.first()?.starts_with(|c: char| c.is_alphabetic());
        let when = if date {
            date_and_time(words.get(..5)?)?
        } else {
            today(words.get(..2)?, now)?
        };
        let when = now.time_zone().to_ambiguous_zoned(when).later().ok()?;
        return timestamp(&when.checked_add(Span::new().minutes(1)).ok()?);
    }
    let span = span(after(text, "try again in ")?)?;
    timestamp(&now.checked_add(span).ok()?)
}

/// What follows these words, which may begin a sentence.
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    // Same length as the text: only ASCII is changed.
    let at = text.to_ascii_lowercase().find(words)?;
    text.get(at + words.len()..)
}

/// `6m0s.`, `2 days 3 hours 5 minutes`: as many words as make sense.
fn span(text: &str) -> Option<Span> {
    if text.starts_with("less than a minute") {
        return Some(Span::new().minutes(1));
    }
    let words: Vec<&str> = text.split_whitespace().take(8).collect();
    let spans = (1..=words.len()).rev().filter_map(|count| {
        let span = words[..count].join(" ");
        let span = span.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        span.parse::<Span>().ok()
    });
    spans.into_iter().find(|span| !span.is_negative())
}

/// `Nov 21st, 2026 12:53 AM.`
fn date_and_time(words: &[&str]) -> Option<DateTime> {
    let [month, day, year, ..] = words else {
        return None;
    };
    let day = day.trim_end_matches(|c: char| !c.is_ascii_digit());
    let date = jiff::civil::Date::strptime("%b %d %Y", format!("{month} {day} {year}")).ok()?;
    Some(date.to_datetime(time(&words[3..])?))
}

/// `12:53 AM.`: the next time that it is so late. Codex leaves the day out if
/// it is the same; meanwhile midnight may have passed.
fn today(words: &[&str], now: &Zoned) -> Option<DateTime> {
    let when = now.date().to_datetime(time(words)?);
    // It may take a while until it is read.
    if when.duration_until(now.datetime()) > SignedDuration::from_hours(1) {
        return when.checked_add(SignedDuration::from_hours(24)).ok();
    }
    Some(when)
}

fn time(words: &[&str]) -> Option<Time> {
    let [clock, half, ..] = words else {
        return None;
    };
    let half = half.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    Time::strptime("%I:%M %p", format!("{clock} {half}")).ok()
}

fn timestamp(when: &Zoned) -> Option<Timestamp> {
    let millis = when.timestamp().as_millisecond();
    u64::try_from(millis).ok().map(Timestamp)
}

#[cfg(test)]
mod tests;
