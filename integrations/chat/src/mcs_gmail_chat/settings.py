"""Where settings come from: the environment, and one ``.env`` file that never overrides it.

A ``.env`` in the working directory may have been put there by someone else. It cannot name programs to run, and it is
taken in whole groups, so that no secret of the environment meets an address of the file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from .problem import CONFIGURATION, Problem

MODEL_VARIABLES = ("MODEL", "LITELLM_MODEL")
BINARY_VARIABLE = "MCS_GMAIL_BINARY"

# The key of a provider, and the model that is used if none is named.
DEFAULT_MODELS = {
    "ANTHROPIC_API_KEY": "anthropic/claude-sonnet-latest",
    "OPENAI_API_KEY": "openai/gpt-5.4-mini",
    "GEMINI_API_KEY": "gemini/gemini-flash-latest",
    "MISTRAL_API_KEY": "mistral/mistral-large-latest",
}

MAIL_PREFIXES = ("MCS_GMAIL_", "AUTH0_", "LINKAUTH_")
# Variables with our prefix that mcs-gmail does not know, or that only its launcher and this program set.
NOT_FOR_PROGRAM = {BINARY_VARIABLE, "MCS_GMAIL_LAUNCHED", "MCS_GMAIL_SKILL_DIR", "MCS_GMAIL_PAGER"}
# What narrows or moves, and no endpoint or secret: it says nothing about where the other values come from.
NEUTRAL = {"MCS_GMAIL_POLICY", "MCS_GMAIL_TIMEOUT", "MCS_GMAIL_ACCOUNT", "MCS_GMAIL_FORMAT"}
MODEL_NAME = re.compile(r"[A-Z0-9_]+_(API_KEY|API_BASE|BASE_URL|API_VERSION)")

# What a program needs on every system, and nothing that is meant for another one.
INHERITED = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP", "MCS_CACHE_DIR",
    "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
}  # fmt: skip
INHERITED_PREFIXES = ("LC_", "XDG_", *MAIL_PREFIXES)

SECRET_NAME = re.compile(r".*(KEY|SECRET|TOKEN|PASSWORD)", re.IGNORECASE)
# Providers quote a part of the key in their errors.
KEY_LIKE = re.compile(r"\b(?:sk|gsk|xai|pk|rk|hf|AIza|la)[-_][A-Za-z0-9_*-]{6,}|\bAIza[A-Za-z0-9_*-]{6,}")


@dataclass(frozen=True)
class EnvFile:
    """What was taken from a file, and what was not and why."""

    path: Path
    taken: list[str]
    left: dict[str, str]


def read_env_file(named: str | None, environ: MutableMapping[str, str]) -> EnvFile | None:
    """Adds the values of the named file, or of ``.env`` in the working directory, to the environment."""
    path = Path(named) if named else Path(".env")
    if not path.is_file():
        if named and path.name != os.devnull and not path.exists():
            raise Problem(f"cannot read {path}: not found", "Give the path of a file to --env-file.", CONFIGURATION)
        return None
    foreign = writable_by_others(path)
    if foreign:
        if named:
            raise Problem(f"{path} is not used: {foreign}", f"Run chmod 600 {path} as its owner.", CONFIGURATION)
        return EnvFile(path, [], {"all": foreign})
    values = parsed(path)
    return taken(path, values, environ, trusted=named is not None)


def parsed(path: Path) -> dict[str, str]:
    from dotenv import dotenv_values

    try:
        read = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"cannot read {path}: {error}", "Save the file as UTF-8 text.", CONFIGURATION) from error
    return {name: value for name, value in read.items() if value}


def writable_by_others(path: Path) -> str:
    """Why the file cannot be trusted; nothing if it can."""
    if os.name != "posix":
        return ""
    status = path.stat()
    if status.st_uid not in (os.getuid(), 0):
        return "it belongs to another user"
    if stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IWOTH:
        return "everyone may write it"
    return ""


def taken(path: Path, values: Mapping[str, str], environ: MutableMapping[str, str], *, trusted: bool) -> EnvFile:
    """Takes each value that the environment does not have. In a file that nobody named, only known names count, and
    of a group of which the environment has a part nothing is taken."""
    names: list[str] = []
    left: dict[str, str] = {}
    decided = {
        group
        for name in environ
        if environ[name] and (group := group_of(name)) and name not in NEUTRAL | NOT_FOR_PROGRAM
    }
    for name, value in values.items():
        if environ.get(name):
            continue
        group = group_of(name)
        if not trusted and (not group or name in NOT_FOR_PROGRAM):
            if name in NOT_FOR_PROGRAM:
                left[name] = "it is not taken from a .env that was not named with --env-file"
            continue
        if not trusted and group in decided and name not in NEUTRAL:
            left[name] = "the environment has other values of this kind"
            continue
        environ[name] = value
        names.append(name)
    return EnvFile(path, names, left)


def group_of(name: str) -> str:
    """The values that belong together: those of the mailbox, and those of one provider of models."""
    if name.startswith(MAIL_PREFIXES):
        return "mail"
    if name in MODEL_VARIABLES:
        return "model"
    if MODEL_NAME.fullmatch(name):
        return name.split("_")[0]
    return ""


def program_environment(environ: Mapping[str, str], *, auth0_linkauth: bool) -> dict[str, str]:
    """What mcs-gmail gets: no key of a model, and nothing else that it does not read."""
    passed = {
        name: value
        for name, value in environ.items()
        if (name.upper() in INHERITED or name.startswith(INHERITED_PREFIXES)) and name not in NOT_FOR_PROGRAM
    }
    if auth0_linkauth:
        passed["MCS_GMAIL_CREDENTIALS"] = "auth0-linkauth"
    return passed


def choose_model(option: str | None, environ: Mapping[str, str]) -> str:
    """The model's name as litellm spells it."""
    named = option or next((environ[name] for name in MODEL_VARIABLES if environ.get(name)), "")
    if named:
        return named
    for key, model in DEFAULT_MODELS.items():
        if environ.get(key):
            return model
    raise Problem(
        "no model is chosen",
        "Give --model PROVIDER/NAME (or set MODEL), and set the provider's key, such as OPENAI_API_KEY, in the "
        "environment or in .env. A model on this machine needs no key: --model ollama_chat/qwen3.",
        CONFIGURATION,
    )


def redacted(text: str, environ: Mapping[str, str]) -> str:
    """The text without any secret of the environment and without parts of keys."""
    for name, value in environ.items():
        if len(value) >= 8 and SECRET_NAME.fullmatch(name):
            text = text.replace(value, "***")
    return KEY_LIKE.sub("***", text)
