//! Writes the completions and the manual page, which the binary embeds.

#![allow(dead_code, reason = "the table and the command line are compiled here for their shape alone")]
#![allow(clippy::print_stdout, reason = "cargo reads instructions from stdout")]

#[path = "src/cli.rs"]
mod cli;
#[path = "src/spec.rs"]
mod spec;

use std::{env, error::Error, fs, path::Path};

use clap_complete::{Shell, generate_to};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/cli.rs");
    println!("cargo:rerun-if-changed=src/spec.rs");
    #[expect(clippy::disallowed_methods, reason = "cargo tells build scripts their directory this way")]
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut cli::command(), "mcs-gmail", &out)?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(cli::command()).render(&mut page)?;
    fs::write(Path::new(&out).join("mcs-gmail.1"), page)?;
    Ok(())
}
