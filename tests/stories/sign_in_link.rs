//! How a sign-in link is shown: once, as one line where a run is quiet, and as a QR code that a phone can read.

use crate::kit::{DARK, LIGHT, User, decode_qr, url};

/// The link that the world waits for.
fn link_of(user: &User) -> String {
    user.world.broker(|broker| broker.pending_urls()).pop().expect("a pending link")
}

#[test]
fn a_qr_code_with_colours_is_read_from_a_dark_and_from_a_light_terminal() {
    for line in ["mcs-gmail list --qr --no-input", "mcs-gmail list --qr --no-input --wait 1"] {
        let user = User::ready_to_sign_in();
        let Some(screen) = user.at_terminal(line) else { return };
        for theme in [DARK, LIGHT] {
            assert_eq!(decode_qr(&screen, theme), Some(link_of(&user)), "{line}: {screen}");
        }
    }
}

#[test]
fn a_qr_code_without_colours_is_for_a_dark_terminal_and_says_so() {
    for line in ["NO_COLOR=1 mcs-gmail list --qr --no-input", "mcs-gmail list --qr --no-input --color never"]
    {
        let user = User::ready_to_sign_in();
        let Some(screen) = user.at_terminal(line) else { return };
        assert_eq!(decode_qr(&screen, DARK), Some(link_of(&user)), "{line}: {screen}");
        assert!(screen.contains("for a dark background"), "{line}: {screen}");
        assert!(!screen.contains('\u{1b}'), "{line}: {screen}");
    }
    let user = User::ready_to_sign_in();
    let done = user.run(&["list", "--qr"]).done();
    assert_eq!(decode_qr(&done.stderr, DARK), Some(url(&done.challenge()).to_owned()), "{}", done.stderr);
    assert!(done.stderr.contains("for a dark background"), "{}", done.stderr);
}

#[test]
fn a_qr_code_has_colours_wherever_they_are_asked_for() {
    let user = User::ready_to_sign_in();
    let done = user.run(&["list", "--qr", "--color", "always"]).done();
    for theme in [DARK, LIGHT] {
        assert_eq!(decode_qr(&done.stderr, theme).as_deref(), Some(url(&done.challenge())));
    }
}

#[test]
fn a_qr_code_has_colours_at_a_terminal_whose_result_goes_elsewhere() {
    let user = User::ready_to_sign_in();
    let Some(screen) = user.at_terminal("mcs-gmail list --qr > /dev/null") else { return };
    assert_eq!(decode_qr(&screen, LIGHT), Some(link_of(&user)), "{screen}");
}

#[test]
fn a_terminal_that_is_too_narrow_for_the_qr_code_is_told_how_wide_it_must_be() {
    for (columns, fits) in [(30, false), (40, false), (100, true)] {
        let user = User::ready_to_sign_in();
        let line = format!("stty cols {columns} rows 24; mcs-gmail list --qr --no-input");
        let Some(screen) = user.at_terminal(&line) else { return };
        assert_eq!(decode_qr(&screen, DARK).is_some(), fits, "{columns}: {screen}");
        assert_eq!(screen.contains("columns"), !fits, "{columns}: {screen}");
        assert!(screen.contains(&link_of(&user)), "{columns}: {screen}");
    }
}

#[test]
fn at_a_terminal_the_link_is_shown_once() {
    for options in ["--no-input", "--no-input --wait 1", "--quiet --no-input", "--quiet --no-input --wait 1"]
    {
        let user = User::ready_to_sign_in();
        let Some(screen) = user.at_terminal(&format!("mcs-gmail list {options}")) else { return };
        assert_eq!(screen.matches(&link_of(&user)).count(), 1, "{options}: {screen}");
    }
}

#[test]
fn at_a_terminal_the_document_is_not_accompanied_by_the_link() {
    for options in ["--no-input --format json", "--wait 0 --format json", "--wait 0 --format json --quiet"] {
        let user = User::ready_to_sign_in();
        let Some(screen) = user.at_terminal(&format!("mcs-gmail list {options}")) else { return };
        let document: serde_json::Value = serde_json::from_str(screen.trim()).expect(&screen);
        assert_eq!(url(&document), link_of(&user));
    }
}

#[test]
fn a_machine_gets_the_link_once_on_stdout_and_once_on_stderr() {
    for options in [&["--wait", "0"][..], &["--wait", "1"], &["--wait", "1", "--quiet"]] {
        let user = User::ready_to_sign_in();
        let done = user.run(&[&["list"], options].concat()).done();
        let challenge = done.challenge();
        assert_eq!(done.stderr.matches(url(&challenge)).count(), 1, "{options:?}: {}", done.stderr);
    }
}

#[test]
fn a_quiet_run_shows_link_and_code_in_one_line() {
    for wait in ["0", "1"] {
        let user = User::ready_to_sign_in();
        let done = user.run(&["list", "--quiet", "--wait", wait]).done();
        let challenge = done.challenge();
        let (url, code) = (url(&challenge), challenge["code"].as_str().unwrap());
        assert_eq!(done.stderr, format!("mcs-gmail: sign-in needed: open {url} (code {code})\n"));
    }
    let user = User::ready_to_sign_in();
    let Some(screen) = user.at_terminal("mcs-gmail list --quiet --no-input") else { return };
    assert_eq!(screen.trim_end().lines().count(), 1, "{screen}");
    assert!(screen.contains(&link_of(&user)) && screen.contains("(code "), "{screen}");
}
