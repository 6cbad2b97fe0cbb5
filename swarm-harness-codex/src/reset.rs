//! When a usage limit ends, as Codex puts it for people.

use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Zoned};
use swarm_core::model::Timestamp;

/// The time in "try again at Nov 21st, 2026 12:53 AM", "try again at 12:53 AM"
/// (today) or "try again in 6m0s"; `None` if there is none.
///
/// Codex writes local time, so `now` must be in the zone that Codex runs in. A
/// time that the clock shows twice, when summer time ends, is the later one: too
/// late does less harm than too early.
pub(crate) fn retry_at(text: &str, now: &Zoned) -> Option<Timestamp> {
    if let Some((_, rest)) = text.split_once("try again at ") {
        let words: Vec<&str> = rest.split_whitespace().take(5).collect();
        let date = words.first()?.starts_with(|c: char| c.is_alphabetic());
        let when = if date {
            date_and_time(words.get(..5)?)?
        } else {
            today(words.get(..2)?, now)?
        };
        let when = now.time_zone().to_ambiguous_zoned(when).later().ok()?;
        return timestamp(&when);
    }
    let (_, rest) = text.split_once("try again in ")?;
    let span = rest.split_whitespace().next()?.trim_end_matches('.');
    let span: SignedDuration = span.parse().ok()?;
    timestamp(&now.checked_add(span).ok()?)
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
    // A minute's grace: seconds are left out.
    if when.duration_until(now.datetime()) > SignedDuration::from_mins(1) {
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
mod tests {
    use jiff::Zoned;
    use jiff::tz::TimeZone;

    use super::retry_at;

    fn at(text: &str, now: &str, zone: &str) -> Option<String> {
        let zone = TimeZone::posix(zone).unwrap();
        let now: jiff::Timestamp = now.parse().unwrap();
        let now: Zoned = now.to_zoned(zone);
        let millis = retry_at(text, &now)?.0.try_into().unwrap();
        Some(
            jiff::Timestamp::from_millisecond(millis)
                .unwrap()
                .to_string(),
        )
    }

    #[test]
    fn every_form_is_understood_in_its_zone() {
        let now = "2026-11-20T23:53:00Z";
        let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
        for (text, zone, expected) in [
            (
                "or try again at Nov 21st, 2026 12:53 AM.",
                "UTC0",
                "2026-11-21T00:53:00Z",
            ),
            (
                "or try again at Nov 21st, 2026 12:53 AM.",
                berlin,
                "2026-11-20T23:53:00Z",
            ),
            (
                "try again at Jul 2nd, 2027 1:05 PM",
                berlin,
                "2027-07-02T11:05:00Z",
            ),
            ("try again at 11:59 PM.", "UTC0", "2026-11-20T23:59:00Z"),
            // Already past: that of tomorrow.
            ("try again at 1:00 AM.", "UTC0", "2026-11-21T01:00:00Z"),
            ("try again at 11:53 PM.", "UTC0", "2026-11-20T23:53:00Z"),
            (
                "Please try again in 1.5s.",
                "UTC0",
                "2026-11-20T23:53:01.5Z",
            ),
            (
                "Please try again in 6m0s. Visit",
                "UTC0",
                "2026-11-20T23:59:00Z",
            ),
            // This hour is there twice.
            (
                "try again at Oct 31st, 2027 2:30 AM",
                berlin,
                "2027-10-31T01:30:00Z",
            ),
        ] {
            assert_eq!(
                at(text, now, zone).as_deref(),
                Some(expected),
                "{text} in {zone}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_no_time() {
        for text in [
            "try again later.",
            "try again at ",
            "try again at soon",
            "try again at Nov 41st, 2026 12:53 AM.",
            "try again at Nov 21st, 2026 25:53 AM.",
            "try again at 1:00",
            "try again in a while",
            "try again in -",
            "try again in 99999999999999999h",
        ] {
            assert_eq!(at(text, "2026-11-20T23:53:00Z", "UTC0"), None, "{text}");
        }
    }
}
