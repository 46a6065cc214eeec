//! The names of saved attachments, and the decoding of their content.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE},
};

use super::*;

#[test]
fn a_hostile_file_name_stays_in_the_directory() {
    let rows = [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini"),
        ("/etc/shadow", "_etc_shadow"),
        ("C:\\Windows\\x.exe", "C__Windows_x.exe"),
        (".bashrc", "bashrc"),
        ("...", "attachment"),
        ("", "attachment"),
        (" . ", "attachment"),
        ("a\u{0}b\r\nc\u{1b}[31m.txt", "abc[31m.txt"),
        ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ("file.txt:stream", "file.txt_stream"),
        ("trailing. . ", "trailing"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com1.log", "_Com1.log"),
        ("lpt9", "_lpt9"),
        ("COM¹", "_COM¹"),
        ("comma.txt", "comma.txt"),
        ("com10.txt", "com10.txt"),
        ("Grüße 😀.txt", "Grüße 😀.txt"),
        ("-rf", "_rf"),
        (" --output=x", "_-output=x"),
        ("\u{2013}x.txt", "_x.txt"),
        ("~root", "_root"),
        ("\u{200b}-x", "_x"),
        ("a$(id)`id`;b|c&d'e\"f", "a_(id)_id__b_c_d_e_f"),
        ("a\u{2028}b\u{85}c\u{2029}d", "abcd"),
        ("re\u{200b}po\u{feff}rt\u{e0041}.pdf", "report.pdf"),
        ("CLAUDE.md", "_CLAUDE.md"),
        ("./Agents.MD", "_Agents.MD"),
        ("CLA\u{200d}UDE.md.", "_CLAUDE.md"),
        (".htaccess", "htaccess"),
        ("config.toml", "_config.toml"),
        ("makefile.txt", "makefile.txt"),
    ];
    for (name, safe) in rows {
        assert_eq!(safe_name(name), safe, "{name:?}");
    }
}

#[test]
fn a_long_name_is_cut_between_characters_and_keeps_its_extension() {
    for letter in ["a", "ü", "😀"] {
        let name = safe_name(&format!("{}.pdf", letter.repeat(300)));
        assert!(name.len() <= name::LONGEST_NAME && name.ends_with(".pdf"), "{name}");
    }
    assert!(safe_name(&"x.".repeat(300)).len() <= name::LONGEST_NAME);
}

#[test]
fn a_taken_name_gets_a_number_before_its_extension() {
    assert_eq!(numbered("a.pdf", 2), "a (2).pdf");
    assert_eq!(numbered("a", 3), "a (3)");
}

#[track_caller]
fn decode(json: &str, at_once: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut decoder = Decoder::new(&mut out);
    json.as_bytes().chunks(at_once).try_for_each(|chunk| decoder.take(chunk))?;
    let written = decoder.finish()?;
    assert_eq!(written.size, out.len() as u64);
    Ok(out)
}

#[test]
fn base64_is_decoded_however_the_response_is_split_and_escaped() {
    for json in [
        r#"{"data":"-_-_SGk="}"#,
        "{\n  \"data\": \"-_-_SGk\"\n}\n",
        r#"{"data":"+\/+\u002fSGk\u003d"}"#,
        r#""-_-_SGk=""#,
    ] {
        for at_once in 1..9 {
            assert_eq!(decode(json, at_once).unwrap(), b"\xfb\xff\xbfHi", "{json} {at_once}");
        }
    }
    assert_eq!(decode(r#"{"data":""}"#, 3).unwrap(), b"");
}

#[test]
fn long_strings_are_decoded_in_any_alphabet_and_with_line_ends() {
    let bytes: Vec<u8> = (0..5000u32).map(|n| ((n * n) >> 5) as u8).collect();
    let plain = BASE64_URL_SAFE.encode(&bytes);
    let broken: String =
        plain.as_bytes().chunks(77).map(|l| format!("{}\\n", str::from_utf8(l).unwrap())).collect();
    for text in
        [plain.clone(), plain.trim_end_matches('=').to_owned(), BASE64_STANDARD.encode(&bytes), broken]
    {
        for at_once in [1, 2, 3, 5, 64, 4096, 100_000] {
            assert!(
                decode(&format!("{{\"raw\":\"{text}\"}}"), at_once).unwrap() == bytes,
                "{at_once}: {text:.90}"
            );
        }
    }
}

#[test]
fn a_truncated_response_is_an_error() {
    for json in [
        "",
        "{}",
        r#"{"data":"#,
        r#"{"data":"SGk"#,
        "<html>no</html>",
        r#"{"error":"SGk"}"#,
        r#"{"a name of many words":"x"}"#,
    ] {
        assert_eq!(decode(json, 4).unwrap_err().code(), Code::Temporary, "{json}");
    }
}
