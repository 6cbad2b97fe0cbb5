//! Where a harness keeps what waits for an attempt's next turn.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::CallContext;

/// Something of an agent that stays between two turns of one conversation, say
/// its process.
///
/// What an implementation guarantees: it does nothing until a turn takes it up
/// again, and nothing lives beside it that the agent started, for the worktree
/// is looked at meanwhile. Dropping it ends it at once, by force.
#[async_trait]
pub trait Kept: Any + Send {
    /// Ends it in good order, with all that it started, within a grace of some
    /// seconds; gives the numbers of processes that could not be ended.
    async fn end(self: Box<Self>) -> Vec<u32>;
}

/// The place where an attempt keeps it. Clones are the same place; the thing
/// ends with the last of them.
///
/// A harness finds it in its [`CallContext`](super::CallContext::keep), takes
/// out what it put there at the end of an earlier turn, and ends that unless
/// this turn can go on with it. The run lets go of what is kept before anything
/// else may use the worktree: another conversation, a gate, a reviewer, a
/// landing; and before the attempt waits or ends.
///
/// ```
/// use swarm_core::ports::{CallContext, Keep, Kept};
///
/// struct Warm(&'static str);
///
/// #[async_trait::async_trait]
/// impl Kept for Warm {
///     async fn end(self: Box<Self>) -> Vec<u32> {
///         Vec::new()
///     }
/// }
///
/// let context = CallContext::detached().with_keep(Keep::default());
/// let keep = context.keep().expect("it was given one");
/// keep.put(Warm("engine"));
/// let warm = keep.take().and_then(|kept| kept.downcast::<Warm>().ok());
/// assert_eq!(warm.expect("it is there").0, "engine");
/// assert!(keep.is_empty());
/// ```
#[derive(Clone, Default)]
pub struct Keep(Arc<Mutex<Option<Box<dyn Kept>>>>);

impl Keep {
    /// Keeps this; what was there is dropped.
    pub fn put(&self, kept: impl Kept) {
        // Dropped without the lock: its end may take a while.
        let _before = self.place().replace(Box::new(kept));
    }

    /// Takes out what is there.
    pub fn take(&self) -> Option<Box<dyn Kept>> {
        self.place().take()
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.place().is_none()
    }

    fn place(&self) -> MutexGuard<'_, Option<Box<dyn Kept>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl dyn Kept {
    /// Ends it in good order, or by force as soon as the call must end at once.
    pub(crate) async fn let_go(self: Box<Self>, context: &CallContext) -> Vec<u32> {
        tokio::select! {
            biased;
            survivors = self.end() => survivors,
            // It is dropped, and that is by force.
            () = context.forced() => Vec::new(),
        }
    }

    /// As what it is, or as it came if it is something else.
    ///
    /// # Errors
    /// It is of another type.
    pub fn downcast<T: Kept>(self: Box<Self>) -> Result<Box<T>, Box<dyn Kept>> {
        if (&*self as &dyn Any).is::<T>() {
            let any: Box<dyn Any> = self;
            return Ok(any.downcast().expect("its type was just asked for"));
        }
        Err(self)
    }
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = if self.is_empty() {
            "nothing"
        } else {
            "something"
        };
        write!(f, "Keep({kept})")
    }
}
