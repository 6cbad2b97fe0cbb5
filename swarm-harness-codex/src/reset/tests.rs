use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};
use proptest::prelude::*;

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

// tidy: table
#[test]
fn every_form_is_understood_in_its_zone() {
    let now = "2026-11-20T23:53:00Z";
    let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    for (text, zone, expected) in [
        (
            "or try again at Nov 21st, 2026 12:53 AM.",
            "UTC0",
            "2026-11-21T00:54:00Z",
        ),
        (
            "or try again at Nov 21st, 2026 12:53 AM.",
            berlin,
            "2026-11-20T23:54:00Z",
        ),
        (
            "try again at Jul 2nd, 2027 1:05 PM",
            berlin,
            "2027-07-02T11:06:00Z",
        ),
        ("try again at 11:59 PM.", "UTC0", "2026-11-21T00:00:00Z"),
        // Already past: that of tomorrow.
        ("try again at 1:00 AM.", "UTC0", "2026-11-21T01:01:00Z"),
        // Its minute is not over, or is since a moment.
        ("try again at 11:53 PM.", "UTC0", "2026-11-20T23:54:00Z"),
        ("try again at 11:48 PM.", "UTC0", "2026-11-20T23:49:00Z"),
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
        // Words, as older versions put it.
        (
            "Please try again in 2 days 3 hours 5 minutes.",
            "UTC0",
            "2026-11-23T02:58:00Z",
        ),
        ("Try again in 5 minutes.", "UTC0", "2026-11-20T23:58:00Z"),
        (
            "try again in 1 hour, or pay",
            "UTC0",
            "2026-11-21T00:53:00Z",
        ),
        (
            "try again in 20s (request abc)",
            "UTC0",
            "2026-11-20T23:53:20Z",
        ),
        (
            "try again in less than a minute.",
            "UTC0",
            "2026-11-20T23:54:00Z",
        ),
        // This hour is there twice.
        (
            "try again at Oct 31st, 2027 2:30 AM",
            berlin,
            "2027-10-31T01:31:00Z",
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
        "try again in -5m",
        "try again in 99999999 days",
        "try again in 99999999999999999h",
    ] {
        assert_eq!(at(text, "2026-11-20T23:53:00Z", "UTC0"), None, "{text}");
    }
}

/// Summer time in the north, in the south, by half an hour, and none.
const ZONES: [&str; 4] = [
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-5:30",
];

/// As Codex puts it: `Nov 21st, 2026 12:53 AM`.
fn put(when: &Zoned) -> String {
    let suffix = match when.day() {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    let (day, date) = (when.day(), when.strftime("%b"));
    let clock = when.strftime("%Y %-I:%M %p");
    format!("try again at {date} {day}{suffix}, {clock}.")
}

fn zoned(seconds: i64, zone: &str) -> Zoned {
    let at = jiff::Timestamp::from_second(seconds).unwrap();
    at.to_zoned(TimeZone::posix(zone).unwrap())
}

proptest! {
    #[test]
    fn what_codex_writes_is_read_to_the_minute(
        minutes in 28_000_000_i64..35_000_000,
        zone in 0..ZONES.len(),
    ) {
        let when = zoned(minutes * 60, ZONES[zone]);
        let now = zoned(minutes * 60 - 7_000, ZONES[zone]);
        let read = retry_at(&put(&when), &now).unwrap();
        let over = when.timestamp().as_millisecond() + 60_000;
        let late = i64::try_from(read.0).unwrap() - over;
        // Of an hour that is there twice, the later one.
        let twice = when.time_zone().to_ambiguous_zoned(when.datetime()).is_ambiguous();
        prop_assert!(late == 0 || (twice && (0..=3_600_000).contains(&late)), "{late}");
    }

    #[test]
    fn a_time_of_today_is_within_a_day(
        now in 1_700_000_000_i64..2_100_000_000,
        hour in 1..=12,
        minute in 0..60,
        half in prop_oneof!["AM", "PM"],
        zone in 0..ZONES.len(),
    ) {
        let now = zoned(now, ZONES[zone]);
        let text = format!("try again at {hour}:{minute:02} {half}.");
        let read = i64::try_from(retry_at(&text, &now).unwrap().0).unwrap();
        let wait = read - now.timestamp().as_millisecond();
        // An hour back, an hour more where the clock was put back.
        prop_assert!((-3_600_000..=25 * 3_600_000).contains(&wait), "{wait}");
    }

    #[test]
    fn spans_in_words_are_added(days in 0_i64..40, hours in 0_i64..48, minutes in 0_i64..99) {
        let now = zoned(1_790_000_000, "UTC0");
        let text = format!("Try again in {days} days {hours} hours {minutes} minutes.");
        let read = i64::try_from(retry_at(&text, &now).unwrap().0).unwrap();
        let wait = SignedDuration::from_millis(read - now.timestamp().as_millisecond());
        prop_assert_eq!(wait.as_mins(), (days * 24 + hours) * 60 + minutes);
    }

    #[test]
    fn no_text_is_too_much(
        text in "(?i)(try again (at|in) )[ -~\u{e4}\u{2028}]{0,40}",
        any in ".{0,40}",
    ) {
        let now = zoned(1_790_000_000, ZONES[0]);
        for text in [text.as_str(), any.as_str(), &format!("try again in {any}")] {
            if let Some(at) = retry_at(text, &now) {
                prop_assert!(at.0 > 0);
            }
        }
    }

    #[test]
    fn every_day_of_every_month_has_its_word(day in 1_i8..=31, month in 1_i8..=12, year in 2024_i16..2100) {
        if let Ok(date) = Date::new(year, month, day) {
            let zone = TimeZone::UTC;
            let when = date.at(9, 5, 0, 0).to_zoned(zone).unwrap();
            let read = retry_at(&put(&when), &when).unwrap();
            let over = when.timestamp().as_millisecond() + 60_000;
            prop_assert_eq!(i64::try_from(read.0).unwrap(), over);
        }
    }
}
