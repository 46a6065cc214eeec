//! The one integration test: stories about the real program in the sandbox, one module per subject.
#![allow(clippy::unwrap_used, reason = "in a test an unwrap is an assertion, in its helpers too")]
#![allow(unreachable_pub, reason = "modules of a test program, which is not a library")]

mod kit;
mod sandbox;

mod stories {
    mod accounts;
    mod answers;
    mod attachments;
    mod auth;
    mod bodies;
    mod bound_secrets;
    mod bounds;
    mod broken_world;
    mod bulk;
    mod cache_file;
    mod charsets;
    mod clocks;
    mod contract;
    mod conversations;
    mod crash;
    mod cron;
    mod documents;
    mod draft_changes;
    mod drafts;
    mod escapes;
    mod exactly_once;
    mod export;
    mod files;
    mod folder_names;
    mod folding;
    mod forwarding;
    mod gmail_world;
    mod home_paths;
    mod identity;
    mod interop;
    mod invisible;
    mod launcher;
    mod lists;
    mod long_jobs;
    mod lost_answers;
    mod mail_in_mail;
    mod main_job;
    mod modes;
    mod network_faults;
    mod new_mail;
    mod odd_answers;
    mod organise;
    mod own_addresses;
    mod own_words;
    mod places;
    mod policy;
    mod polling;
    mod raw;
    mod reading;
    mod recipients;
    mod reply;
    mod round_trip;
    mod rows;
    mod secrets;
    mod send;
    mod sessions;
    mod settings;
    mod settings_files;
    mod shared_cache;
    mod sign_in;
    mod sign_in_faults;
    mod sign_in_link;
    mod single_flight;
    mod skill;
    mod streams;
    mod vault;
    mod waiting;
    mod world;
}
