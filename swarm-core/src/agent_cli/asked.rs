//! What an agent asked, until it is answered.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::ports::{Answer, CallContext, Question};

/// Questions that wait for their answers, by their names.
#[derive(Default)]
pub(super) struct Asked<'a>(Vec<(String, Waiting<'a>)>);

type Waiting<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

impl<'a> Asked<'a> {
    /// What was newly asked, and what was taken back.
    pub(super) fn update(
        &mut self,
        (questions, taken_back): (Vec<Question>, Vec<String>),
        context: &'a CallContext,
    ) {
        for question in questions {
            let name = question.name.clone();
            self.0.push((name, Box::pin(context.ask(question))));
        }
        self.0.retain(|(name, _)| !taken_back.contains(name));
    }

    /// The next answer; waits for ever if nothing is asked.
    pub(super) async fn next(&mut self) -> (String, Answer) {
        poll_fn(|poll| {
            for at in 0..self.0.len() {
                if let Poll::Ready(answer) = self.0[at].1.as_mut().poll(poll) {
                    return Poll::Ready((self.0.swap_remove(at).0, answer));
                }
            }
            Poll::Pending
        })
        .await
    }
}
