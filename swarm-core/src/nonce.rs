//! Random text for proofs and marks.

use std::fmt::Write as _;

use crate::model::Nonce;

/// A new nonce: 128 random bits from the operating system, as 32 hex digits.
///
/// Stores call it for every claim, the engine for every turn.
///
/// # Panics
///
/// If the operating system has no randomness to give: nothing that is guarded
/// by a nonce would be safe then.
///
/// ```
/// let (one, two) = (swarm_core::nonce(), swarm_core::nonce());
/// assert_eq!(one.as_str().len(), 32);
/// assert_ne!(one, two);
/// ```
pub fn nonce() -> Nonce {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("every supported system gives random bytes");
    let mut text = String::with_capacity(32);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    Nonce::new(text)
}
