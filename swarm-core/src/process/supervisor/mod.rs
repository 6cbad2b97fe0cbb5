//! A process of our own around every program, which owns all that the program
//! starts.

mod handle;
#[cfg(target_os = "linux")]
mod link;
#[cfg(not(target_os = "linux"))]
#[path = "no_link.rs"]
mod link;
#[cfg(target_os = "linux")]
mod protocol;
#[cfg(target_os = "linux")]
mod work;

pub use handle::Supervisor;
pub(super) use link::{Link, Order, SUPERVISED, prepare};
