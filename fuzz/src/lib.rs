//! What the fuzz targets share: each is one function of bytes, run by
//! libFuzzer, or by an ordinary test on its seeds.

mod seeds;
mod streams;
mod target;

pub use seeds::replay;
pub use streams::stream;
