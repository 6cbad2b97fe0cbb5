//! Merges of random histories come out as git's own.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be prepared has failed"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{Sandbox, merge_of};
use swarm_core::model::Oid;
use swarm_core::ports::{GitClient, Merge};

/// Numbers that only look random: every run is the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Changes a checkout in one to three ways.
fn change(sandbox: &Sandbox, at: &Path, dice: &mut Dice) {
    for _ in 0..=dice.roll(3) {
        let files: Vec<_> = sandbox.files(at).into_keys().collect();
        let file = at.join(&files[dice.roll(files.len())]);
        let folder = ["", "d/", "e/", "new/"][dice.roll(4)];
        let name = format!("{folder}f{}", dice.roll(12));
        let to = at.join(&name);
        match dice.roll(6) {
            0..=2 => {
                let text = format!(
                    "{}more {}\n",
                    fs::read_to_string(&file).unwrap(),
                    dice.roll(99)
                );
                fs::write(&file, text).unwrap();
            }
            3 if !to.exists() => sandbox.write(at, &name, &format!("{}\n", dice.roll(99))),
            4 if files.len() > 1 => fs::remove_file(&file).unwrap(),
            5 if !to.exists() => {
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::rename(&file, &to).unwrap();
            }
            _ => {}
        }
    }
}

fn side(sandbox: &Sandbox, base: &Oid, dice: &mut Dice) -> Oid {
    let at = sandbox.repo();
    sandbox.git(&at, &["checkout", "-q", "--detach", base.as_str()]);
    sandbox.git(&at, &["clean", "-qfd"]);
    change(sandbox, &at, dice);
    sandbox.commit(&at, "side")
}

#[tokio::test]
async fn as_git_merges() {
    let sandbox = Sandbox::new();
    let at = sandbox.repo();
    for number in 0..10 {
        let text = format!("{number} line\n").repeat(8);
        sandbox.write(
            &at,
            &format!("{}f{number}", ["", "d/", "e/"][number % 3]),
            &text,
        );
    }
    let base = sandbox.commit(&at, "base");
    let mut dice = Dice(7);
    let (mut in_process, mut conflicts) = (0, 0);
    for round in 0..40 {
        let ours = side(&sandbox, &base, &mut dice);
        let theirs = side(&sandbox, &base, &mut dice);
        sandbox.git(&at, &["branch", "-f", "main", ours.as_str()]);
        let tree = sandbox.try_git(
            &at,
            &["merge-tree", "--write-tree", ours.as_str(), theirs.as_str()],
        );
        let expected = String::from_utf8(tree.stdout).unwrap();

        let repo = sandbox.open();
        let before = repo.processes();
        match repo.merge(merge_of("t", &theirs)).await.unwrap() {
            Merge::Commit { commit, .. } => {
                let tree = sandbox.git(&at, &["rev-parse", &format!("{commit}^{{tree}}")]);
                assert_eq!(tree, expected.trim(), "round {round}");
                in_process += usize::from(repo.processes() == before);
            }
            Merge::Conflict { .. } => {
                assert_eq!(tree.status.code(), Some(1), "round {round}");
                conflicts += 1;
            }
            Merge::AlreadyIn { .. } => panic!("round {round}"),
        }
    }
    // Both ways were walked.
    assert!(
        in_process > 5 && conflicts > 2,
        "{in_process} in process, {conflicts} conflicts"
    );
    sandbox.assert_sound();
}
