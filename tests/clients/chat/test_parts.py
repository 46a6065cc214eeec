"""What can be said about a part without a model: the fence, the limits, the settings, the blocks of an answer."""

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from mcs_gmail_chat import fence, history, screen, settings, tools
from mcs_gmail_chat.problem import Problem


class FenceTest(unittest.TestCase):
    def test_no_spelling_of_the_mark_gets_through(self) -> None:
        one = fence.Fence()
        for forged in (
            one.closing,
            one.closing.upper(),
            one.mark[:8] + "\n" + one.mark[8:],
            "-".join(one.mark),
            "\u200b".join(one.mark),
            json.dumps(one.closing),
        ):
            text = one.around(f"a {forged} b")
            self.assertEqual(text.lower().count(one.mark), 2, forged)
            self.assertIn("[mark removed]", text)
            self.assertTrue(text.startswith(one.opening + "\n") and text.endswith("\n" + one.closing))

    def test_each_run_has_another_mark(self) -> None:
        self.assertNotEqual(fence.Fence().mark, fence.Fence().mark)

    def test_a_result_is_cut_at_its_rows_and_texts(self) -> None:
        rows = [{"uid": str(number), "subject": "x" * 100} for number in range(1000)]
        text, note = fence.bounded(rows, "")
        self.assertLessEqual(len(text), fence.RESULT_LIMIT)
        kept = json.loads(text)
        self.assertEqual(kept, rows[: len(kept)])
        self.assertEqual(note, f"[cut: {len(kept)} of 1000 rows; ask for less, or for the next page]")
        text, note = fence.bounded({"uid": "1", "body": "y" * 100_000}, "")
        self.assertIn("[cut: 94000 more characters]", json.loads(text)["body"])
        self.assertTrue(note)
        text, note = fence.bounded({"messages": rows, "next_page_token": "t"}, "")
        self.assertEqual(json.loads(text)["next_page_token"], "t")
        self.assertIn("of 1000", note)
        text, note = fence.bounded([{"body": "z" * 100_000}], "")
        self.assertLess(len(text), fence.RESULT_LIMIT)
        self.assertTrue(note)
        self.assertEqual(fence.bounded([], ""), ("[]", ""))


class HistoryTest(unittest.TestCase):
    def test_old_results_go_before_old_questions_and_calls_keep_their_results(self) -> None:
        kept = history.History(20_000)
        for number in range(40):
            kept.begin(f"question {number}")
            calls = [{"id": f"c{number}", "function": {"name": "t", "arguments": "{}"}}]
            kept.add({"role": "assistant", "content": None, "tool_calls": calls})
            kept.add({"role": "tool", "tool_call_id": f"c{number}", "content": "r" * 4_000})
            kept.add({"role": "assistant", "content": f"answer {number}"})
            messages = kept.messages()
            self.assertLessEqual(history.size(messages), 20_000)
            self.assertEqual(messages[0]["role"], "user")
            called = [c["id"] for m in messages for c in m.get("tool_calls", ())]
            self.assertEqual(called, [m["tool_call_id"] for m in messages if m["role"] == "tool"])
            self.assertIn(f"question {number}", str(messages))
        self.assertIn("question 30", str(messages))
        self.assertIn("r" * 4_000, str(messages))

    def test_early_results_of_a_long_question_are_shortened_within_their_fence(self) -> None:
        kept = history.History(30_000)
        mark = fence.Fence()
        kept.begin("q")
        for number in range(6):
            kept.add({"role": "assistant", "tool_calls": [{"id": str(number)}]})
            kept.add({"role": "tool", "tool_call_id": str(number), "content": mark.around("d" * 9_000)})
        messages = kept.messages()
        self.assertLess(history.size(messages), 30_000)
        for message in messages[2::2]:
            self.assertEqual(message["content"].count(mark.closing), 1)


class SettingsTest(unittest.TestCase):
    def read(self, text: str, environ: "dict[str, str]", *, named: bool) -> "settings.EnvFile | None":
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / ".env"
            path.write_text(text)
            here = os.getcwd()
            os.chdir(directory)
            try:
                return settings.read_env_file(str(path) if named else None, environ)
            finally:
                os.chdir(here)

    def test_a_file_that_was_not_named_is_taken_in_groups(self) -> None:
        text = "AUTH0_DOMAIN=a\nOPENAI_API_BASE=b\nGEMINI_API_KEY=c\nPATH=/evil\nLD_PRELOAD=x\nMCS_GMAIL_BINARY=/evil\n"
        environ = {"OPENAI_API_KEY": "k", "MCS_GMAIL_POLICY": "read"}
        found = self.read(text, environ, named=False)
        assert found
        self.assertEqual(found.taken, ["AUTH0_DOMAIN", "GEMINI_API_KEY"])
        self.assertEqual(set(found.left), {"OPENAI_API_BASE", "MCS_GMAIL_BINARY"})
        self.assertEqual(environ, {**environ, "AUTH0_DOMAIN": "a", "GEMINI_API_KEY": "c"})
        self.assertNotIn("LD_PRELOAD", environ)

    def test_a_file_that_was_named_is_trusted_and_overrides_nothing(self) -> None:
        environ = {"OPENAI_API_KEY": "k"}
        self.read("OPENAI_API_BASE=b\nOPENAI_API_KEY=other\nMCS_GMAIL_BINARY=/x\n", environ, named=True)
        self.assertEqual(environ, {"OPENAI_API_KEY": "k", "OPENAI_API_BASE": "b", "MCS_GMAIL_BINARY": "/x"})

    def test_a_file_of_others_is_not_used(self) -> None:
        with mock.patch.object(settings, "writable_by_others", return_value="everyone may write it"):
            environ: dict[str, str] = {}
            found = self.read("MODEL=x\n", environ, named=False)
            self.assertEqual((found and found.left, environ), ({"all": "everyone may write it"}, {}))
            with self.assertRaises(Problem):
                self.read("MODEL=x\n", environ, named=True)

    def test_the_program_gets_what_it_reads(self) -> None:
        environ = {
            "PATH": "/bin",
            "https_proxy": "p",
            "LC_ALL": "C",
            "MCS_GMAIL_SCOPES": "s",
            "OPENAI_API_KEY": "k",
            "MCS_GMAIL_BINARY": "b",
            "AWS_SECRET_ACCESS_KEY": "a",
            "LD_LIBRARY_PATH": "l",
        }
        given = settings.program_environment(environ, auth0_linkauth=True)
        self.assertEqual(set(given), {"PATH", "https_proxy", "LC_ALL", "MCS_GMAIL_SCOPES", "MCS_GMAIL_CREDENTIALS"})

    def test_keys_are_never_shown(self) -> None:
        shown = settings.redacted("got sk-proj-abc***xyz and hunter2hunter2", {"MY_API_KEY": "hunter2hunter2"})
        self.assertEqual(shown, "got *** and ***")

    def test_the_key_chooses_the_model(self) -> None:
        self.assertEqual(settings.choose_model("a/b", {"MODEL": "c/d"}), "a/b")
        self.assertEqual(settings.choose_model(None, {"LITELLM_MODEL": "c/d", "OPENAI_API_KEY": "k"}), "c/d")
        self.assertTrue(settings.choose_model(None, {"OPENAI_API_KEY": "k"}).startswith("openai/"))


class AnswerTest(unittest.TestCase):
    def test_an_answer_is_parted_between_blocks_only(self) -> None:
        for text, expected in (
            ("one", ""),
            ("one\n\n", ""),
            ("one\n\ntwo", "one\n\n"),
            ("- a\n\n- b", ""),
            ("1. a\n\n   more\n\n2. b", ""),
            ("intro\n\n- a\n\n- b", "intro\n\n"),
            ("- a\n\nafter", "- a\n\n"),
            ("```\na\n\nb", ""),
            ("```\na\n\nb\n```\n\nafter", "```\na\n\nb\n```\n\n"),
        ):
            self.assertEqual(text[: screen.last_break(text)], expected, text)

    def test_nothing_commands_the_terminal(self) -> None:
        self.assertEqual(screen.harmless("a\x1b[2Jb\r\nc\rd\u202ee\x9bf\tg"), "a[2Jb\nc\ndef   g")


class ToolsTest(unittest.TestCase):
    def test_what_sends_is_asked_about_unless_it_is_surely_a_draft(self) -> None:
        send = tools.Tool("send_message", "send", frozenset({"draft", "or_draft", "dry_run"}), {})
        reply = tools.Tool("reply_message", "draft", frozenset({"draft", "or_draft", "dry_run"}), {})
        for tool in (send, reply):
            self.assertFalse(tool.sends({"draft": True}))
            for value in (False, None, "false", "true", 1, "", []):
                self.assertTrue(tool.sends({"draft": value}), value)
            self.assertTrue(tool.sends({"or_draft": True}))
        self.assertFalse(tools.Tool("create_draft", "draft", frozenset({"dry_run"}), {}).sends({}))


if __name__ == "__main__":
    unittest.main()
