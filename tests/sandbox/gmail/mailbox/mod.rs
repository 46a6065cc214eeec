//! The messages of a fresh mailbox: what a person gets in a year, and every oddity a mail client must survive.
//! All of it is made from the seed and ends at `BASE_TIME`.

use super::dice::Dice;
use super::drafts::Draft;
use super::messages::parse_id;
use super::send::rfc2822;
use super::{BASE_TIME, Gmail};

mod everyday;
mod foreign;
mod hostile;
mod letters;
mod odd;
mod today;
mod work;

use letters::Letter;

/// Labels that Ada made, besides those that come with a message.
const USER_LABELS: &[&str] = &["Work", "Work/Invoices", "Reise & Urlaub", "Ünïcode", "Code/Reviews"];

const MINUTE: i64 = 60_000;
const DAY: u64 = 1440;

pub(super) fn fill(gmail: &mut Gmail, seed: u64) {
    USER_LABELS.iter().for_each(|name| drop(gmail.add_label(name)));
    let mut sack = Sack { arrivals: Vec::new(), dice: Dice::new(seed), now: BASE_TIME };
    everyday::post(&mut sack);
    work::post(&mut sack);
    foreign::post(&mut sack);
    odd::post(&mut sack);
    hostile::post(&mut sack);
    sack.deliver(gmail);
}

/// What came today and yesterday, for a person who looks at this mailbox now (in epoch milliseconds).
pub(super) fn fill_today(gmail: &mut Gmail, now: i64) {
    let mut sack = Sack { arrivals: Vec::new(), dice: Dice::new(7), now };
    today::post(&mut sack);
    sack.deliver(gmail);
    gmail.set_now(now);
}

/// A message on its way into the mailbox.
struct Arrival {
    date: i64,
    raw: Vec<u8>,
    labels: Vec<String>,
}

/// Everything that will be delivered, in any order.
struct Sack {
    arrivals: Vec<Arrival>,
    dice: Dice,
    /// Epoch milliseconds from which the age of a message counts.
    now: i64,
}

impl Sack {
    fn deliver(mut self, gmail: &mut Gmail) {
        self.arrivals.sort_by_key(|arrival| arrival.date);
        for arrival in self.arrivals {
            let labels: Vec<&str> = arrival.labels.iter().map(String::as_str).collect();
            let id = gmail.add_raw_at(&arrival.raw, &labels, arrival.date);
            if labels.contains(&"DRAFT") {
                let message = parse_id(&id).expect("an id of our own");
                gmail.drafts.push(Draft { id: format!("r{message}"), message });
            }
        }
    }

    /// Dates the letter and gives its Message-ID, for those who answer it.
    fn post(&mut self, minutes_ago: u64, labels: &[&str], letter: Letter) -> String {
        let date = self.now - minutes_ago as i64 * MINUTE;
        let domain = letter.from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        let message_id = format!("{:012x}@{domain}", self.dice.next() >> 16);
        let raw = letter.bytes(&rfc2822(date), &message_id);
        self.post_raw(minutes_ago, labels, raw);
        message_id
    }

    /// Bytes as they are.
    fn post_raw(&mut self, minutes_ago: u64, labels: &[&str], raw: Vec<u8>) {
        let labels = labels.iter().map(|label| label.to_string()).collect();
        self.arrivals.push(Arrival { date: self.now - minutes_ago as i64 * MINUTE, raw, labels });
    }

    /// Some minute of the last `days` days, and the labels of a message of that age: recent ones lie in the inbox
    /// and may be unread, old ones are mostly archived.
    fn somewhen(&mut self, days: u64, category: Option<&'static str>) -> (u64, Vec<&'static str>) {
        let minutes = 60 + self.dice.below(days * DAY - 60);
        let mut labels = Vec::new();
        let recent = minutes < 45 * DAY;
        if recent || self.dice.below(4) == 0 {
            labels.push("INBOX");
        }
        if recent && self.dice.below(3) == 0 {
            labels.push("UNREAD");
        }
        if self.dice.below(12) == 0 {
            labels.push("STARRED");
        }
        if self.dice.below(6) == 0 {
            labels.push("IMPORTANT");
        }
        labels.extend(category);
        (minutes, labels)
    }
}
