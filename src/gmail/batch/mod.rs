//! Many reads in one request: `POST /batch/gmail/v1`, multipart/mixed both ways.
//!
//! The order of the answers is free, so parts are matched by Content-ID; a part that failed for a passing reason
//! is asked for again in a smaller batch, and where the endpoint itself fails, one by one.

mod wire;

use std::time::Duration;

use serde_json::Value;

use self::wire::{BatchPart, boundary, parse, request};
use super::{Gmail, HOST, Refusal, classify};
use crate::{
    http::{Body, Call, Reply},
    problem::{Code, Problem, Result},
};

/// Larger batches draw rate errors for single parts.
const SIZE: usize = 25;
const PATHS: [&str; 2] = ["/batch/gmail/v1", "/batch"];
const BOUNDARY: &str = "batch_mcs_gmail";

/// How many reads go into one batch: halved when Gmail pushes back, grown again while it does not.
#[derive(Debug)]
pub(crate) struct Pace {
    size: usize,
    /// The endpoint failed: single requests from here on.
    single: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { size: SIZE, single: false }
    }
}

impl Pace {
    /// A whole list of labels in one batch: they are cheap, and Gmail takes a hundred.
    pub(crate) fn wide() -> Pace {
        Pace { size: 100, single: false }
    }

    /// How many to ask for next.
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

impl Gmail<'_> {
    /// GETs every path (with query, as the API spells it: `/gmail/v1/...`), at first as many at once as `pace`
    /// says, and returns the outcomes in the same order. Only what concerns all of them is an error.
    pub(crate) fn get_each(&self, paths: &[String], pace: &mut Pace) -> Result<Vec<Result<Value>>> {
        let mut outcomes: Outcomes = paths.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..paths.len()).collect();
        let mut backoff = self.http.backoff();
        while !open.is_empty() {
            let rest = open.split_off(open.len().min(pace.size));
            if pace.single {
                self.each_alone(paths, &open, &mut outcomes)?;
                open = rest;
                continue;
            }
            let Some(parts) = self.batch(paths, &open)? else {
                pace.single = true;
                open.extend(rest);
                continue;
            };
            let (mut failed, wait) = settle_all(&open, parts, &mut outcomes)?;
            match failed.is_empty() {
                true => pace.faster(),
                false => {
                    pace.slower();
                    if !backoff.again(wait) {
                        failed.clear();
                    }
                }
            }
            failed.extend(rest);
            open = failed;
        }
        Ok(outcomes.into_iter().map(|o| o.unwrap_or_else(|| Err(unanswered()))).collect())
    }

    /// One batch request; None where the endpoint cannot be used and single requests are the way.
    fn batch(&self, paths: &[String], open: &[usize]) -> Result<Option<Vec<Option<BatchPart>>>> {
        let wanted: Vec<&str> = open.iter().map(|i| paths[*i].as_str()).collect();
        let body = request(&wanted, BOUNDARY);
        for path in PATHS {
            let url = format!("https://{HOST}{path}");
            // A second try is enough: the way out is at hand.
            let outcome = self.repeat_patiently(2, || {
                Call::new("POST", &*url)
                    .bearer(self.token)
                    .body(format!("multipart/mixed; boundary={BOUNDARY}"), Body::Bytes(body.as_bytes()))
            });
            match outcome {
                Ok(reply) => return Ok(answer(&reply, open.len())),
                Err(p) if p.code() == Code::NotFound => {}
                Err(p) if matches!(p.code(), Code::Temporary | Code::Usage | Code::Failed) => {
                    return Ok(None);
                }
                Err(p) => return Err(p),
            }
        }
        Ok(None)
    }

    /// The same reads without the batch endpoint.
    fn each_alone(&self, paths: &[String], open: &[usize], outcomes: &mut Outcomes) -> Result<()> {
        for index in open {
            let outcome = self.json("GET", &format!("https://{HOST}{}", paths[*index]), None);
            outcomes[*index] = match outcome {
                Err(p) if concerns_all(p.code()) => return Err(p),
                other => Some(other),
            };
        }
        Ok(())
    }
}

fn concerns_all(code: Code) -> bool {
    matches!(code, Code::TokenRefused | Code::NetworkRefused | Code::PermissionDenied | Code::Configuration)
}

/// A part's value, or why it is not there; what concerns the whole run is an error.
fn settle(part: Option<BatchPart>) -> Result<Result<Value, Refusal>> {
    let Some(part) = part else {
        return Ok(Err(Refusal { problem: unanswered(), passing: true }));
    };
    if part.status / 100 == 2 && part.body.is_null() {
        // A cut part; every read answers with an object.
        return Ok(Err(Refusal { problem: unanswered(), passing: true }));
    }
    if part.status / 100 == 2 {
        return Ok(Ok(part.body));
    }
    let refusal = classify(part.status, &part.body);
    match concerns_all(refusal.problem.code()) {
        true => Err(refusal.problem),
        false => Ok(Err(refusal)),
    }
}

/// Puts each answer where it belongs. What may pass is named, with the longest wait that was asked for; until
/// it passes, its refusal stands.
fn settle_all(
    open: &[usize],
    parts: Vec<Option<BatchPart>>,
    outcomes: &mut Outcomes,
) -> Result<(Vec<usize>, Option<Duration>)> {
    let mut failed = Vec::new();
    let mut wait = None;
    for (index, part) in open.iter().zip(parts) {
        outcomes[*index] = Some(match settle(part)? {
            Ok(value) => Ok(value),
            Err(refusal) => {
                if refusal.passing {
                    failed.push(*index);
                    wait = wait.max(refusal.problem.wait());
                }
                Err(refusal.problem)
            }
        });
    }
    Ok((failed, wait))
}

fn unanswered() -> Problem {
    Problem::temporary("Gmail did not answer this part of the batch")
}

fn answer(reply: &Reply, count: usize) -> Option<Vec<Option<BatchPart>>> {
    let boundary = boundary(reply.header("content-type")?)?;
    parse(&String::from_utf8_lossy(&reply.body), &boundary, count)
}
