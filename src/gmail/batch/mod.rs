//! Many calls in one request: `POST /batch/gmail/v1`, with multipart/mixed in both directions. Every call can be
//! repeated without harm.
//!
//! The parts of a response may be in any order, so they are matched by Content-ID. What failed for a moment is asked again,
//! when and in what size `pace` says. If the endpoint itself fails, the calls are made one by one.

mod pace;
mod wire;
mod work;

use std::borrow::Cow;

use serde_json::Value;

pub(crate) use self::pace::{Limit, Pace};
pub(super) use self::wire::InnerCall;
use self::{
    pace::Next,
    wire::{BatchPart, boundary, parse, request},
    work::{Round, Work, concerns_all},
};
use super::{Gmail, HOST, incomplete, spent};
use crate::{
    http::{Backoff, Body, Call, MAX_MAIL, RATE_LIMITED, Reply},
    problem::{Code, Problem, Result},
};

const PATHS: [&str; 2] = ["/batch/gmail/v1", "/batch"];
const BOUNDARY: &str = "batch_mcs_gmail";

/// The answers to side calls; `None` where one failed.
pub(super) type SideAnswers = Vec<Option<Value>>;

/// The parts of a batch, and the time of the server.
struct Answer {
    parts: Vec<Option<BatchPart>>,
    now: f64,
}

impl Gmail<'_> {
    /// The pace of calls, with what batches of this run showed.
    pub(super) fn pace(&self) -> Pace {
        Pace::default().within(self.taken.get())
    }

    /// For labels, which are cheap to read.
    pub(super) fn wide_pace(&self) -> Pace {
        Pace::wide().within(self.taken.get())
    }

    /// Reads every path (`/gmail/v1/...`, with its query) in batches of the size that `pace` gives, and returns the
    /// outcomes in the same order. It fails only for a reason that applies to all of them.
    pub(crate) fn get_each(&self, paths: &[String], pace: &mut Pace) -> Result<Vec<Result<Value>>> {
        let calls: Vec<InnerCall> = paths.iter().cloned().map(InnerCall::get).collect();
        self.call_each(&calls, &[], pace).map(|(outcomes, _)| outcomes)
    }

    /// Makes every call, in the same way. The side calls ride in the first batch; one that fails has no answer. When there
    /// is no time for more, the calls that are left have that as their outcome, and the next use of `pace` is an error.
    pub(super) fn call_each(
        &self,
        calls: &[InnerCall],
        sides: &[InnerCall],
        pace: &mut Pace,
    ) -> Result<(Vec<Result<Value>>, SideAnswers)> {
        if let Some(problem) = pace.over().filter(|_| !calls.is_empty()) {
            return Err(problem.clone());
        }
        let mut work = Work::new(calls.len(), sides.len());
        let mut backoff = self.http.backoff().patient();
        let refill = pace.pause(calls.len(), self.http.deadline().left());
        if !refill.is_zero() {
            backoff.again(RATE_LIMITED, Some(refill));
        }
        while !work.is_done() {
            if let Err(problem) = self.next_round(calls, sides, pace, &mut work, &mut backoff) {
                if !matches!(problem.code(), Code::RateLimited | Code::Temporary) || !work.has_settled() {
                    return Err(problem);
                }
                work.end(&problem);
                pace.end(problem);
            }
        }
        Ok(work.outcomes())
    }

    /// Makes one batch, or its calls alone. An error applies to all calls that are left.
    fn next_round<'a>(
        &'a self,
        calls: &[InnerCall],
        sides: &[InnerCall],
        pace: &mut Pace,
        work: &mut Work,
        backoff: &mut Backoff<'a>,
    ) -> Result<()> {
        if self.http.deadline().left().is_zero() {
            return Err(late());
        }
        let round = work.next(pace);
        if pace.single {
            return self.each_alone(calls, sides, round, work);
        }
        let answer = match self.batch(&round.wanted(calls, sides)) {
            Ok(Some(answer)) => answer,
            outcome => {
                pace.single = true;
                work.put_back(round);
                return outcome.map(drop);
            }
        };
        let tally = work.record(round, answer.parts, answer.now)?;
        if tally.count.settled > 0 {
            *backoff = self.http.backoff().patient();
        }
        let next = pace.learn(tally.count, tally.taken);
        self.taken.set(pace.limit());
        let refill = match next {
            Next::AtOnce if tally.asked.is_none() => return Ok(()),
            Next::AtOnce => None,
            Next::Later => Some(pace.pause(work.open(), self.http.deadline().left())),
        };
        let may_go_on = work.is_done() || backoff.again(RATE_LIMITED, tally.asked.max(refill));
        match tally.limited {
            Some(refusal) if !may_go_on => Err(spent(refusal)),
            None if !may_go_on => {
                work.give_up_failed();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Makes every call once, all of them in one batch; one that fails for any reason has no answer. `None` if the batch
    /// has none.
    pub(super) fn call_once(&self, calls: &[InnerCall], pace: &mut Pace) -> Option<SideAnswers> {
        let mut work = Work::new(calls.len(), 0);
        let round = Round { calls: (0..calls.len()).collect(), sides: Vec::new() };
        let answer = self.batch(&round.wanted(calls, &[]));
        pace.single = matches!(answer, Ok(None));
        let answer = answer.ok()??;
        let tally = work.record(round, answer.parts, answer.now).ok()?;
        pace.learn(tally.count, tally.taken);
        self.taken.set(pace.limit());
        let (outcomes, _) = work.outcomes();
        Some(outcomes.into_iter().map(Result::ok).collect())
    }

    /// Sends one batch request. None if the endpoint is not available and single requests must be made.
    fn batch(&self, wanted: &[&InnerCall]) -> Result<Option<Answer>> {
        let body = request(wanted.iter().copied(), BOUNDARY);
        for path in PATHS {
            let url = format!("https://{HOST}{path}");
            // One retry is enough, since single requests are the alternative.
            let outcome = self.repeat_at_most(2, || {
                Call::new("POST", &*url)
                    .of_mail()
                    .bearer(self.token)
                    .limit(MAX_MAIL)
                    .body(format!("multipart/mixed; boundary={BOUNDARY}"), Body::Bytes(body.as_bytes()))
            });
            match outcome {
                Ok(reply) => return Ok(answer(&reply, wanted.len())),
                Err(p) if p.code() == Code::NotFound => {}
                Err(p) if matches!(p.code(), Code::Temporary | Code::Usage | Code::Failed) => {
                    return Ok(None);
                }
                Err(p) => return Err(p),
            }
        }
        Ok(None)
    }

    /// Makes the calls one by one, without the batch endpoint.
    fn each_alone(
        &self,
        calls: &[InnerCall],
        sides: &[InnerCall],
        round: Round,
        work: &mut Work,
    ) -> Result<()> {
        let mut rest = round.calls.into_iter();
        while let Some(index) = rest.next() {
            let outcome =
                if self.http.deadline().left().is_zero() { Err(late()) } else { self.alone(&calls[index]) };
            match outcome {
                Err(p) if concerns_all(p.code()) => return Err(p),
                Err(p) if p.code() == Code::RateLimited || self.http.deadline().left().is_zero() => {
                    work.put_back(Round {
                        calls: [index].into_iter().chain(rest).collect(),
                        sides: Vec::new(),
                    });
                    return Err(p);
                }
                outcome => work.settle(index, outcome),
            }
        }
        for index in round.sides {
            work.settle_side(index, self.alone(&sides[index]).ok());
        }
        Ok(())
    }

    fn alone(&self, call: &InnerCall) -> Result<Value> {
        let answer = self.json(call.method(), &format!("https://{HOST}{}", call.path), call.body.as_ref())?;
        if answer.is_object() { Ok(answer) } else { Err(incomplete()) }
    }
}

fn late() -> Problem {
    Problem::temporary("the time limit of the run was reached").hint("Allow more time with --timeout.")
}

/// Reads the response to a batch of this many requests, as far as it can be read.
#[cfg(any(test, fuzzing))]
pub(crate) fn take_answer(reply: &Reply, count: usize) {
    let Some(answer) = answer(reply, count) else { return };
    let mut work = Work::new(count, 0);
    let round = work.next(&Pace::default());
    let _ = work.record(round, answer.parts, answer.now);
}

fn answer(reply: &Reply, count: usize) -> Option<Answer> {
    let boundary = boundary(reply.header("content-type")?)?;
    // To look for what is not UTF-8 takes several times as long.
    let text =
        str::from_utf8(&reply.body).map_or_else(|_| String::from_utf8_lossy(&reply.body), Cow::Borrowed);
    let parts = parse(&text, &boundary, count)?;
    Some(Answer { parts, now: reply.now() })
}
