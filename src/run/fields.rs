//! Checks what `--fields` and `--format ids` choose from the result of a tool.

use crate::{
    output::{Console, Field, Step},
    problem::{Problem, Result},
    spec::{Answer, Shape, TOOLS, Tool, field_of},
    suggest,
};

/// Refuses fields that the result of this tool never has.
pub(super) fn check_fields(tool: &Tool, console: &Console) -> Result<()> {
    console.fields().iter().try_for_each(|field| check_field(tool, field))
}

fn check_field(tool: &Tool, field: &Field) -> Result<()> {
    let known = tool.fields();
    let is_id = field.name() == "id" && known.contains(&"uid");
    if !known.contains(&field.name()) && !is_id {
        return Err(unknown(tool, field, field.name(), known));
    }
    let Some(member) = field_of(tool, field.name()).filter(|_| !field.within().is_empty()) else {
        return if field.within().is_empty() { Ok(()) } else { Err(no_members(field)) };
    };
    let mut shape = Within::Shape(member.shape);
    for step in field.within() {
        shape = match (step, shape) {
            (Step::Items | Step::Item(_), shape) => shape.item().ok_or_else(|| no_members(field))?,
            (Step::Member(_), Within::Shape(Shape::Counts)) => Within::Shape(Shape::Count),
            (Step::Member(name), shape) => {
                let members = shape.members().ok_or_else(|| no_members(field))?;
                let is_id = name == "id" && !members.iter().any(|(known, _)| *known == "id");
                let name = if is_id { "uid" } else { name };
                let found = members.iter().find(|(known, _)| *known == name);
                let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
                Within::Shape(found.ok_or_else(|| unknown(tool, field, name, &names))?.1)
            }
        };
    }
    Ok(())
}

/// What a path has come to.
enum Within {
    Shape(Shape),
    /// One item of a list with this shape.
    Item(Shape),
}

impl Within {
    fn item(self) -> Option<Within> {
        match self {
            Within::Shape(shape @ (Shape::Texts | Shape::Objects(_) | Shape::ResultsOf(_))) => {
                Some(Within::Item(shape))
            }
            Within::Shape(_) | Within::Item(_) => None,
        }
    }

    /// The members of an object, or of each item of a list.
    fn members(&self) -> Option<Vec<(&'static str, Shape)>> {
        let (Within::Shape(shape) | Within::Item(shape)) = self;
        match shape {
            Shape::Object(fields) | Shape::Objects(fields) => {
                Some(fields.iter().map(|field| (field.name, field.shape)).collect())
            }
            Shape::ResultsOf(id) => {
                let tool = TOOLS.iter().find(|tool| tool.id == *id)?;
                let fields = tool.fields().iter().filter_map(|name| field_of(tool, name));
                Some(fields.map(|field| (field.name, field.shape)).collect())
            }
            _ => None,
        }
    }
}

fn unknown(tool: &Tool, field: &Field, name: &str, known: &[&str]) -> Problem {
    let problem = Problem::usage(format!("unknown field \"{}\" for {}", field.text(), tool.name));
    let is_no_path = field.text().contains(['.', '[']) && field.within().is_empty();
    match suggest::nearest(name, known.iter().copied()).filter(|_| !is_no_path) {
        Some(nearest) => {
            problem.hint(format!("Did you mean {nearest}? Put --fields at the end of the line to list them."))
        }
        None if is_no_path => {
            problem.hint("Write a path as attachments[].filename, or attachments[0].filename for the first.")
        }
        None => problem.hint(format!("Use one of {}.", known.join(", "))),
    }
}

fn no_members(field: &Field) -> Problem {
    Problem::usage(format!("the path \"{}\" goes into a value that has no members", field.text()))
        .hint(format!("Use --fields {}.", field.name()))
}

/// Refuses to print nothing but ids where there is no list of them, or where fields were chosen.
pub(super) fn check_ids(tool: &Tool, console: &Console) -> Result<()> {
    let is_list = matches!(tool.answer, Answer::Rows { fields, .. } if fields.contains(&"uid"));
    if !console.prints_ids() || (is_list && console.fields().is_empty()) {
        return Ok(());
    }
    if is_list {
        return Err(Problem::usage("both --format ids and --fields were given")
            .hint("Use --format tsv to print several fields of each row."));
    }
    let id = ["uid", "id", "part_id"].into_iter().find(|name| tool.fields().contains(name));
    let hint = match id {
        Some(id) => format!("Use --format tsv --fields {id}."),
        None => "Leave out --format ids.".to_owned(),
    };
    Err(Problem::usage(format!("{} does not list ids", tool.name)).hint(hint))
}
