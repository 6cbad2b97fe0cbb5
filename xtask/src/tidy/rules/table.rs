//! All the rules.

use crate::metadata::Package;
use crate::tidy::finding::Finding;
use crate::tidy::source::Source;

use super::{
    adapters, facade, file_length, function_length, globals, manifests, msrv, orphans, panics,
    purity, quotes, unfinished, unsafety, wildcard, words_kept_out,
};

type OfAFile = fn(&Source) -> Vec<Finding>;
type OfTheWhole = fn(&[Source], &[Package]) -> Vec<Finding>;

/// Rules that look at one file at a time.
pub(in crate::tidy) const OF_A_FILE: &[OfAFile] = &[
    facade::check,
    file_length::check,
    function_length::check,
    globals::check,
    manifests::check,
    panics::check,
    purity::check,
    unfinished::check,
    unsafety::check,
    wildcard::check,
    words_kept_out::check,
];

/// Rules that need all files, or what cargo knows.
pub(in crate::tidy) const OF_THE_WHOLE: &[OfTheWhole] =
    &[adapters::check, msrv::check, orphans::check, quotes::check];
