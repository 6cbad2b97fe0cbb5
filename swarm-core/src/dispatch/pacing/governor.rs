//! Whose service lets us work, and when: one standing for each account.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Backoff;
use crate::dispatch::input::AccountNews;
use crate::event::Event;
use crate::model::{AccountId, EndReason, Timestamp};
use crate::stable_hash::stable_hash;

/// Between two starts on an account that has just been let in again.
const STAGGER: Duration = Duration::from_secs(2);
/// Times to reset are told in whole seconds, and clocks differ.
const SLACK: Duration = Duration::from_secs(1);
/// A limit that is found to last this much longer is worth telling again.
const NEWS: Duration = Duration::from_secs(60);

/// Keeps work off accounts that are limited, overloaded or refused.
///
/// It is told how every turn ended. A limit parks the account, for every
/// worker at once, until the time that the service named, else for pauses that
/// double. Afterwards workers start one by one until a turn has gone through.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Governor {
    backoff: Backoff,
    /// Longest time without a turn that went through.
    max_wait: Duration,
    accounts: BTreeMap<AccountId, Account>,
}

#[derive(Clone, Debug, Default)]
struct Account {
    standing: Standing,
    /// Limits in a row.
    strikes: u32,
    /// The first of them.
    since: Option<Timestamp>,
}

/// Whether an account may be worked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Standing {
    #[default]
    Open,
    /// Nobody starts before this time.
    Parked { until: Timestamp, why: String },
    /// Let in again, one by one.
    Waking { next: Timestamp },
    /// Nobody starts any more in this run.
    Closed { why: String },
}

/// The answer to somebody who wants to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dispatch) enum Admission<'a> {
    Now,
    NotBefore(Timestamp, &'a str),
    Never(&'a str),
}

impl Admission<'_> {
    /// Smaller is sooner.
    pub(in crate::dispatch) fn rank(&self) -> (u8, Timestamp) {
        match self {
            Self::Now => (0, Timestamp::default()),
            Self::NotBefore(at, _) => (1, *at),
            Self::Never(_) => (2, Timestamp::default()),
        }
    }
}

/// What the end of a turn says of its account.
enum Omen {
    /// The service worked for us.
    Good,
    /// Not now: until then, if it said so.
    Wait(Option<Timestamp>),
    /// Not until a person has acted.
    Refused,
    /// Nothing.
    Silent,
}

impl Omen {
    fn of(end: EndReason) -> Self {
        match end {
            EndReason::Finished
            | EndReason::ContextFull
            | EndReason::LimitReached
            | EndReason::ModelLimit
            | EndReason::Refused => Self::Good,
            EndReason::RateLimited { retry_at } => Self::Wait(retry_at),
            EndReason::Overloaded | EndReason::Network => Self::Wait(None),
            EndReason::Auth | EndReason::Billing => Self::Refused,
            EndReason::Config
            | EndReason::SessionNotFound
            | EndReason::Killed { .. }
            | EndReason::Crashed
            | EndReason::TimedOut { .. } => Self::Silent,
        }
    }
}

impl Governor {
    pub(in crate::dispatch) fn new(backoff: Backoff, max_wait: Duration) -> Self {
        Self {
            backoff,
            max_wait,
            accounts: BTreeMap::new(),
        }
    }

    /// A turn on this account ended so; `why` is for people.
    pub(in crate::dispatch) fn ended(
        &mut self,
        id: &AccountId,
        end: EndReason,
        why: &str,
        now: Timestamp,
    ) -> Option<Event> {
        match Omen::of(end) {
            Omen::Good => self.good(id),
            Omen::Wait(until) => self.limited(id, until, why, now),
            Omen::Refused => self.close(id, why),
            Omen::Silent => None,
        }
    }

    /// Another run has learned this about the account.
    pub(in crate::dispatch) fn heard(
        &mut self,
        id: &AccountId,
        news: AccountNews,
        now: Timestamp,
    ) -> Option<Event> {
        let account = self.accounts.entry(id.clone()).or_default();
        match (&account.standing, news) {
            (Standing::Closed { .. }, _) | (Standing::Open, AccountNews::Open) => None,
            (_, AccountNews::Closed { why }) => self.close(id, &why),
            (Standing::Parked { .. } | Standing::Waking { .. }, AccountNews::Open) => {
                *account = Account::default();
                Some(Event::AccountOpen {
                    account: id.clone(),
                })
            }
            (_, AccountNews::Parked { until, why }) => self.limited(id, Some(until), &why, now),
        }
    }

    /// Whether a turn may start on this account.
    pub(in crate::dispatch) fn admission(&self, id: &AccountId, now: Timestamp) -> Admission<'_> {
        let Some(account) = self.accounts.get(id) else {
            return Admission::Now;
        };
        match &account.standing {
            Standing::Parked { until, why } if *until > now => Admission::NotBefore(*until, why),
            Standing::Waking { next } if *next > now => {
                Admission::NotBefore(*next, "let in again, one by one")
            }
            Standing::Closed { why } => Admission::Never(why),
            Standing::Open | Standing::Parked { .. } | Standing::Waking { .. } => Admission::Now,
        }
    }

    /// A turn starts on this account.
    pub(in crate::dispatch) fn started(&mut self, id: &AccountId, now: Timestamp) {
        if let Some(account) = self.accounts.get_mut(id)
            && let Standing::Parked { .. } | Standing::Waking { .. } = account.standing
        {
            let next = now.plus(STAGGER);
            account.standing = Standing::Waking { next };
        }
    }

    /// When somebody who waits may start, after `now`.
    pub(in crate::dispatch) fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self
            .accounts
            .values()
            .filter_map(|account| match &account.standing {
                Standing::Parked { until, .. } => Some(*until),
                Standing::Waking { next } => Some(*next),
                Standing::Open | Standing::Closed { .. } => None,
            });
        times.filter(|at| *at > now).min()
    }

    fn good(&mut self, id: &AccountId) -> Option<Event> {
        let account = self.accounts.get_mut(id)?;
        // A turn that began before the limit says nothing of what comes after.
        if let Standing::Waking { .. } = account.standing {
            *account = Account::default();
            return Some(Event::AccountOpen {
                account: id.clone(),
            });
        }
        None
    }

    fn limited(
        &mut self,
        id: &AccountId,
        until: Option<Timestamp>,
        why: &str,
        now: Timestamp,
    ) -> Option<Event> {
        let account = self.accounts.entry(id.clone()).or_default();
        let parked = match &account.standing {
            Standing::Closed { .. } => return None,
            Standing::Parked { until, .. } if *until > now => Some(*until),
            Standing::Open | Standing::Waking { .. } | Standing::Parked { .. } => None,
        };
        if let (Some(_), None) = (parked, until) {
            // Those who ran beside the first one meet the same limit.
            return None;
        }
        if parked.is_none() {
            account.strikes += 1;
        }
        let since = *account.since.get_or_insert(now);
        let until = match until {
            Some(until) => until.plus(SLACK).max(now.plus(SLACK)),
            None => now.plus(jittered(
                self.backoff.after(account.strikes),
                id,
                account.strikes,
            )),
        };
        if parked.is_some_and(|parked| parked >= until) {
            return None;
        }
        if until.since(since) > self.max_wait {
            let why = format!("{why}; nothing would go through within max_wait");
            return self.close(id, &why);
        }
        let why = why.to_owned();
        account.standing = Standing::Parked {
            until,
            why: why.clone(),
        };
        // Workers hear of one limit at slightly different times.
        let news = parked.is_none_or(|parked| until.since(parked) >= NEWS);
        news.then(|| Event::AccountParked {
            account: id.clone(),
            until,
            why,
        })
    }

    fn close(&mut self, id: &AccountId, why: &str) -> Option<Event> {
        let account = self.accounts.entry(id.clone()).or_default();
        if let Standing::Closed { .. } = account.standing {
            return None;
        }
        let why = why.to_owned();
        account.standing = Standing::Closed { why: why.clone() };
        Some(Event::AccountClosed {
            account: id.clone(),
            why,
        })
    }
}

/// Longer by up to a quarter, so that several runs do not come back together.
fn jittered(pause: Duration, id: &AccountId, strikes: u32) -> Duration {
    // No randomness in here.
    let hash = stable_hash(id.as_str().bytes().chain(strikes.to_le_bytes()));
    let share = u32::try_from(hash >> 40 & 0xff).unwrap_or_default();
    pause + pause / 4 * share / 256
}

#[cfg(test)]
mod tests;
