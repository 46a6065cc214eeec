//! Gmail for agents, scripts and cron: one process, one operation.
//!
//! The library exists for the binary, the tests and the sandbox example. Its API is [`run()`] and nothing else.
//! Data flows one way: arguments, configuration, request, access, gmail, output.

mod access;
mod address;
mod browser;
mod characters;
mod cli;
mod clock;
mod completion;
mod config;
mod contract;
mod digest;
mod disk;
mod doctor;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gmail;
mod guides;
mod http;
mod input;
#[cfg(unix)]
mod interrupt;
mod json;
mod manual;
mod observer;
mod output;
mod phrase;
mod policy;
mod problem;
mod quote;
mod random;
mod reference;
mod run;
mod secret;
mod skill;
mod spec;
mod spelling;
mod store;
mod streams;
mod suggest;
mod tools;
mod url;

use std::{ffi::OsString, process::ExitCode};

use crate::{
    cli::{Reader, Settings, Stop},
    config::{Config, Environment},
    output::Console,
    problem::{Code, Problem},
    run::End,
};

/// Runs one command line, which begins with the program's name, and returns the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let environment = Environment::read();
    let args: Vec<OsString> = args.into_iter().collect();
    // Help hides commands that the policy refuses. If the files cannot be read, it shows only those of level `read`.
    let policy = || Config::load(Settings::default(), environment.clone()).and_then(|c| c.policy());
    let level = || policy().map_or(spec::Level::Read, |p| p.level());
    let reader = || Reader { level: level(), width: output::page_width(), topics: guides::TOPICS };
    let line = match cli::parse(&args, reader) {
        Ok(line) => line,
        Err(stop) => {
            let options = cli::glimpse(&args);
            // Help and the version are the same in every format, and need no configuration.
            let format = match stop {
                Stop::Shown(_) => options.global.format,
                Stop::Wrong { .. } => Config::of_run(&options, &environment).1,
            };
            return stopped(stop, &Console::new(&options.global, format, environment.colors()));
        }
    };
    let (config, format) = Config::of_run(&line.options, &environment);
    let console = Console::new(&line.options.global, format, environment.colors());
    let console = console.paged(environment.pager(), &line.options.global, environment.colors());
    let end = run::perform(line, config, environment, &console);
    console.stop_progress();
    match end {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Challenged) => ExitCode::from(Code::AuthRequired.exit()),
        Ok(End::Empty) => ExitCode::from(Code::Empty.exit()),
        Ok(End::AtFault(code)) => ExitCode::from(code.exit()),
        Err(problem) => failed(&problem, &console),
    }
}

/// Prints help, the version or a usage error.
fn stopped(stop: Stop, console: &Console) -> ExitCode {
    match stop {
        Stop::Shown(page) => match console.page_of_help(&page) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => failed(&problem, console),
        },
        Stop::Wrong { message, hint } => failed(&Problem::usage(message).hint(hint), console),
    }
}

fn failed(problem: &Problem, console: &Console) -> ExitCode {
    console.problem(problem);
    ExitCode::from(problem.code().exit())
}
