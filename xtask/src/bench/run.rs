//! Which benchmarks to run.

use crate::failure::Result;

use super::options::{Options, Which};
use super::{example, overhead};

/// Runs what the arguments ask for and prints the figures.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    match options.which {
        Which::Overhead => overhead::overhead(&options),
        Which::Dispatcher => example::dispatcher(),
        Which::Protocol => example::protocol(),
        Which::Streams => example::streams(),
        Which::All => {
            overhead::overhead(&options)?;
            example::dispatcher()?;
            example::protocol()?;
            example::streams()
        }
    }
}
