//! Where paths lead, and which directories a caller may choose.
#![cfg(unix)]

use std::os::unix::fs::symlink;

use super::*;

fn real(path: &Path) -> PathBuf {
    Walk::to(path).unwrap().real()
}

#[test]
fn a_path_is_resolved_over_links_and_beyond_what_exists() {
    let directory = tempfile::tempdir().unwrap();
    let top = fs::canonicalize(directory.path()).unwrap();
    fs::create_dir_all(top.join("a/b")).unwrap();
    symlink("a/b", top.join("relative")).unwrap();
    symlink(top.join("a"), top.join("a/b/absolute")).unwrap();
    for (path, leads_to) in [
        ("a/./b//", "a/b"),
        ("relative/..", "a"),
        ("relative/absolute/b/x", "a/b/x"),
        ("missing/../a", "a"),
        ("missing/x/../../../up", "../up"),
    ] {
        assert_eq!(real(&top.join(path)), plain(&top.join(leads_to)), "{path}");
    }
    assert_eq!(real(Path::new("/../..")), Path::new("/"));
}

#[test]
fn a_hidden_or_overly_wide_directory_is_no_reason_to_use_its_files() {
    let access = FileAccess { home: Some("/srv/people/ada".into()), ..FileAccess::default() };
    for (place, is_ordinary) in [
        ("/srv/people/ada", true),
        ("/srv/people/ada/work", true),
        ("/srv/people/ada/.ssh", false),
        ("/srv/people/ada/.ssh/sub", false),
        ("/srv/people", false),
        ("/", false),
        ("/srv/.secrets", false),
        ("/tmp", true),
        ("/tmp/.tmpA1b2C3", true),
        ("/tmp/.tmpA1b2C3/.ssh", false),
        ("/data", true),
    ] {
        assert_eq!(access.is_ordinary(Path::new(place)), is_ordinary, "{place}");
    }
}
