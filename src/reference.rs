//! Everything that is said about tools and keys, derived from the tables.

use serde_json::{Value, json};

use crate::{
    cli::{Shell, ToolStyle},
    policy::Policy,
    spec::{self, Kind, Spelling, TOOLS, Tool},
    tools,
};

const MAN: &str = include_str!(concat!(env!("OUT_DIR"), "/mcs-gmail.1"));
const BASH: &str = include_str!(concat!(env!("OUT_DIR"), "/mcs-gmail.bash"));
const ZSH: &str = include_str!(concat!(env!("OUT_DIR"), "/_mcs-gmail"));
const FISH: &str = include_str!(concat!(env!("OUT_DIR"), "/mcs-gmail.fish"));

pub(crate) fn man() -> &'static str {
    MAN
}

pub(crate) fn completions(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    }
}

/// The tools that a policy allows.
fn allowed(policy: &Policy) -> impl Iterator<Item = &'static Tool> {
    TOOLS.iter().filter(|t| policy.allows(t.level).is_ok())
}

/// What `status` prints, with the Python skill's members first.
pub(crate) fn status(policy: &Policy) -> String {
    let names: Vec<&str> = allowed(policy).map(|t| t.name).collect();
    let status = json!({"driver": "mcs-gmail", "version": env!("CARGO_PKG_VERSION"), "tools": names});
    format!("{status:#}\n")
}

/// What `tools` prints.
pub(crate) fn tools(style: ToolStyle, policy: &Policy) -> String {
    let list = |one: fn(&Tool) -> Value| format!("{}\n", Value::Array(allowed(policy).map(one).collect()));
    match style {
        ToolStyle::Text => allowed(policy).map(tool_text).collect(),
        ToolStyle::Json => list(
            |t| json!({"name": t.name, "command": t.command, "access": t.level.name(), "description": t.summary, "parameters": tools::schema(t)}),
        ),
        ToolStyle::Openai => list(
            |t| json!({"type": "function", "function": {"name": t.name, "description": t.summary, "parameters": tools::schema(t)}}),
        ),
        ToolStyle::Markdown => skill(),
        ToolStyle::Anthropic => {
            list(|t| json!({"name": t.name, "description": t.summary, "input_schema": tools::schema(t)}))
        }
    }
}

/// As the Python skill prints it.
fn tool_text(tool: &Tool) -> String {
    let mut text = format!("{}: {}\n", tool.name, tool.summary);
    for p in tool.parameters {
        let need = if p.required { "required" } else { "optional" };
        text.push_str(&format!("  {} ({need}): {}\n", p.name, p.text));
    }
    text
}

/// The reference of the skill: `skill/references/tools.md`.
fn skill() -> String {
    let mut page =
        String::from("# Tools of mcs-gmail\n\nMade by `mcs-gmail tools --as markdown`; do not edit.\n");
    for tool in TOOLS {
        page.push_str(&format!("\n## {}\n\n{}\n", tool.name, tool.summary));
        if !tool.command.is_empty() {
            page.push_str(&format!("\nCommand: `{}`\n", usage(tool)));
        }
        if !tool.parameters.is_empty() {
            page.push_str("\n| parameter | type | default | meaning |\n|---|---|---|---|\n");
            tool.parameters.iter().for_each(|p| page.push_str(&parameter_row(p)));
        }
    }
    page
}

fn usage(tool: &Tool) -> String {
    let mut line = format!("mcs-gmail {}", tool.command);
    for p in tool.parameters.iter().filter(|p| p.spelling == Spelling::Positional) {
        let name = p.name.to_uppercase();
        let name = if p.kind == Kind::Many { format!("{name}...") } else { name };
        line.push_str(&if p.required { format!(" {name}") } else { format!(" [{name}]") });
    }
    if tool.parameters.iter().any(tools::is_option) {
        line.push_str(" [OPTIONS]");
    }
    line
}

fn parameter_row(parameter: &spec::Parameter) -> String {
    let kind = match parameter.kind {
        Kind::Text => "string".to_owned(),
        Kind::Integer { .. } => "integer".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Choice(names) => names.join(", "),
        Kind::Many | Kind::Addresses => "string or list of strings".to_owned(),
    };
    let default = match (parameter.required, parameter.default) {
        (true, _) => "required".to_owned(),
        (false, Some(default)) => format!("`{default}`"),
        (false, None) => String::new(),
    };
    format!("| `{}` | {kind} | {default} | {} |\n", parameter.name, parameter.text)
}

/// `config.toml.example`: every key with its text, commented out.
pub(crate) fn config_example() -> String {
    let mut text = String::from(
        "# Configuration of mcs-gmail. Copy to ~/.mcs/mcs-gmail.toml (chmod 600) and fill in.\n\
         # Each key may also be given as a variable: MCS_GMAIL_ and its name in capitals.\n",
    );
    for key in spec::KEYS {
        let needed =
            key.name.starts_with("auth0_") && key.name != "auth0_via" && key.name != "auth0_refresh_token";
        let needed = needed || key.name == "linkauth_broker_url";
        let mark = if needed { "" } else { "# " };
        text.push_str(&format!("\n# {}\n{mark}{} = \"{}\"\n", key.text, key.name, key.example));
    }
    text.push_str(
        "\n# What this installation may do. Every file found may narrow it, none can widen it.\n# [policy]\n\
         # access = \"send\"                    # read, organise, draft or send\n\
         # recipients = [\"*@example.com\"]     # nobody else can be written to\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skill_carries_the_reference_of_this_program() {
        assert!(
            include_str!("../skill/references/tools.md") == skill(),
            "run: mcs-gmail tools --as markdown > skill/references/tools.md"
        );
    }

    #[test]
    fn the_example_configuration_is_that_of_this_program() {
        assert!(
            include_str!("../config.toml.example") == config_example(),
            "run: mcs-gmail config example > config.toml.example"
        );
    }

    /// The table of commands in the README.
    fn commands() -> String {
        let rows = TOOLS.iter().filter(|t| !t.command.is_empty());
        let rows = rows.map(|t| format!("| `{}` | `{}` | {} |\n", usage(t), t.name, t.level.name()));
        format!("| command | tool | access |\n|---|---|---|\n{}", rows.collect::<String>())
    }

    #[test]
    fn the_readme_lists_every_command() {
        let table = commands();
        assert!(include_str!("../README.md").contains(&table), "put this table into README.md:\n{table}");
    }

    #[test]
    fn the_command_line_is_sound() {
        crate::cli::command().debug_assert();
    }
}
