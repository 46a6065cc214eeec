"""Where settings come from: the environment, and one ``.env`` file that never overrides it.

A ``.env`` in the working directory may have been put there by someone else. It cannot name programs to run or another
address of a provider of models, and it is taken in whole groups, so that no secret of the environment meets a value of
the file.
"""

from __future__ import annotations

import os
import re
import stat
import urllib.parse
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from .problem import CONFIGURATION, Problem

MODEL_VARIABLES = ("MODEL", "LITELLM_MODEL")
BINARY_VARIABLE = "MCS_GMAIL_BINARY"

EXAMPLE = "openai/gpt-5.4-mini"
# The key of a provider, and the model that is used if none is named.
DEFAULT_MODELS = {
    "ANTHROPIC_API_KEY": "anthropic/claude-sonnet-latest",
    "OPENAI_API_KEY": EXAMPLE,
    "GEMINI_API_KEY": "gemini/gemini-flash-latest",
    "MISTRAL_API_KEY": "mistral/mistral-large-latest",
}

MAIL_PREFIXES = ("MCS_GMAIL_", "AUTH0_", "LINKAUTH_")
# Variables with our prefix that mcs-gmail does not know, or that only its launcher and this program set.
NOT_FOR_PROGRAM = {BINARY_VARIABLE, "MCS_GMAIL_LAUNCHED", "MCS_GMAIL_SKILL_DIR", "MCS_GMAIL_PAGER"}
# What narrows or moves, and no endpoint or secret: it says nothing about where the other values come from.
NEUTRAL = {"MCS_GMAIL_POLICY", "MCS_GMAIL_TIMEOUT", "MCS_GMAIL_ACCOUNT", "MCS_GMAIL_FORMAT"}
# A name and no address, which litellm takes for some providers.
PLAIN_MODEL = re.compile(r"(?!.*(http|\.\.|//))[\w.@:+-]+(/[\w.@:+-]+)*", re.ASCII | re.IGNORECASE)
# What belongs to a provider of models.
MODEL_NAME = re.compile(r"([A-Z0-9_]+)_(API_KEY|API_BASE|BASE_URL|API_VERSION)")
ADDRESSES = ("API_BASE", "BASE_URL")
# Keys of providers with other names. Where the environment has one, a model was chosen there.
OTHER_KEYS = {"ANTHROPIC_AUTH_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "FRIENDLI_TOKEN", "HF_TOKEN", "REPLICATE_API_TOKEN"}
# Prefixes of variables, by a provider's name in litellm, where they are not that name.
OTHER_PREFIXES = {
    "gemini": ("GOOGLE",),
    "cohere": ("CO",),
    "azure": ("AZUREOPENAI",),
    "meta_llama": ("LLAMA",),
    "volcengine": ("ARK",),
    "huggingface": ("HF",),
}

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
    """Takes each value that the environment does not have. In a file that nobody named, only known names count, of a
    group of which the environment has a part nothing is taken, and models run at their provider or on this machine."""
    names: list[str] = []
    left: dict[str, str] = {}
    decided = {
        group
        for name in environ
        if environ[name] and (group := group_of(name)) and name not in NEUTRAL | NOT_FOR_PROGRAM
    }
    if any(environ.get(name) for name in OTHER_KEYS):
        decided.add("model")
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
        if not trusted and group == "model" and is_address(name) and not is_loopback(value):
            left[name] = "an address elsewhere is not taken from a .env that was not named with --env-file"
            continue
        if not trusted and name in MODEL_VARIABLES and not PLAIN_MODEL.fullmatch(value):
            left[name] = "it is not PROVIDER/NAME"
            continue
        environ[name] = value
        names.append(name)
    return EnvFile(path, names, left)


def group_of(name: str) -> str:
    """The values that belong together: those of the mailbox, and those of models, whatever their provider."""
    if name.startswith(MAIL_PREFIXES):
        return "mail"
    if name in MODEL_VARIABLES or MODEL_NAME.fullmatch(name):
        return "model"
    return ""


def is_address(name: str) -> bool:
    match = MODEL_NAME.fullmatch(name)
    return bool(match and match[2] in ADDRESSES)


def is_loopback(value: str) -> bool:
    """Whether the address is certainly one of this machine."""
    if not re.fullmatch(r"[\w.:/\[\]-]+", value, re.ASCII):
        return False
    try:
        host = urllib.parse.urlsplit(value if "//" in value else f"//{value}").hostname or ""
    except ValueError:
        return False
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host, re.ASCII))


def prefixes(provider: str) -> list[str]:
    """How the names of a provider's variables may begin, without underlines, the usual one first."""
    plain = re.sub(r"^text-completion-|_(chat|text|beta)$", "", provider.lower()).replace("-", "_")
    squeezed = plain.replace("_", "").upper()
    return list(dict.fromkeys([squeezed, f"{squeezed}AI", squeezed.removesuffix("AI"), *OTHER_PREFIXES.get(plain, ())]))


def only_of_provider(environ: MutableMapping[str, str], provider: str) -> tuple[str | None, str | None]:
    """Removes keys and addresses of every other provider, which litellm takes where it finds none of the chosen one.
    Returns the key and the address of the chosen one."""
    own = prefixes(provider)
    kept: dict[tuple[str, int], str] = {}
    for name in sorted(environ):
        match = MODEL_NAME.fullmatch(name)
        if match is None or name.startswith(MAIL_PREFIXES):
            continue
        prefix = match[1].replace("_", "")
        if prefix not in own:
            del environ[name]
        elif environ[name]:
            kept.setdefault((match[2], own.index(prefix)), environ[name])

    def first(*kinds: str) -> str | None:
        return next((kept[kind, at] for kind in kinds for at in range(len(own)) if (kind, at) in kept), None)

    return first("API_KEY"), first(*ADDRESSES)


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
