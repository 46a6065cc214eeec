//! The calls that are still to be made, in batches, and what came of the others. It makes no request itself.

use std::time::Duration;

use serde_json::Value;

use super::{
    SideAnswers,
    pace::{Count, Pace, is_limited},
    wire::{BatchPart, InnerCall},
};
use crate::{
    gmail::{Refusal, classify, too_deep},
    problem::{Code, Problem, Result},
};

/// How often a call that fails for a moment is made, rate limits not counted.
const TRIES: u8 = 5;
/// How often a side call is made that is refused because there were too many.
const SIDE_TRIES: u8 = 3;

/// Calls by their place among those that were asked for.
#[derive(Debug)]
pub(super) struct Work {
    open: Vec<usize>,
    outcomes: Vec<Option<Result<Value>>>,
    tries: Vec<u8>,
    open_sides: Vec<usize>,
    answers: SideAnswers,
    side_tries: u8,
}

/// The places of the calls and of the side calls of one batch.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) calls: Vec<usize>,
    pub(super) sides: Vec<usize>,
}

/// What a batch came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) count: Count,
    /// The parts that were not refused, those of side calls too.
    pub(super) taken: usize,
    /// The longest wait that Gmail asked for.
    pub(super) asked: Option<Duration>,
    /// One of the refusals because there were too many calls.
    pub(super) limited: Option<Refusal>,
}

impl Work {
    pub(super) fn new(calls: usize, sides: usize) -> Work {
        Work {
            open: (0..calls).collect(),
            outcomes: (0..calls).map(|_| None).collect(),
            tries: vec![0; calls],
            open_sides: (0..sides).collect(),
            answers: (0..sides).map(|_| None).collect(),
            side_tries: 0,
        }
    }

    /// Whether every call has its outcome. Side calls make no batch of their own.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// How many calls are to be made, again or for the first time.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Whether a call has an outcome that stays.
    pub(super) fn has_settled(&self) -> bool {
        self.outcomes.iter().flatten().any(Result::is_ok)
    }

    /// Takes the calls of the next batch.
    pub(super) fn next(&mut self, pace: &Pace) -> Round {
        let (size, with_sides) = pace.share(self.open_sides.len());
        let rest = self.open.split_off(self.open.len().min(size));
        let calls = std::mem::replace(&mut self.open, rest);
        let mut sides = Vec::new();
        if with_sides {
            self.side_tries += 1;
            sides.append(&mut self.open_sides);
        }
        Round { calls, sides }
    }

    /// Takes back the calls of a batch that was not made.
    pub(super) fn put_back(&mut self, mut round: Round) {
        round.calls.append(&mut self.open);
        (self.open, self.open_sides) = (round.calls, round.sides);
    }

    /// Keeps the outcomes of a batch; what failed for a moment is asked first in the next one. An error is a failure that
    /// applies to all calls.
    pub(super) fn record(
        &mut self,
        round: Round,
        mut parts: Vec<Option<BatchPart>>,
        now: f64,
    ) -> Result<Tally> {
        let mut tally = Tally::default();
        let beside = parts.split_off(round.calls.len());
        let mut again = Vec::new();
        for (index, part) in round.calls.into_iter().zip(parts) {
            let outcome = part_outcome(part, now)?;
            let refusal = match outcome {
                Err(refusal) if refusal.temporary => refusal,
                settled => {
                    tally.count.settled += 1;
                    self.outcomes[index] = Some(settled.map_err(|refusal| refusal.problem));
                    continue;
                }
            };
            tally.asked = tally.asked.max(refusal.problem.wait());
            self.outcomes[index] = Some(Err(refusal.problem.clone()));
            if is_limited(&refusal.problem) {
                tally.count.limited += 1;
                tally.limited = Some(refusal);
                again.push(index);
            } else {
                tally.count.failed += 1;
                self.tries[index] += 1;
                again.extend((self.tries[index] < TRIES).then_some(index));
            }
        }
        again.append(&mut self.open);
        self.open = again;
        let sides_taken = self.record_sides(round.sides, beside, now);
        tally.taken = tally.count.settled + tally.count.failed + sides_taken;
        Ok(tally)
    }

    /// Returns how many were not refused.
    fn record_sides(&mut self, sides: Vec<usize>, parts: Vec<Option<BatchPart>>, now: f64) -> usize {
        let mut taken = 0;
        for (side, part) in sides.into_iter().zip(parts) {
            let Some(part) = part else { continue };
            if part.status / 100 == 2 {
                taken += 1;
                self.answers[side] = part.body.is_object().then_some(part.body);
            } else if !is_limited(&classify(part.status, &part.body, now).problem) {
                taken += 1;
            } else if self.side_tries < SIDE_TRIES {
                self.open_sides.push(side);
            }
        }
        taken
    }

    /// Keeps the outcome of a call that was made alone.
    pub(super) fn settle(&mut self, call: usize, outcome: Result<Value>) {
        self.outcomes[call] = Some(outcome);
    }

    pub(super) fn settle_side(&mut self, side: usize, answer: Option<Value>) {
        self.answers[side] = answer;
    }

    /// Gives up what failed for a moment and would be asked again.
    pub(super) fn give_up_failed(&mut self) {
        self.open.retain(|index| self.outcomes[*index].is_none());
    }

    /// Every call has its outcome now: those that are open have this one.
    pub(super) fn end(&mut self, problem: &Problem) {
        for index in self.open.drain(..) {
            self.outcomes[index] = Some(Err(problem.clone()));
        }
    }

    pub(super) fn outcomes(self) -> (Vec<Result<Value>>, SideAnswers) {
        let outcomes = self.outcomes.into_iter().map(|o| o.unwrap_or_else(|| Err(unanswered())));
        (outcomes.collect(), self.answers)
    }
}

/// The calls of a round, in the order of its batch.
impl Round {
    pub(super) fn wanted<'c>(&self, calls: &'c [InnerCall], sides: &'c [InnerCall]) -> Vec<&'c InnerCall> {
        let sides = self.sides.iter().map(|side| &sides[*side]);
        self.calls.iter().map(|call| &calls[*call]).chain(sides).collect()
    }
}

pub(super) fn concerns_all(code: Code) -> bool {
    matches!(code, Code::TokenRefused | Code::NetworkRefused | Code::PermissionDenied | Code::Configuration)
}

/// The value of a part, or why it failed. A failure that applies to all parts is an error.
fn part_outcome(part: Option<BatchPart>, now: f64) -> Result<Result<Value, Refusal>> {
    let Some(part) = part else {
        return Ok(Err(Refusal { problem: unanswered(), temporary: true }));
    };
    if part.status / 100 == 2 && part.too_deep {
        return Ok(Err(Refusal { problem: too_deep(), temporary: false }));
    }
    if part.status / 100 == 2 && !part.body.is_object() {
        // A truncated or changed part: every call returns an object.
        return Ok(Err(Refusal { problem: unanswered(), temporary: true }));
    }
    if part.status / 100 == 2 {
        return Ok(Ok(part.body));
    }
    let Refusal { problem, temporary } = classify(part.status, &part.body, now);
    if concerns_all(problem.code()) {
        return Err(problem);
    }
    let problem = match part.retry_after {
        Some(seconds) => problem.retry_after(Duration::from_secs(seconds.into())),
        None => problem,
    };
    Ok(Err(Refusal { problem, temporary }))
}

fn unanswered() -> Problem {
    Problem::temporary("Gmail did not answer this part of the batch").hint("Run the same command again.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{super::pace::Next, *};

    /// What a server does with one call, each time that it takes it.
    #[derive(Clone, Copy, Debug)]
    enum Fate {
        Answers,
        FailsFor(u8),
        IsGone,
        NeverAnswers,
    }

    fn part(index: usize, status: u16, id: usize) -> Option<BatchPart> {
        let reason = if status == 429 { "rateLimitExceeded" } else { "" };
        let body = match status {
            200 => json!({"id": id}),
            _ => json!({"error": {"errors": [{"reason": reason}]}}),
        };
        Some(BatchPart { index, status, retry_after: None, body, too_deep: false })
    }

    /// The parts that a server returns which takes those of this round that `takes` says.
    fn answer(round: &Round, fates: &mut [Fate], takes: impl Fn(usize) -> bool) -> Vec<Option<BatchPart>> {
        let calls = round.calls.iter().enumerate().map(|(at, call)| {
            if !takes(at) {
                return part(at, 429, *call);
            }
            match &mut fates[*call] {
                Fate::Answers | Fate::FailsFor(0) => part(at, 200, *call),
                Fate::FailsFor(times) => {
                    *times -= 1;
                    part(at, 503, *call)
                }
                Fate::IsGone => part(at, 404, *call),
                Fate::NeverAnswers => None,
            }
        });
        let sides = (round.calls.len()..).take(round.sides.len());
        let sides = sides.map(|at| part(at, if takes(at) { 200 } else { 429 }, at));
        calls.collect::<Vec<_>>().into_iter().chain(sides).collect()
    }

    fn fates() -> impl Strategy<Value = Vec<Fate>> {
        let fate = prop_oneof![
            12 => Just(Fate::Answers),
            1 => (1..8u8).prop_map(Fate::FailsFor),
            1 => Just(Fate::IsGone),
            1 => Just(Fate::NeverAnswers),
        ];
        proptest::collection::vec(fate, 1..120)
    }

    proptest! {
        #[test]
        fn every_call_is_made_until_it_has_an_outcome_whatever_the_limit_is(
            before in fates(),
            limits in proptest::collection::vec(0..40usize, 0..30),
            last in 1..40usize,
            sides in 0..4usize,
            offset in 0..50usize,
        ) {
            let mut fates = before.clone();
            let (mut work, mut pace) = (Work::new(fates.len(), sides), Pace::default());
            let mut limits = limits.into_iter();
            let (mut rounds, mut at_once) = (0, 0);
            while !work.is_done() {
                rounds += 1;
                let limit = limits.next().unwrap_or(last);
                let round = work.next(&pace);
                let all = round.calls.len() + round.sides.len();
                prop_assert!(!round.calls.is_empty() && all <= 25 + sides);
                let parts = answer(&round, &mut fates, |at| (at + offset) % all < limit);
                let tally = work.record(round, parts, 0.0).unwrap();
                let progress = tally.count.settled > 0;
                let next = pace.learn(tally.count, tally.taken);
                pace.pause(work.open(), Duration::from_secs(40));
                if next == Next::AtOnce {
                    at_once += 1;
                    prop_assert!(progress, "a batch of which nothing went through is not sent again at once");
                }
                prop_assert!(at_once <= before.len() && rounds < 30 + 16 * before.len(), "{rounds} rounds");
            }
            let (outcomes, _) = work.outcomes();
            for (index, (fate, outcome)) in before.iter().zip(&outcomes).enumerate() {
                let code = outcome.as_ref().map_err(Problem::code);
                match fate {
                    Fate::Answers | Fate::FailsFor(0..TRIES) => {
                        prop_assert_eq!(&code.unwrap()["id"], index);
                    }
                    Fate::IsGone => prop_assert_eq!(code.unwrap_err(), Code::NotFound),
                    Fate::FailsFor(_) | Fate::NeverAnswers => prop_assert_eq!(code.unwrap_err(), Code::Temporary),
                }
            }
        }
    }

    #[test]
    fn a_server_that_takes_everything_is_asked_once_per_batch() {
        let (mut work, mut pace) = (Work::new(110, 2), Pace::default());
        let mut sizes = Vec::new();
        while !work.is_done() {
            let round = work.next(&pace);
            sizes.push(round.calls.len() + round.sides.len());
            let parts = answer(&round, &mut [Fate::Answers; 110], |_| true);
            let tally = work.record(round, parts, 0.0).unwrap();
            assert_eq!(pace.learn(tally.count, tally.taken), Next::AtOnce);
        }
        assert_eq!(sizes, [27, 25, 25, 25, 10]);
    }
}
