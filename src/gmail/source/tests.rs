//! What is sent of a message is the same, wherever its bytes are.

use std::io::{Read, Write};

use proptest::prelude::*;

use super::{Source, Stretch, spool::Spool, thinner::Thinner};
use crate::gmail::mime::Tree;

fn read(stretch: &Stretch) -> Vec<u8> {
    let mut bytes = Vec::new();
    stretch.reader().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, stretch.len());
    bytes
}

/// The message as it is kept if it is large.
fn on_disk(message: &[u8], at_once: usize) -> Source {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(message).unwrap();
    let mut thinner = Thinner::default();
    message.chunks(at_once).for_each(|bytes| thinner.take(bytes));
    let (bytes, gaps) = thinner.finish();
    Source::thin(bytes, gaps, file).unwrap()
}

/// Every part of the message is the same in memory and on disk.
fn check(message: &[u8], source: &Source) {
    let (whole, thin) = (Tree::parse(message), Tree::parse(source.bytes()));
    let pairs: Vec<_> = whole.parts().zip(thin.parts()).collect();
    assert_eq!(whole.parts().count(), pairs.len());
    assert_eq!(thin.parts().count(), pairs.len());
    for (whole, thin) in pairs {
        assert_eq!((whole.id(), whole.mime()), (thin.id(), thin.mime()));
        assert_eq!(whole.source()[whole.head()], thin.source()[thin.head()]);
        if source.has(thin) {
            assert_eq!(read(&source.stretch(thin.body_range())), whole.body(), "{}", whole.id());
            assert_eq!(read(&source.stretch(thin.range())), whole.source()[whole.range()], "{}", whole.id());
        } else {
            assert_eq!(thin.body(), whole.body());
        }
    }
    assert_eq!(read(&source.stretch(0..source.bytes().len())), message);
}

const PDF: &str = "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";

fn lines(count: usize) -> String {
    (0..count).map(|n| format!("{:076}\r\n", n * 7)).collect()
}

fn mixed(parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
    format!("Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n")
}

#[test]
fn the_content_of_files_is_on_disk_and_their_headers_and_texts_in_memory() {
    let file = format!("{PDF}{}", lines(1000));
    let inner = mixed(&[file.clone(), "\r\ninner".to_owned()]).replace("=b", "=c").replace("--b", "--c");
    let inner = format!("Content-Type: message/rfc822\r\n\r\n{inner}");
    let text = "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n".to_owned();
    let message = mixed(&[text, file.clone(), inner, file]);
    for at_once in [1, 7, 78, 4096, 1 << 20] {
        let source = on_disk(message.as_bytes(), at_once);
        assert_eq!(source.gaps.len(), 3);
        assert!(source.bytes().len() < 2000, "{}", source.bytes().len());
        check(message.as_bytes(), &source);
    }
    // A message that is nothing but a file, in one line.
    let message = format!("Subject: s\r\n{PDF}{}", "QUJD".repeat(50_000));
    let source = on_disk(message.as_bytes(), 1000);
    assert!(source.bytes().len() < 10_000 && source.gaps.len() == 1);
    check(message.as_bytes(), &source);
}

#[test]
fn what_only_resembles_a_file_stays_in_memory() {
    let fake = format!("--x\r\n{PDF}{}", lines(100));
    let part = |head: &str, body: &str| mixed(&[format!("{head}\r\n\r\n{body}")]);
    for message in [
        // A text that quotes the source of a message.
        part("Content-Type: text/plain", &fake),
        part("Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable", &fake),
        part("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable", &fake),
        part("Content-Type: text/html\r\nContent-Transfer-Encoding: base64", &lines(100)),
        part("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", &lines(100)),
        part("Content-Type: application/pdf", &lines(100)),
        format!("Subject: s\r\n\r\n{fake}"),
    ] {
        let source = on_disk(message.as_bytes(), 100);
        assert_eq!((source.bytes(), source.gaps.len()), (message.as_bytes(), 0), "{message:.200}");
        check(message.as_bytes(), &source);
    }
}

#[test]
fn a_small_message_stays_in_memory_and_a_large_one_without_a_place_too() {
    let directory = tempfile::tempdir().unwrap();
    let message = mixed(&[format!("{PDF}{}", lines(20_000))]);
    for (message, is_on_disk) in [(&message[..message.len() / 20], false), (&message, true)] {
        let mut spool = Spool::new(directory.path());
        message.as_bytes().chunks(10_000).for_each(|bytes| spool.write_all(bytes).unwrap());
        let source = spool.finish().unwrap();
        assert_eq!(source.file.is_some(), is_on_disk);
        check(message.as_bytes(), &source);
        assert_eq!(directory.path().read_dir().unwrap().count(), 0, "the file has no name");
    }
}

proptest! {
    #[test]
    fn any_message_is_sent_as_it_is(
        lines in proptest::collection::vec(prop_oneof![
            Just("--b\r\n"), Just("--b--\r\n"), Just("--c\r\n"), Just("\r\n"), Just("\n"), Just(" x\r\n"), Just("-- \r\n"),
            Just("Content-Type: application/pdf\r\n"), Just("Content-Type: text/plain\r\n"),
            Just("Content-Type: message/rfc822\r\n"), Just("Content-Type: image/png;\r\n name=a\r\n"),
            Just("Content-Type: multipart/mixed; boundary=c\r\n"), Just("Content-Type: multipart/mixed; boundary=b\r\n"),
            Just("Content-Transfer-Encoding: base64\r\n"), Just("Content-Transfer-Encoding: BASE64 \n"),
            Just("QUJD\r\n"), Just("REVG\n"), Just("QUJDREVGQUJDREVG\r\n"), Just("QQ=="), Just("text!\r\n"),
        ], 0..60),
        at_once in 1usize..40,
    ) {
        let message = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", lines.concat());
        check(message.as_bytes(), &on_disk(message.as_bytes(), at_once));
    }
}
