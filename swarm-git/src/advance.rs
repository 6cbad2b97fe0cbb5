//! Moves the line.

use swarm_core::error::Advice;
use swarm_core::model::Oid;
use swarm_core::ports::{Advance, AdvanceRequest, GitErrorKind};

use crate::checkout::Brought;
use crate::error::{Result, error};
use crate::line::Line;
use crate::lock::{Guarded, Lock};
use crate::refs::Move;
use crate::repo::Repo;

const WHY: &str = "swarm: landing";

impl Repo {
    pub(crate) fn advance(&self, what: &AdvanceRequest) -> Result<Advance> {
        let _lock = Lock::take(&self.common_dir, Guarded::Line)?;
        let line = self.line()?;
        if line.tip != what.from {
            return Ok(Advance::Stale { tip: line.tip });
        }
        if !self.is_ancestor(&what.from, &what.to)? {
            return Err(error(
                GitErrorKind::Command,
                "move the line",
                Advice::Bug,
                format!("{} does not come after {}", what.to, what.from),
            ));
        }
        if line.parked {
            self.advance_beside(&line, &what.to)
        } else {
            self.advance_target(&line, &what.to)
        }
    }

    /// The target itself, or, if a checkout refuses, a new line beside it.
    fn advance_target(&self, line: &Line, to: &Oid) -> Result<Advance> {
        match self.bring_target(&line.target, to)? {
            Brought::Moved => {
                if let Some(old) = &line.beside {
                    self.drop_beside(old)?;
                }
                Ok(Advance::Moved)
            }
            Brought::Elsewhere => Ok(Advance::Stale {
                tip: self.line()?.tip,
            }),
            Brought::Refused(because) => {
                let name = self.line_ref();
                let parked = self.move_ref(Move {
                    name: &name,
                    from: line.beside.as_ref(),
                    to: Some(to),
                    why: WHY,
                })?;
                if parked {
                    Ok(Advance::Parked {
                        line: name,
                        because,
                    })
                } else {
                    Ok(Advance::Stale {
                        tip: self.line()?.tip,
                    })
                }
            }
        }
    }

    /// The line beside the target, and then the target if it can follow.
    fn advance_beside(&self, line: &Line, to: &Oid) -> Result<Advance> {
        let name = self.line_ref();
        let moved = self.move_ref(Move {
            name: &name,
            from: Some(&line.tip),
            to: Some(to),
            why: WHY,
        })?;
        if !moved {
            return Ok(Advance::Stale {
                tip: self.line()?.tip,
            });
        }
        let because = if self.is_ancestor(&line.target, to)? {
            match self.bring_target(&line.target, to)? {
                Brought::Moved => {
                    self.drop_beside(to)?;
                    return Ok(Advance::Moved);
                }
                Brought::Elsewhere => "the target moved at the same moment".to_owned(),
                Brought::Refused(because) => because,
            }
        } else {
            "the target has commits of its own, which the next landing takes in".to_owned()
        };
        Ok(Advance::Parked {
            line: name,
            because,
        })
    }

    /// The target has caught up. If the reference moved meanwhile, it stays.
    fn drop_beside(&self, old: &Oid) -> Result<()> {
        self.move_ref(Move {
            name: &self.line_ref(),
            from: Some(old),
            to: None,
            why: WHY,
        })?;
        Ok(())
    }
}
