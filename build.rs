//! Writes the manual page. The binary embeds it.

#![allow(dead_code, unused_imports, reason = "only the shape of the command line is used here")]
#![allow(clippy::print_stdout, reason = "cargo reads instructions from stdout")]

#[path = "src/cli/mod.rs"]
mod cli;
#[path = "src/spec/mod.rs"]
mod spec;
#[path = "src/suggest.rs"]
mod suggest;

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/cli");
    println!("cargo:rerun-if-changed=src/spec");
    println!("cargo:rerun-if-changed=src/suggest.rs");
    #[expect(clippy::disallowed_methods, reason = "cargo passes the output directory in a variable")]
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    fs::write(Path::new(&out).join("mcs-gmail.1"), manual()?)?;
    Ok(())
}

/// The manual page: the program, then each command with its options.
fn manual() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut page = Vec::new();
    let command = cli::command();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands() {
        let title = format!("mcs-gmail {}", sub.get_name());
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        page.extend(
            format!(".SH \"{}\"\n{}\n", title.to_uppercase(), about.replace('\\', "\\\\")).into_bytes(),
        );
        let man = clap_mangen::Man::new(sub.clone());
        man.render_options_section(&mut page)?;
    }
    Ok(page)
}
