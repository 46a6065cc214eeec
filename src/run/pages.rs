//! Opens Gmail's pages in the browser.

use std::ffi::OsStr;

use crate::{
    browser,
    problem::{Code, Problem, Result},
};

/// More tabs than this are a mistake.
const MOST: usize = 10;

/// Opens each of the pages; returns what was done, as one sentence.
pub(super) fn open(urls: &[&str], setting: Option<&OsStr>) -> Result<String> {
    if urls.len() > MOST {
        return Err(Problem::usage(format!("{} pages are too many to open at once", urls.len()))
            .hint(format!("Give at most {MOST} ids, or print the addresses with mcs-gmail url.")));
    }
    for url in urls {
        browser::open(url, setting).map_err(|error| {
            Problem::new(Code::Failed, format!("cannot open a browser: {error}"))
                .hint(format!("Open {url} yourself, or set BROWSER to the command of a browser."))
        })?;
    }
    Ok(urls.iter().map(|url| format!("Opened {url}")).collect::<Vec<_>>().join("\n"))
}
