//! Many calls in one request: `POST /batch/gmail/v1`, with multipart/mixed in both directions. Every call can be
//! repeated without harm.
//!
//! The parts of a response may be in any order, so they are matched by Content-ID. A part that failed
//! temporarily is retried in a smaller batch. If the endpoint itself fails, the calls are made one by one.

mod wire;

use std::time::Duration;

use serde_json::Value;

pub(super) use self::wire::InnerCall;
use self::wire::{BatchPart, boundary, parse, request};
use super::{Gmail, HOST, Refusal, classify, incomplete};
use crate::{
    http::{Body, Call, MAX_MAIL, RATE_LIMITED, Reply},
    problem::{Code, Problem, Result},
};

/// Gmail rate limits parts of larger batches.
const SIZE: usize = 25;
const PATHS: [&str; 2] = ["/batch/gmail/v1", "/batch"];
const BOUNDARY: &str = "batch_mcs_gmail";

/// The number of reads in one batch: halved after a temporary failure, and increased after a success.
#[derive(Debug)]
pub(crate) struct Pace {
    size: usize,
    /// The endpoint failed: all further reads are single requests.
    single: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { size: SIZE, single: false }
    }
}

impl Pace {
    /// For labels, which are cheap to read: 100, the largest batch that Gmail accepts.
    pub(crate) fn wide() -> Pace {
        Pace { size: 100, single: false }
    }

    /// The number of reads in the next batch.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    fn slower(&mut self) {
        self.size = (self.size / 2).max(1);
    }

    fn faster(&mut self) {
        self.size = self.size.max((self.size + self.size.div_ceil(2)).min(SIZE));
    }
}

type Outcomes = Vec<Option<Result<Value>>>;
/// The answers to side calls; `None` where one failed.
pub(super) type SideAnswers = Vec<Option<Value>>;

/// The parts of a batch, and the time of the server.
struct Answer {
    parts: Vec<Option<BatchPart>>,
    now: f64,
}

impl Gmail<'_> {
    /// Reads every path (`/gmail/v1/...`, with its query) in batches of the size that `pace` gives, and returns the
    /// outcomes in the same order. It fails only for a reason that applies to all of them.
    pub(crate) fn get_each(&self, paths: &[String], pace: &mut Pace) -> Result<Vec<Result<Value>>> {
        let calls: Vec<InnerCall> = paths.iter().cloned().map(InnerCall::get).collect();
        self.call_each(&calls, &[], pace).map(|(outcomes, _)| outcomes)
    }

    /// Makes every call, in the same way. The side calls ride in the first batch: each is made once, and has no answer
    /// if it fails for any reason.
    pub(super) fn call_each(
        &self,
        calls: &[InnerCall],
        mut sides: &[InnerCall],
        pace: &mut Pace,
    ) -> Result<(Vec<Result<Value>>, SideAnswers)> {
        let mut outcomes: Outcomes = calls.iter().map(|_| None).collect();
        let mut answers: SideAnswers = sides.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..calls.len()).collect();
        let mut backoff = self.http.backoff();
        while !open.is_empty() {
            if self.http.deadline().left().is_zero() {
                return Err(late());
            }
            let rest = open.split_off(open.len().min(pace.size));
            if pace.single {
                self.each_alone(calls, &open, &mut outcomes)?;
                for (answer, side) in answers.iter_mut().zip(std::mem::take(&mut sides)) {
                    *answer = self.alone(side).ok();
                }
                open = rest;
                continue;
            }
            let wanted: Vec<&InnerCall> = open.iter().map(|i| &calls[*i]).chain(sides).collect();
            let Some(mut answer) = self.batch(&wanted)? else {
                pace.single = true;
                open.extend(rest);
                continue;
            };
            let beside = answer.parts.split_off(open.len());
            if !std::mem::take(&mut sides).is_empty() {
                answers = beside.into_iter().map(side_answer).collect();
            }
            let (mut failed, wait) = record_parts(&open, answer, &mut outcomes)?;
            if failed.is_empty() {
                pace.faster();
            } else {
                pace.slower();
                if !backoff.again(RATE_LIMITED, wait) {
                    failed.clear();
                }
            }
            failed.extend(rest);
            open = failed;
        }
        let outcomes = outcomes.into_iter().map(|o| o.unwrap_or_else(|| Err(unanswered()))).collect();
        Ok((outcomes, answers))
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
    fn each_alone(&self, calls: &[InnerCall], open: &[usize], outcomes: &mut Outcomes) -> Result<()> {
        for index in open {
            if self.http.deadline().left().is_zero() {
                return Err(late());
            }
            outcomes[*index] = match self.alone(&calls[*index]) {
                Err(p) if concerns_all(p.code()) => return Err(p),
                other => Some(other),
            };
        }
        Ok(())
    }

    fn alone(&self, call: &InnerCall) -> Result<Value> {
        let answer = self.json(call.method(), &format!("https://{HOST}{}", call.path), call.body.as_ref())?;
        if answer.is_object() { Ok(answer) } else { Err(incomplete()) }
    }
}

/// The value of a part whose failure does not matter.
fn side_answer(part: Option<BatchPart>) -> Option<Value> {
    part.filter(|part| part.status / 100 == 2 && part.body.is_object()).map(|part| part.body)
}

fn concerns_all(code: Code) -> bool {
    matches!(code, Code::TokenRefused | Code::NetworkRefused | Code::PermissionDenied | Code::Configuration)
}

/// The value of a part, or why it failed. A failure that applies to all parts is an error.
fn part_outcome(part: Option<BatchPart>, now: f64) -> Result<Result<Value, Refusal>> {
    let Some(part) = part else {
        return Ok(Err(Refusal { problem: unanswered(), temporary: true }));
    };
    if part.status / 100 == 2 && !part.body.is_object() {
        // A truncated or changed part: every read returns an object.
        return Ok(Err(Refusal { problem: unanswered(), temporary: true }));
    }
    if part.status / 100 == 2 {
        return Ok(Ok(part.body));
    }
    let refusal = classify(part.status, &part.body, now);
    if concerns_all(refusal.problem.code()) {
        return Err(refusal.problem);
    }
    Ok(Err(refusal))
}

/// Stores the outcome of each part. Returns the indices of the parts that failed temporarily, and the longest wait
/// that Gmail asked for.
fn record_parts(
    open: &[usize],
    answer: Answer,
    outcomes: &mut Outcomes,
) -> Result<(Vec<usize>, Option<Duration>)> {
    let mut failed = Vec::new();
    let mut wait = None;
    for (index, part) in open.iter().zip(answer.parts) {
        outcomes[*index] = Some(match part_outcome(part, answer.now)? {
            Ok(value) => Ok(value),
            Err(refusal) => {
                if refusal.temporary {
                    failed.push(*index);
                    wait = wait.max(refusal.problem.wait());
                }
                Err(refusal.problem)
            }
        });
    }
    Ok((failed, wait))
}

fn late() -> Problem {
    Problem::temporary("the time limit of the run was reached").hint("Allow more time with --timeout.")
}

fn unanswered() -> Problem {
    Problem::temporary("Gmail did not answer this part of the batch").hint("Run the same command again.")
}

/// Reads the response to a batch of this many requests, as far as it can be read.
#[cfg(any(test, fuzzing))]
pub(crate) fn take_answer(reply: &Reply, count: usize) {
    let Some(answer) = answer(reply, count) else { return };
    let open: Vec<usize> = (0..count).collect();
    let mut outcomes: Outcomes = (0..count).map(|_| None).collect();
    let _ = record_parts(&open, answer, &mut outcomes);
}

fn answer(reply: &Reply, count: usize) -> Option<Answer> {
    let boundary = boundary(reply.header("content-type")?)?;
    let parts = parse(&String::from_utf8_lossy(&reply.body), &boundary, count)?;
    Some(Answer { parts, now: reply.now() })
}
