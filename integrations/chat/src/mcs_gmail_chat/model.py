"""The model, through litellm: streaming, and errors as sentences.

litellm is large, and is loaded beside the first prompt rather than before it. Nothing is sent anywhere but to the
model.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

from .problem import CONFIGURATION, FAILED, RATE_LIMITED, TEMPORARY, Problem, TooLong
from .settings import EXAMPLE, OTHER_KEYS, only_of_provider

# Seconds without a sign of the model.
TIMEOUT = 120.0
# Tries of a request that the network or the server refused.
RETRIES = 2
# Of a model that litellm does not know, such as one on this machine.
UNKNOWN_CONTEXT = 32_000
# What is used of the largest contexts: more costs much and helps little.
MOST_CONTEXT = 120_000
CHARACTERS_PER_TOKEN = 3

# Providers whose credentials need not be a key in a variable.
OTHER_CREDENTIALS = ("azure", "bedrock", "databricks", "sagemaker", "snowflake", "vertex_ai", "watsonx")

# What litellm puts in front of a provider's words.
LIBRARY_NAMES = re.compile(r"^(?:(?:litellm\.)?\w+(?:Error|Exception|Timeout)(?:: | - ))+")

Message = dict[str, Any]


class Loader:
    """Imports litellm once, in the background."""

    def __init__(self) -> None:
        self.module: Any = None
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.load, daemon=True)

    def start(self) -> None:
        if not self.thread.is_alive() and self.module is None:
            self.thread.start()

    def load(self) -> None:
        # Prices and limits of models come with the package; otherwise, they are fetched when it is imported.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        # Otherwise, it reads a .env itself: the next one above its own directory, such as that of a project with .venv.
        os.environ["LITELLM_MODE"] = "PRODUCTION"
        os.environ.setdefault("LITELLM_LOG", "CRITICAL")
        # Nothing of the thousands of modules is garbage.
        gc.disable()
        try:
            import litellm

            litellm.telemetry = False
            litellm.suppress_debug_info = True
            litellm.drop_params = True
            litellm.modify_params = True
            litellm.disable_hf_tokenizer_download = True
            for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
            self.module = litellm
        except BaseException as error:
            self.error = error
        finally:
            gc.enable()

    def get(self) -> Any:
        self.start()
        while self.thread.is_alive():
            self.thread.join(0.2)
        if self.module is None:
            raise Problem(f"litellm cannot be imported: {self.error}", "Install mcs-gmail-chat again.", CONFIGURATION)
        return self.module


class Model:
    def __init__(self, name: str, environ: Mapping[str, str], debug: Callable[[str], None]) -> None:
        self.name = name
        self.environ = environ
        self.debug = debug
        self.loader = Loader()

    def start_loading(self) -> None:
        self.loader.start()

    def wait_until_loaded(self) -> None:
        self.loader.get()

    def context(self, tokens: int | None) -> int:
        """The characters that a conversation may have."""
        if tokens is None:
            try:
                tokens = self.loader.get().get_model_info(self.name).get("max_input_tokens")
            except Problem:
                raise
            except Exception:
                tokens = None
        return min(tokens or UNKNOWN_CONTEXT, MOST_CONTEXT) * CHARACTERS_PER_TOKEN

    def check(self) -> None:
        """Says what is missing before anything is sent."""
        litellm = self.loader.get()
        try:
            provider = str(litellm.get_llm_provider(self.name)[1])
        except Exception as error:
            hint = f"Give --model PROVIDER/NAME, such as {EXAMPLE}."
            if "/" not in self.name:
                raise Problem(f"{self.name} names no provider", hint, CONFIGURATION) from error
            message = f"{self.name.split('/')[0]} is not a provider that litellm knows"
            raise Problem(message, hint, CONFIGURATION) from error
        if provider.startswith(OTHER_CREDENTIALS) or any(self.environ.get(name) for name in OTHER_KEYS):
            return
        if not self.access().get("api_key") and self.is_missing_key():
            hint = f"Set {self.key_variable()}, in the environment or in .env."
            raise Problem(f"no key for {provider}", hint, CONFIGURATION)

    def is_missing_key(self) -> bool:
        missing = self.loader.get().validate_environment(self.name).get("missing_keys") or ()
        return any(str(name).endswith("_API_KEY") for name in missing)

    def access(self) -> dict[str, str]:
        """The key and the address of the chosen provider. litellm finds those of no other."""
        try:
            provider = str(self.loader.get().get_llm_provider(self.name)[1])
        except Problem:
            raise
        except Exception:
            provider = self.provider()
        key, base = only_of_provider(os.environ, provider)
        given = {"api_key": key, "api_base": base}
        return {name: value for name, value in given.items() if value}

    def answer(self, messages: list[Message], tools: list[dict[str, Any]]) -> Streamed:
        return Streamed(self, messages, tools)

    def problem(self, error: Exception) -> Problem:
        """What a person can do about a failure of the model."""
        litellm = self.loader.get()
        said = first_line(str(getattr(error, "message", "") or error))
        key = self.key_variable()

        def is_a(*names: str) -> bool:
            return isinstance(error, tuple(getattr(litellm, name) for name in names if hasattr(litellm, name)))

        if is_a("ContextWindowExceededError"):
            return TooLong("the conversation is too long for the model", "Enter /new, or choose another --model.")
        if is_a("AuthenticationError"):
            return Problem(
                f"the provider of {self.name} refused the API key", f"Set {key} to a valid key.", CONFIGURATION
            )
        if is_a("PermissionDeniedError"):
            return Problem(
                f"the API key may not use {self.name}", f"Choose another --model, or another {key}.", CONFIGURATION
            )
        if is_a("RateLimitError"):
            return Problem(
                f"the provider of {self.name} limits the rate, or the credit is used up: {said}",
                "Ask again in a minute, or check the account at the provider.",
                RATE_LIMITED,
            )
        if is_a("Timeout"):
            return Problem(
                f"{self.name} did not answer within {TIMEOUT:.0f} s", "Ask again, or choose another --model.", TEMPORARY
            )
        if is_a("NotFoundError"):
            return Problem(f"the model {self.name} was not found: {said}", "Correct --model.", CONFIGURATION)
        if is_a(
            "APIConnectionError", "InternalServerError", "ServiceUnavailableError", "BadGatewayError"
        ) or isinstance(error, OSError):
            if is_unreachable(error):
                return Problem(
                    f"the server of {self.name} cannot be reached",
                    f"Check the network and {self.base_variable()}; a model on this machine must be running.",
                    TEMPORARY,
                )
            return Problem(f"the server of {self.name} failed: {said}", "Ask again in a minute.", TEMPORARY)
        if is_a("BadRequestError") and "LLM Provider NOT provided" in str(error):
            return Problem(
                f"{self.name} names no provider", f"Give --model PROVIDER/NAME, such as {EXAMPLE}.", CONFIGURATION
            )
        return Problem(f"{self.name} failed: {said}", "Ask again, or choose another --model.", FAILED)

    def key_variable(self) -> str:
        try:
            missing = self.loader.get().validate_environment(self.name).get("missing_keys")
        except Exception:
            missing = None
        usual = f"{self.provider().upper()}_API_KEY"
        keys = [str(name) for name in missing or () if str(name).endswith("_API_KEY")]
        return usual if usual in keys or not keys else keys[0]

    def base_variable(self) -> str:
        return f"{self.provider().upper()}_API_BASE"

    def provider(self) -> str:
        return self.name.split("/")[0].replace("-", "_") if "/" in self.name else "openai"


class Streamed:
    """One answer of the model. The texts come one after the other; the whole message is there afterwards."""

    def __init__(self, model: Model, messages: list[Message], tools: list[dict[str, Any]]) -> None:
        self.model = model
        self.messages = messages
        self.tools = tools
        self.chunks: list[Any] = []
        self.text = ""
        self.finish = ""
        self.begin = 0.0

    def texts(self) -> Generator[str, None, None]:
        litellm = self.model.loader.get()
        self.begin = time.monotonic()
        length = sum(len(str(message.get("content") or "")) for message in self.messages)
        self.model.debug(
            f"model: {self.model.name}: {len(self.messages)} messages, {length} characters, {len(self.tools)} tools"
        )
        stream = None
        try:
            stream = litellm.completion(
                model=self.model.name,
                messages=self.messages,
                tools=self.tools,
                stream=True,
                timeout=TIMEOUT,
                max_retries=RETRIES,
                **self.model.access(),
            )
            for chunk in stream:
                self.chunks.append(chunk)
                if not chunk.choices:
                    continue
                choice = chunk.choices[0]
                self.finish = choice.finish_reason or self.finish
                text = getattr(choice.delta, "content", None)
                if text:
                    self.text += text
                    yield text
        except Problem:
            raise
        except Exception as error:
            self.model.debug(f"model: {type(error).__name__}: {first_line(str(error))}")
            raise self.model.problem(error) from error
        finally:
            close(stream)

    def report(self) -> None:
        """What came of it, for whoever follows the chain."""
        took = time.monotonic() - self.begin
        calls = len(self.message().get("tool_calls") or ())
        self.model.debug(f"model: {len(self.text)} characters, {calls} tool calls, {self.finish} ({took:.2f} s)")

    def message(self) -> Message:
        """The answer as it goes into the conversation, with what a provider wants to see again."""
        if not self.chunks:
            return {"role": "assistant", "content": self.text}
        built = self.model.loader.get().stream_chunk_builder(self.chunks, messages=self.messages)
        message: Message = built.choices[0].message.model_dump(exclude_none=True)
        kept = {
            name: message[name]
            for name in ("tool_calls", "thinking_blocks", "reasoning_content", "provider_specific_fields")
            if message.get(name)
        }
        return {"role": "assistant", "content": message.get("content") or self.text or None, **kept}


def close(stream: Any) -> None:
    """Ends the connection of an answer that nobody reads any more."""
    for owner in (stream, getattr(stream, "completion_stream", None)):
        try:
            closing = getattr(owner, "close", None)
            if closing:
                closing()
                return
        except Exception:
            continue


def first_line(text: str, limit: int = 300) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = lines[0] if lines else ""
    line = LIBRARY_NAMES.sub("", line)
    return line if len(line) <= limit else f"{line[:limit]}…"


def is_unreachable(error: BaseException | None) -> bool:
    """Whether no connection was made, whatever the libraries in between call it."""
    seen = 0
    while error is not None and seen < 10:
        if type(error).__name__ in ("ConnectError", "APIConnectionError", "ConnectTimeout") or isinstance(
            error, ConnectionError
        ):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False
