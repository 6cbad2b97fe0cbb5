//! What the end-to-end tests stand on; the tests themselves are in `tests/`.

pub mod orchestrator;
