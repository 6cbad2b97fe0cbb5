//! Prompts with sections of one's own: prints what an agent would be told.
use swarm_core::dispatch::Ask;
use swarm_core::model::{AttemptId, Nonce, RunId, Task};
use swarm_core::protocol::prompt::{Around, PromptInput, PromptPack, Section, When};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pack = PromptPack::default()
        .replace("rules", "{rules}\n- Commit messages are in {language}.")
        .after(
            "task",
            Section::new("team", When::First, "Team {team} waits for {title}."),
        )
        .orientation(["docs/style.md"])
        .var("language", "English")
        .var("team", "blue");
    // `SwarmBuilder::prompts(pack)` takes it; building checks it as this does.
    pack.check()?;
    let task = Task::new("fix-login", "The login page rejects valid passwords.")?;
    let attempt = AttemptId {
        run: RunId::new("r1"),
        task: task.id.clone(),
        number: 1,
    };
    let prompt = pack.render(&PromptInput {
        attempt: &attempt,
        turn: 1,
        ask: Ask::Task.into(),
        nonce: &Nonce::new("6f1c"),
        task: &task,
        resumed: false,
        branch: "swarm/r1/fix-login-1",
        gate_output: "",
        reviews: &[],
        onto: None,
        conflicts: &[],
        around: Around::default(),
    });
    print!("{prompt}");
    Ok(())
}
