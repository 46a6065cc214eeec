//! Writes the shell completions and the manual page. The binary embeds them.

#![allow(dead_code, unused_imports, reason = "only the shape of the command line is used here")]
#![allow(clippy::print_stdout, reason = "cargo reads instructions from stdout")]

#[path = "src/cli/mod.rs"]
mod cli;
#[path = "src/spec/mod.rs"]
mod spec;

use std::{env, error::Error, fs, path::Path};

use clap_complete::{Shell, generate_to};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/cli");
    println!("cargo:rerun-if-changed=src/spec");
    #[expect(clippy::disallowed_methods, reason = "cargo passes the output directory in a variable")]
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut cli::command(), "mcs-gmail", &out)?;
    }
    fix_bash(&Path::new(&out).join("mcs-gmail.bash"))?;
    fs::write(Path::new(&out).join("mcs-gmail.1"), manual()?)?;
    Ok(())
}

/// Fixes the bash script: clap_complete 4.6 spells a name with a hyphen in two ways, so that the script finds no
/// subcommand.
fn fix_bash(path: &Path) -> Result<(), Box<dyn Error>> {
    let script = fs::read_to_string(path)?.replace("mcs__subcmd__gmail", "mcs__gmail");
    fs::write(path, script)?;
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
