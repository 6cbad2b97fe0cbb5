//! What turns cost.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tokens used. A harness that cannot tell one of them leaves it 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read, without those from a cache.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Tokens read from a cache.
    pub cache_read: u64,
    /// Tokens written to a cache.
    pub cache_write: u64,
    /// Tokens of hidden reasoning, part of `output` where the model says so.
    pub reasoning: u64,
}

impl Usage {
    /// Input and output, cached or not.
    pub fn total(&self) -> u64 {
        [self.output, self.cache_read, self.cache_write]
            .into_iter()
            .fold(self.input, u64::saturating_add)
    }
}

impl Usage {
    /// What is left of this after `spent`.
    #[must_use]
    pub fn minus(self, spent: Self) -> Self {
        Self {
            input: self.input.saturating_sub(spent.input),
            output: self.output.saturating_sub(spent.output),
            cache_read: self.cache_read.saturating_sub(spent.cache_read),
            cache_write: self.cache_write.saturating_sub(spent.cache_write),
            reasoning: self.reasoning.saturating_sub(spent.reasoning),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.input = self.input.saturating_add(more.input);
        self.output = self.output.saturating_add(more.output);
        self.cache_read = self.cache_read.saturating_add(more.cache_read);
        self.cache_write = self.cache_write.saturating_add(more.cache_write);
        self.reasoning = self.reasoning.saturating_add(more.reasoning);
    }
}

/// How full a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextUse {
    /// Tokens in it, cached or not.
    pub used: u64,
    /// Tokens that the model can take. 0: not known, and then nothing follows.
    pub limit: u64,
}

impl ContextUse {
    /// In percent of the limit, rounded down; 0 if that is not known.
    ///
    /// ```
    /// use swarm_core::model::ContextUse;
    /// assert_eq!(ContextUse { used: 1_830, limit: 2_000 }.percent(), 91);
    /// assert_eq!(ContextUse { used: 1_830, limit: 0 }.percent(), 0);
    /// ```
    pub fn percent(self) -> u64 {
        let percent = self.used.saturating_mul(100).checked_div(self.limit);
        percent.unwrap_or_default()
    }
}

/// Money in millionths of a US dollar; JSON shows dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

impl Cost {
    /// From dollars; negative or absurd figures become 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn from_usd(usd: f64) -> Self {
        // `as` saturates, and maps NaN to 0.
        Self((usd * 1e6).round() as u64)
    }

    /// In dollars.
    #[expect(clippy::cast_precision_loss)]
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// What is left of this after `spent`.
    #[must_use]
    pub fn minus(self, spent: Self) -> Self {
        Self(self.0.saturating_sub(spent.0))
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, more: Self) {
        *self = *self + more;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${:.2}", self.usd())
    }
}

impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.usd())
    }
}

impl<'de> Deserialize<'de> for Cost {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        f64::deserialize(from).map(Self::from_usd)
    }
}
