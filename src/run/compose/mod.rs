//! Writing at a terminal: a message without a body is written in the user's editor, and the person then decides what
//! becomes of it. What was written stays in a file until it is sent, stored or discarded.

mod editor;
mod sheet;

use std::{cell::RefCell, fs, path::PathBuf};

use serde_json::{Map, Value, json};

use self::sheet::Sheet;
use super::{End, Invocation, row_numbers};
use crate::{
    disk,
    gmail::shown::shown,
    input,
    policy::Policy,
    problem::{Code, Problem, Result},
    spec::{BODY, BODY_FILE, HTML_BODY, HTML_FILE, Level, RAW, Tool, ToolId},
    tools::Preview,
};

/// The largest text that is read back, in bytes.
const LARGEST: u64 = 36 << 20;

/// Whether the message is to be written in the editor: a person is at the terminal, and gave no body.
pub(super) fn is_wanted(run: &Invocation<'_>, tool: &Tool, arguments: &Map<String, Value>) -> bool {
    let writes = matches!(
        tool.id,
        ToolId::SendMessage | ToolId::ReplyMessage | ToolId::ForwardMessage | ToolId::CreateDraft
    );
    let bodies = [&BODY, &BODY_FILE, &HTML_BODY, &HTML_FILE, &RAW];
    let is_given = bodies.iter().any(|parameter| arguments.contains_key(parameter.name));
    let is_typed = !run.options.global.exec && !run.console.asked_for_json();
    writes
        && !is_given
        && is_typed
        && !is_on(arguments, "dry_run")
        && run.has_person()
        && input::is_terminal()
}

fn is_on(arguments: &Map<String, Value>, name: &str) -> bool {
    arguments.get(name) == Some(&Value::Bool(true))
}

/// What the person decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Send,
    Draft,
    Edit,
    Discard,
}

/// A message that is being written.
struct Writing<'w> {
    run: &'w Invocation<'w>,
    tool: &'static Tool,
    /// As they were typed.
    arguments: Map<String, Value>,
    /// Below the text of a reply, as the program adds it.
    quotation: String,
    /// Whether it may be sent.
    sends: bool,
    path: PathBuf,
}

/// Lets the person write the message, and sends it, stores it or discards it.
pub(super) fn perform(
    run: &Invocation<'_>,
    tool: &'static Tool,
    mut arguments: Map<String, Value>,
) -> Result<End> {
    let policy = run.config()?.policy()?;
    let yes = is_on(&arguments, "yes");
    arguments.shift_remove("yes");
    arguments.shift_remove("unescape_newlines");
    // Another list may come to this terminal while the message is written.
    if let Some(given) = arguments.get("uid").cloned() {
        arguments.insert("uid".to_owned(), row_numbers::message(run, given)?);
    }
    let sends = tool.id != ToolId::CreateDraft && !is_on(&arguments, "draft") && may_send(&policy);
    let (sheet, remarks) = match begin(run, tool, &arguments)? {
        Ok(beginning) => beginning,
        Err(end) => return Ok(end),
    };
    let quotation =
        if tool.id == ToolId::ReplyMessage { sheet.body.trim().to_owned() } else { String::new() };
    let start = sheet.text(&remarks);
    let path = disk::create_private("eml", start.as_bytes()).map_err(|e| {
        Problem::new(Code::Failed, format!("cannot create a file for the message: {e}"))
            .hint("Set TMPDIR to a directory that can be written, or give the text with --body.")
    })?;
    let writing = Writing { run, tool, arguments, quotation, sends, path };
    writing.go_on(&start, yes).map_err(|problem| writing.kept(problem))
}

fn may_send(policy: &Policy) -> bool {
    policy.allows(Level::Send).is_ok()
}

/// What the editor shows first, with remarks; or how the run ended before it, which was told.
type Beginning = std::result::Result<(Sheet, Vec<String>), End>;

fn begin(run: &Invocation<'_>, tool: &'static Tool, arguments: &Map<String, Value>) -> Result<Beginning> {
    let mut remarks = vec![
        "Write the text below the empty line. Lines above it that begin with # are left out.".to_owned(),
    ];
    let text = |name: &str| match arguments.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let mut sheet = Sheet::default();
    if matches!(tool.id, ToolId::ReplyMessage | ToolId::ForwardMessage) {
        let preview = match preview(run, tool, arguments)? {
            Ok(preview) => preview,
            Err(end) => return Ok(Err(end)),
        };
        sheet = Sheet::of(&shown(&preview.raw));
        if preview.reply_to_differs {
            remarks
                .push("The message asks for replies to these addresses, not only to its sender.".to_owned());
        }
    }
    if tool.id == ToolId::ForwardMessage {
        remarks.push("The forwarded message follows your text.".to_owned());
        sheet = Sheet { subject: sheet.subject, ..Sheet::default() };
    }
    for (name, place) in [
        ("from", &mut sheet.from),
        ("to", &mut sheet.to),
        ("cc", &mut sheet.cc),
        ("bcc", &mut sheet.bcc),
        ("reply_to", &mut sheet.reply_to),
        ("subject", &mut sheet.subject),
    ] {
        if place.is_empty() {
            *place = text(name);
        }
    }
    sheet.attach = match arguments.get("attach") {
        Some(Value::Array(paths)) => paths.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(path)) => vec![path.clone()],
        _ => Vec::new(),
    };
    if !sheet.body.is_empty() {
        sheet.body = format!("\n\n{}", sheet.body.trim_start_matches('\n'));
    }
    Ok(Ok((sheet, remarks)))
}

/// The message as the program would make it from an empty text.
fn preview(
    run: &Invocation<'_>,
    tool: &'static Tool,
    arguments: &Map<String, Value>,
) -> Result<std::result::Result<Preview, End>> {
    let mut arguments = arguments.clone();
    // Neither its recipients nor the level are final here.
    for (name, value) in [("dry_run", json!(true)), ("draft", json!(true)), ("body", json!(""))] {
        arguments.insert(name.to_owned(), value);
    }
    if tool.id == ToolId::ForwardMessage && !arguments.contains_key("to") {
        // A forward needs a recipient.
        arguments.insert("to".to_owned(), json!("nobody@example.invalid"));
    }
    let slot = RefCell::new(None);
    let seen = Invocation { preview: Some(&slot), environment: run.environment.clone(), ..*run };
    let end = seen.call(tool, arguments)?;
    Ok(slot.into_inner().ok_or(end))
}

impl Writing<'_> {
    fn go_on(&self, start: &str, yes: bool) -> Result<End> {
        loop {
            let edited = editor::edit(&self.path, self.run.environment.editor());
            let text = self.text()?;
            if let Err(e) = edited {
                if text == start {
                    self.discard();
                }
                return Err(Problem::new(Code::Failed, format!("cannot use the editor: {e}")).hint(
                    "Set VISUAL or EDITOR to the command of an editor, or give the text with --body.",
                ));
            }
            if text == start {
                self.discard();
                return Err(Problem::new(Code::Failed, "nothing was written, and nothing was sent")
                    .hint("Save the message in the editor to send it."));
            }
            let given = match Sheet::parse(&text).map(|sheet| self.given(&sheet)) {
                Ok(given) => given,
                Err(problem) => {
                    if self.edits_again(&problem)? {
                        continue;
                    }
                    return Ok(End::Done);
                }
            };
            let mut choice = if self.sends { Choice::Send } else { Choice::Draft };
            let checked = self.run.check(self.tool, self.as_chosen(&given, choice));
            if let Err(problem) = checked {
                if self.edits_again(&problem)? {
                    continue;
                }
                return Ok(End::Done);
            }
            if !yes {
                choice = self.ask(&given)?;
            }
            match choice {
                Choice::Edit => {}
                Choice::Discard => {
                    self.discard();
                    self.run.console.prompt("Discarded.\n");
                    return Ok(End::Done);
                }
                choice => match self.run.call(self.tool, self.as_chosen(&given, choice)) {
                    Ok(End::Done) => {
                        self.discard();
                        return Ok(End::Done);
                    }
                    Ok(end) => {
                        self.run.console.prompt(&format!("Your text is kept in {}\n", self.path.display()));
                        return Ok(end);
                    }
                    Err(problem) if is_of_the_message(problem.code()) => {
                        if !self.edits_again(&problem)? {
                            return Ok(End::Done);
                        }
                    }
                    Err(problem) => return Err(problem),
                },
            }
        }
    }

    fn text(&self) -> Result<String> {
        let file = disk::open_regular(&self.path);
        let bytes = file.and_then(|file| disk::read_up_to(file, LARGEST));
        let bytes =
            bytes.map_err(|e| Problem::new(Code::Failed, format!("cannot read the message back: {e}")))?;
        String::from_utf8(bytes).map_err(|_| Problem::usage("the message is not UTF-8"))
    }

    /// The arguments with what was written in place of what was typed.
    fn given(&self, sheet: &Sheet) -> Map<String, Value> {
        let mut given = self.arguments.clone();
        for (name, value) in [
            ("from", &sheet.from),
            ("to", &sheet.to),
            ("cc", &sheet.cc),
            ("bcc", &sheet.bcc),
            ("reply_to", &sheet.reply_to),
            ("subject", &sheet.subject),
        ] {
            given.shift_remove(name);
            let is_known = self.tool.parameters.iter().any(|parameter| parameter.name == name);
            // An empty line means that there is nobody, or no subject, and not that the program chooses.
            let is_needed = name == "to" || name == "subject";
            if is_known && (!value.is_empty() || is_needed) {
                given.insert(name.to_owned(), value.as_str().into());
            }
        }
        given.shift_remove("attach");
        if !sheet.attach.is_empty() {
            given.insert("attach".to_owned(), json!(sheet.attach));
        }
        let own = match sheet.body.trim_end().strip_suffix(self.quotation.as_str()) {
            Some(own) if !self.quotation.is_empty() => own,
            _ => {
                if self.tool.id == ToolId::ReplyMessage {
                    given.insert("no_quote".to_owned(), true.into());
                }
                sheet.body.as_str()
            }
        };
        given.insert("body".to_owned(), own.trim_matches('\n').trim_end().into());
        given
    }

    fn as_chosen(&self, given: &Map<String, Value>, choice: Choice) -> Map<String, Value> {
        let mut given = given.clone();
        if choice == Choice::Draft && self.tool.id != ToolId::CreateDraft {
            given.insert("draft".to_owned(), true.into());
        }
        given
    }

    /// Shows where the message would go, and asks what is to become of it.
    fn ask(&self, given: &Map<String, Value>) -> Result<Choice> {
        let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
        let console = self.run.console;
        for (title, name) in [
            ("From", "from"),
            ("To", "to"),
            ("Cc", "cc"),
            ("Bcc", "bcc"),
            ("Reply-To", "reply_to"),
            ("Subject", "subject"),
        ] {
            match text(name) {
                "" if name == "subject" => console.prompt("Subject: (none)\n"),
                "" => {}
                value => console.prompt(&format!("{title}: {value}\n")),
            }
        }
        if let Some(files) = given.get("attach").and_then(Value::as_array) {
            let files: Vec<&str> = files.iter().filter_map(Value::as_str).collect();
            console.prompt(&format!("Files: {}\n", files.join(", ")));
        }
        loop {
            let question = if self.sends {
                "Send (s), save as draft (d), edit (e) or discard (x)? "
            } else {
                "Save as draft (d), edit (e) or discard (x)? "
            };
            console.prompt(question);
            let Some(answer) = input::line()? else {
                return Err(Problem::new(Code::Failed, "nothing was sent: the question was not answered"));
            };
            match answer.trim().to_lowercase().as_str() {
                "s" | "send" if self.sends => return Ok(Choice::Send),
                "d" | "draft" => return Ok(Choice::Draft),
                "e" | "edit" => return Ok(Choice::Edit),
                "x" | "discard" | "drop" => return Ok(Choice::Discard),
                _ => {}
            }
        }
    }

    /// Shows what is wrong, and asks whether the person edits the message again. If not, it is kept.
    fn edits_again(&self, problem: &Problem) -> Result<bool> {
        let console = self.run.console;
        console.problem_in_dialogue(problem);
        loop {
            console.prompt("Edit (e) or discard (x)? ");
            let Some(answer) = input::line()? else { return Err(problem.clone()) };
            match answer.trim().to_lowercase().as_str() {
                "e" | "edit" => return Ok(true),
                "x" | "discard" | "drop" => {
                    self.discard();
                    console.prompt("Discarded.\n");
                    return Ok(false);
                }
                _ => {}
            }
        }
    }

    fn discard(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Adds where the text is, which nothing but the person discards.
    fn kept(&self, problem: Problem) -> Problem {
        if !self.path.exists() {
            return problem;
        }
        problem.hint_also(format!("Your text is kept in {}.", self.path.display()))
    }
}

/// Whether the person can correct it in the message.
fn is_of_the_message(code: Code) -> bool {
    matches!(code, Code::Usage | Code::PolicyRefused | Code::Unconfirmed)
}
