//! Which benchmarks to run.

use crate::failure::Result;

use super::options::{Options, Which};
use super::{overhead, streams, throughput};

/// Runs what the arguments ask for and prints the figures.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    match options.which {
        Which::Overhead => overhead::overhead(&options),
        Which::Dispatcher => throughput::throughput(),
        Which::Streams => streams::streams(),
        Which::All => {
            overhead::overhead(&options)?;
            throughput::throughput()?;
            streams::streams()
        }
    }
}
