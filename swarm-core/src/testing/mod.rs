//! What tests of orchestration and of adapters need.

pub mod store_suite;
