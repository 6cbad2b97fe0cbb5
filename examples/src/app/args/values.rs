//! Values of options and of the settings file's keys: read from a text on the
//! command line and from TOML in the file, by the same rules.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use swarm_store::files::parse_duration;

/// A whole number that is not smaller than `LEAST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Whole<const LEAST: u32>(pub(in crate::app) u32);

/// A number that may be 0.
pub(in crate::app) type Count = Whole<0>;
/// A number that may not be 0.
pub(in crate::app) type AtLeastOne = Whole<1>;

impl<const LEAST: u32> Whole<LEAST> {
    fn new(number: Option<u32>) -> Result<Self, String> {
        let number = number.filter(|number| *number >= LEAST);
        number
            .map(Self)
            .ok_or_else(|| format!("it must be a whole number, at least {LEAST}"))
    }

    /// For what is counted in memory.
    pub(in crate::app) fn size(self) -> usize {
        self.0.try_into().unwrap_or(usize::MAX)
    }
}

impl<const LEAST: u32> FromStr for Whole<LEAST> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::new(text.parse().ok())
    }
}

impl<'de, const LEAST: u32> Deserialize<'de> for Whole<LEAST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(from)?;
        Self::new(number.try_into().ok()).map_err(D::Error::custom)
    }
}

/// From 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Percent(pub(in crate::app) u8);

impl Percent {
    fn new(number: Option<u8>) -> Result<Self, String> {
        let number = number.filter(|number| *number <= 100);
        let wrong = || "it must be a whole number from 0 to 100".to_owned();
        number.map(Self).ok_or_else(wrong)
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::new(text.parse().ok())
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(from)?;
        Self::new(number.try_into().ok()).map_err(D::Error::custom)
    }
}

/// A share of the slots for what has this name: `codex=2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Share {
    pub(in crate::app) name: String,
    pub(in crate::app) jobs: AtLeastOne,
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once('=').filter(|(name, _)| !name.is_empty());
        let (name, jobs) = parts.ok_or_else(|| "write NAME=N, such as codex=2".to_owned())?;
        Ok(Self {
            name: name.to_owned(),
            jobs: jobs.parse()?,
        })
    }
}

/// Shares as a table: `codex = 2`.
pub(super) fn shares<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Share>, D::Error> {
    let table = BTreeMap::<String, AtLeastOne>::deserialize(from)?;
    let shares = table.into_iter();
    Ok(shares.map(|(name, jobs)| Share { name, jobs }).collect())
}

/// A duration: `90s`, or a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Span(pub(in crate::app) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span = parse_duration(text).map(Self);
        span.map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Span;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration, such as \"90s\", or a number of seconds")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Span, E> {
                let seconds = u64::try_from(seconds).map_err(E::custom)?;
                Ok(Span(Duration::from_secs(seconds)))
            }
        }
        from.deserialize_any(Written)
    }
}

/// As [`parse_duration`] reads it.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let units = [
            (seconds / 3600, "h"),
            (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
            (self.0.subsec_millis().into(), "ms"),
        ];
        let mut said = units
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .peekable();
        if said.peek().is_none() {
            return f.write_str("0s");
        }
        said.try_for_each(|(number, unit)| write!(f, "{number}{unit}"))
    }
}

/// A duration that is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Limit(pub(in crate::app) Duration);

impl TryFrom<Span> for Limit {
    type Error = String;

    fn try_from(Span(span): Span) -> Result<Self, String> {
        if span.is_zero() {
            return Err("it must be longer than 0".to_owned());
        }
        Ok(Self(span))
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<Span>()?.try_into()
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Span::deserialize(from)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

/// An amount of money that can be a limit, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::app) struct Dollars(pub(in crate::app) f64);

impl Dollars {
    fn new(usd: Option<f64>) -> Result<Self, String> {
        let usd = usd.filter(|usd| usd.is_finite() && *usd > 0.0);
        usd.map(Self)
            .ok_or_else(|| "it must be an amount in US dollars, such as 2.50".to_owned())
    }
}

impl FromStr for Dollars {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::new(text.parse().ok())
    }
}

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(Some(f64::deserialize(from)?)).map_err(D::Error::custom)
    }
}

/// A path in the repository, from its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Inside(pub(in crate::app) PathBuf);

impl FromStr for Inside {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = Path::new(text).components();
        let parts: Vec<Component<'_>> = parts.filter(|part| *part != Component::CurDir).collect();
        let inside = parts
            .iter()
            .all(|part| matches!(part, Component::Normal(_)));
        if parts.is_empty() || !inside {
            return Err(format!(
                "{text:?} is no path in the repository; write it from the root, such as tasks or \
                 docs/notes.md"
            ));
        }
        Ok(Self(parts.into_iter().collect()))
    }
}

impl<'de> Deserialize<'de> for Inside {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{AtLeastOne, Count, Dollars, Inside, Limit, Share, Span};

    #[test]
    fn a_path_in_the_repository_stays_in_it() {
        for (text, path) in [("tasks", "tasks"), ("./docs//a.md/", "docs/a.md")] {
            assert_eq!(text.parse(), Ok(Inside(path.into())));
        }
        for bad in ["", ".", "./", "/tasks", "../tasks", "a/../b"] {
            assert!(bad.parse::<Inside>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_have_a_least_one() {
        assert_eq!("0".parse(), Ok(Count::new(Some(0)).unwrap()));
        assert!("0".parse::<AtLeastOne>().is_err());
        for bad in ["", "-1", "1.5", "4294967296", "x"] {
            assert!(bad.parse::<Count>().is_err(), "{bad}");
        }
        for bad in ["0", "-1", "inf", "nan", "x"] {
            assert!(bad.parse::<Dollars>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_share_has_a_name_and_a_number() {
        let share: Share = "a=b=2".parse().unwrap();
        assert_eq!((share.name.as_str(), share.jobs.0), ("a=b", 2));
        for bad in ["", "a", "=2", "a=", "a=0", "a=x"] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_duration_is_written_as_it_is_read() {
        for text in ["0s", "90s", "1m30s", "1h", "6h", "1h1ms", "500ms"] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string().parse(), Ok(span));
        }
        assert_eq!(Span(Duration::from_secs(3600)).to_string(), "1h");
        assert_eq!(Span(Duration::from_secs(90)).to_string(), "1m30s");
        assert!("0s".parse::<Limit>().is_err());
    }
}
