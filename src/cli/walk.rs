//! Where a command line stands: which command its words lead to, and what comes next.
//!
//! It reads words that clap refuses or has not got yet, for help, for suggestions and for completion.

use clap::{Arg, Command};

/// The end of the words that were read.
#[derive(Debug)]
pub(crate) struct Place<'c> {
    /// The names of the command and of those above it, without the program.
    pub(crate) path: Vec<&'c str>,
    pub(crate) command: &'c Command,
    /// The option whose value comes next.
    pub(crate) option: Option<&'c Arg>,
    /// How many words were neither commands nor options.
    pub(crate) positionals: usize,
    /// Whether `--` was read, after which nothing is an option.
    pub(crate) only_values: bool,
}

impl<'c> Place<'c> {
    /// The place in front of all words. The command must be built.
    pub(crate) fn start(command: &'c Command) -> Place<'c> {
        Place { path: Vec::new(), command, option: None, positionals: 0, only_values: false }
    }

    /// The place after these words.
    pub(crate) fn after<'w>(command: &'c Command, words: impl IntoIterator<Item = &'w str>) -> Place<'c> {
        let mut place = Place::start(command);
        words.into_iter().for_each(|word| place.read(word));
        place
    }

    fn read(&mut self, word: &str) {
        if let Some(option) = self.option.take()
            && (!word.starts_with('-') || option.get_num_args().is_none_or(|n| n.min_values() > 0))
        {
            return;
        }
        if self.only_values || word == "-" || !word.starts_with('-') {
            return self.read_value(word);
        }
        match word.strip_prefix("--") {
            Some("") => self.only_values = true,
            Some(long) if !long.contains('=') => self.option = self.long(long).filter(|a| takes_value(a)),
            Some(_) => {}
            // Only the last of a cluster can take its value from the next word.
            None => self.option = word.chars().last().and_then(|c| self.short(c)).filter(|a| takes_value(a)),
        }
    }

    fn read_value(&mut self, word: &str) {
        match self.command.find_subcommand(word).filter(|_| self.positionals == 0 && !self.only_values) {
            Some(inner) => {
                self.command = inner;
                self.path.push(inner.get_name());
            }
            None => self.positionals += 1,
        }
    }

    /// The option with this name, without its hyphens.
    pub(crate) fn long(&self, name: &str) -> Option<&'c Arg> {
        let is_called = |arg: &&Arg| {
            arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|all| all.contains(&name))
        };
        self.command.get_arguments().find(is_called)
    }

    fn short(&self, name: char) -> Option<&'c Arg> {
        let is_called = |arg: &&Arg| {
            arg.get_short() == Some(name)
                || arg.get_all_short_aliases().is_some_and(|all| all.contains(&name))
        };
        self.command.get_arguments().find(is_called)
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}
