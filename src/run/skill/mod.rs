//! `skill pack`, which makes the bundle of the skill for uploading. `skill install` is in `install`.

mod install;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{End, Invocation};
use crate::{
    cli::{Pack, Skill},
    config::{Packed, filled_in},
    digest,
    disk::{self, Mode, shell_word},
    observer::Observer,
    problem::{Code, Problem, Result},
    skill::{self, Part, Platform, Program},
    spec,
};

/// Larger files are neither programs nor bundles of this skill.
const MAX_SIZE: u64 = 1 << 30;
/// The machines on which Claude runs an uploaded skill, and who has them.
const MACHINES: [(Platform, &str); 2] = [
    (Platform::LINUX_X86, "Cowork on Windows and Intel Macs, and claude.ai,"),
    (Platform::LINUX_ARM, "Cowork on Apple silicon"),
];

pub(super) fn perform(command: &Skill, run: &Invocation<'_>) -> Result<End> {
    match command {
        Skill::Pack(pack) => self::pack(pack, run),
        Skill::Install(install) => install::perform(install, run),
    }
}

fn pack(pack: &Pack, run: &Invocation<'_>) -> Result<End> {
    run.console.expect_stdout()?;
    check_launched(pack, run)?;
    let config = configuration(pack, run)?;
    let to_stdout = pack.out.as_deref() == Some(Path::new("-"));
    let out = pack.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.zip", skill::NAME)));
    if !to_stdout {
        check_target(&out, pack.force)?;
    }
    let programs = programs(pack, run)?;
    let mut parts = skill::texts();
    parts.extend(
        config.iter().map(|config| Part::configuration(config.name, config.text.clone().into_bytes())),
    );
    let machines: Vec<Platform> = programs.iter().map(|(program, _)| program.platform).collect();
    parts.extend(programs.into_iter().map(|(program, content)| Part::program(program.platform, content)));
    parts.sort_by(|a, b| a.path.cmp(&b.path));
    skill::check_limits(&parts)?;
    let zip = skill::bundle(&parts)?;
    warn(run, &machines, config.as_ref());
    if to_stdout {
        let written = run.console.pipe(&spec::OUT)?.write_all(&zip);
        return match written {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(cannot_write("stdout", &e)),
            _ => Ok(End::Done),
        };
    }
    // A configuration contains secrets.
    let mode = if config.is_some() { Mode::Exact(0o600) } else { Mode::Usual(0o666) };
    let target = fs::canonicalize(&out).unwrap_or_else(|_| out.clone());
    disk::replace(&target, mode, &zip).map_err(|e| cannot_write(&out.display().to_string(), &e))?;
    told(run, &out, &zip, &parts, &machines, config.is_some())
}

/// The permission rules of a client allow a command with everything that follows it: what an agent may not do by itself
/// is left to a person.
fn check_launched(pack: &Pack, run: &Invocation<'_>) -> Result<()> {
    let option = match pack {
        Pack { with_config: Some(_), .. } => "--with-config",
        Pack { force: true, .. } => "--force",
        _ => return Ok(()),
    };
    if !run.environment.is_launched() {
        return Ok(());
    }
    Err(Problem::usage(format!("{option} is not available through the skill's launcher"))
        .hint(format!("Ask the user to run mcs-gmail skill pack {option} in a terminal.")))
}

/// The configuration to include. One that is filled in where the skill is must be chosen or left out.
fn configuration(pack: &Pack, run: &Invocation<'_>) -> Result<Option<Packed>> {
    if let Some(path) = &pack.with_config {
        return Packed::from_file(path, &run.environment).map(Some);
    }
    let Some(path) = filled_in(&run.environment)?.filter(|_| !pack.without_config) else { return Ok(None) };
    let message = format!("{} is filled in, and it is not packed unless you say so", path.display());
    let hint = format!(
        "Add --without-config to leave it out, or --with-config {} to include it: then everyone who has the zip has its secrets.",
        shell_word(&path)
    );
    Err(Problem::configuration(message).hint(hint))
}

/// The programs to include with their content, one for each machine: those that were given, or else those that are found.
fn programs(pack: &Pack, run: &Invocation<'_>) -> Result<Vec<(Program, Vec<u8>)>> {
    let paths = if pack.binary.is_empty() { found(run)? } else { pack.binary.clone() };
    let mut programs: Vec<(Program, Vec<u8>)> = Vec::new();
    for path in &paths {
        let (program, content) = program(path, &MACHINES.map(|(platform, _)| platform))?;
        if programs.iter().any(|(other, _)| other.platform == program.platform) {
            return Err(Problem::usage(format!(
                "{} is a second binary for {}",
                path.display(),
                program.platform.name()
            ))
            .hint("Give one binary for each machine."));
        }
        if let Some(lacking) = &program.lacking {
            run.console.warn(&format!(
                "{} requires {lacking}, which the machines of Cowork do not have: use the binary of a release",
                path.display()
            ));
        }
        programs.push((program, content));
    }
    Ok(programs)
}

/// The programs beside the one that is running, and in the skill's directory; the running one for its own machine.
fn found(run: &Invocation<'_>) -> Result<Vec<PathBuf>> {
    let running = std::env::current_exe().ok();
    let beside = running.as_deref().and_then(Path::parent).map(Path::to_owned);
    let real = running.as_deref().and_then(|path| fs::canonicalize(path).ok());
    let beside_real = real.as_deref().and_then(Path::parent).map(Path::to_owned);
    let scripts = run.environment.skill_directory()?.map(|directory| directory.join("scripts"));
    let places: Vec<PathBuf> = [scripts, beside, beside_real].into_iter().flatten().collect();
    let named = |platform: Platform| {
        let there = places.iter().map(|place| place.join(platform.file())).find(|path| path.exists());
        there.or_else(|| real.clone().filter(|_| platform == Platform::own()))
    };
    let paths: Vec<PathBuf> = MACHINES.iter().filter_map(|(platform, _)| named(*platform)).collect();
    if paths.is_empty() {
        let names = MACHINES.map(|(platform, _)| platform.file()).join(" and ");
        return Err(Problem::usage("no binary for Linux was found").hint(format!(
            "Give the binaries of the release with --binary FILE, or put {names} beside mcs-gmail."
        )));
    }
    Ok(paths)
}

/// Reads a program for one of these platforms, of the same version as this one.
fn program(path: &Path, platforms: &[Platform]) -> Result<(Program, Vec<u8>)> {
    let shown = path.display();
    let names: Vec<String> = platforms.iter().map(|platform| platform.name()).collect();
    let hint = format!("Give a binary of mcs-gmail for {}, as a release has it.", names.join(" or "));
    let content = disk::open_regular(path).and_then(|file| disk::read_up_to(file, MAX_SIZE));
    let content =
        content.map_err(|e| Problem::usage(format!("cannot read {shown}: {e}")).hint(hint.as_str()))?;
    let unfit = |what: &str| Problem::usage(format!("cannot use {shown}: it is {what}")).hint(hint.as_str());
    let program = skill::judge(&content).map_err(|what| unfit(&what))?;
    if !platforms.contains(&program.platform) {
        return Err(unfit(&format!("a program for {}", program.platform.name())));
    }
    if program.version != skill::VERSION {
        let what = format!("{shown} is mcs-gmail {}, and this is {}", program.version, skill::VERSION);
        return Err(Problem::usage(what).hint("Take all files from the same release."));
    }
    Ok((program, content))
}

/// Refuses to write over anything but an earlier bundle.
fn check_target(out: &Path, force: bool) -> Result<()> {
    let shown = out.display();
    let metadata = match fs::metadata(out) {
        Ok(metadata) => metadata,
        Err(_) => return Ok(()),
    };
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a directory" } else { "not a regular file" };
        return Err(Problem::usage(format!("cannot write to {shown}: it is {what}"))
            .hint("Set --out to the path of a file, or to - for stdout."));
    }
    let begin = disk::open_regular(out).and_then(|file| {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, 256), &mut bytes).map(|_| bytes)
    });
    if force || metadata.len() == 0 || begin.is_ok_and(|bytes| skill::is_bundle(&bytes)) {
        return Ok(());
    }
    Err(Problem::new(Code::Conflict, format!("{shown} already exists and is not a bundle of this skill"))
        .hint("Set --out to another path, or add --force to replace the file."))
}

fn cannot_write(what: &str, error: &io::Error) -> Problem {
    let code = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory => {
            Code::Usage
        }
        _ => Code::Failed,
    };
    Problem::new(code, format!("cannot write {what}: {error}"))
        .hint("Set --out to a file in a directory that you can write to and that has free space.")
}

/// Says for whom the bundle does not work, and who will have the secrets.
fn warn(run: &Invocation<'_>, machines: &[Platform], config: Option<&Packed>) {
    for (platform, who) in MACHINES.iter().filter(|(platform, _)| !machines.contains(platform)) {
        run.console.warn(&format!(
            "the bundle has no binary for {}: {who} cannot run it; add one with --binary FILE",
            platform.name()
        ));
    }
    let Some(config) = config else { return };
    let secrets = config.secrets.join(" and ");
    let secrets = if secrets.is_empty() { "its values".to_owned() } else { secrets };
    run.console.warn(&format!(
        "the bundle contains a configuration: anyone who has the zip, or can use the skill where it is uploaded, has {secrets}; keep it to yourself, and delete it after the upload"
    ));
    if config.has_cache {
        run.console.warn("the sign-in is kept in the cache_dir of that configuration: anyone who can read that directory can use the mailbox");
    } else {
        run.console.warn("the configuration has no cache_dir: Cowork deletes the home directory with the sign-in; set it to a folder that you share with Cowork, such as ~/mnt/Documents/mcs-gmail");
    }
    if !config.missing.is_empty() {
        run.console.warn(&format!("the configuration does not set {}", config.missing.join(", ")));
    }
}

fn told(
    run: &Invocation<'_>,
    out: &Path,
    zip: &[u8],
    parts: &[Part],
    machines: &[Platform],
    with_config: bool,
) -> Result<End> {
    let names: Vec<String> = machines.iter().map(|platform| platform.name()).collect();
    let file = |part: &Part| json!({"path": format!("{}/{}", skill::NAME, part.path), "size": part.content.len(), "mode": format!("{:04o}", part.mode)});
    let document = json!({
        "written": out.display().to_string(),
        "size": zip.len(),
        "sha256": digest::of_reader(zip).unwrap_or_default(),
        "version": skill::VERSION,
        "machines": names,
        "with_config": with_config,
        "uncompressed": parts.iter().map(|part| part.content.len()).sum::<usize>(),
        "files": parts.iter().map(file).collect::<Vec<Value>>(),
    });
    let sentence = format!(
        "Wrote {} with {} files, {:.1} MB, for {}. In Claude, upload it under Customize, Skills.",
        out.display(),
        parts.len(),
        zip.len() as f64 / 1e6,
        names.join(" and ")
    );
    run.console.statement(&sentence, &document)?;
    Ok(End::Done)
}
