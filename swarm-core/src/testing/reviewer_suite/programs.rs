//! The fixture for reviewers that call a program.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::agents::words;
use super::{Answer, Asked, ReviewerFixture};
use crate::ports::Reviewer;
use crate::testing::Ability;
use crate::testing::place::Place;

/// Makes the reviewer that calls a program.
type Builder = dyn Fn(&Path) -> Arc<dyn Reviewer> + Send + Sync;

/// A reviewer that calls a program: it is told of the request on standard
/// input and by `SWARM_ROLE` and `SWARM_NONCE`, and prints its answer. The
/// fixture needs `sh` and the usual small programs; what lives is known on
/// Linux only.
pub struct ProgramFixture {
    place: Place,
    reviewer: Box<Builder>,
}

impl ProgramFixture {
    /// `reviewer` makes a reviewer that calls this program. Let it wait for
    /// the program to end no longer than some 100 ms.
    pub fn new<R: Reviewer + 'static>(
        reviewer: impl Fn(&Path) -> R + Send + Sync + 'static,
    ) -> Self {
        Self {
            place: Place::with_work(),
            reviewer: Box::new(move |program| Arc::new(reviewer(program))),
        }
    }

    fn script(&self, answer: &Answer) -> String {
        let breed = "if command -v setsid > /dev/null; then setsid sleep 600 & \
                     else sleep 600 & fi\n";
        let breed = if *answer == Answer::Breeds { breed } else { "" };
        let act = match answer {
            Answer::Hangs | Answer::Breeds => "while :; do sleep 0.05; done",
            Answer::Echoes => "cat \"$me/told\"",
            Answer::Fails => "sed \"s/{nonce}/$SWARM_NONCE/\" \"$place/says\"; exit 1",
            _ => "sed \"s/{nonce}/$SWARM_NONCE/\" \"$place/says\"",
        };
        // The folders are in the order in which they are made.
        let place = self.place.path("");
        format!(
            "#!/bin/sh\n\
             place='{}'\n\
             n=10; until mkdir \"$place/asked/$n\" 2> /dev/null; do n=$((n + 1)); done\n\
             me=\"$place/asked/$n\"\n\
             echo \"$SWARM_ROLE\" > \"$me/role\"\n\
             cat > \"$me/told\"\n\
             {breed}: > \"$me/begun\"\n\
             {act}\n",
            place.display()
        )
    }
}

impl fmt::Debug for ProgramFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramFixture")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl ReviewerFixture for ProgramFixture {
    fn reviewer(&self, answer: &Answer) -> Arc<dyn Reviewer> {
        self.place.folder("asked");
        let says = words(answer).unwrap_or_default() + "\n";
        self.place.write("says", says.as_bytes());
        (self.reviewer)(&self.place.program("reviewer", &self.script(answer)))
    }

    fn directory(&self) -> PathBuf {
        self.place.work()
    }

    fn contents(&self) -> String {
        self.place.contents()
    }

    fn asked(&self) -> Vec<Asked> {
        let folders = fs::read_dir(self.place.path("asked"));
        let folders = folders.into_iter().flatten().filter_map(Result::ok);
        let mut folders: Vec<PathBuf> = folders.map(|folder| folder.path()).collect();
        folders.retain(|folder| folder.join("begun").exists());
        folders.sort();
        let asked = folders.iter().map(|folder| Asked {
            text: fs::read_to_string(folder.join("told")).unwrap_or_default(),
            session: None,
            read_only: fs::read(folder.join("role")).is_ok_and(|role| role == b"review\n"),
        });
        asked.collect()
    }

    fn living(&self) -> Vec<String> {
        self.place.living()
    }

    fn lacks(&self) -> Vec<Ability> {
        Place::lacks()
    }
}
