//! What a profile names is hostile, and what lies on a disk is anything: nothing outside the roots is opened, nothing hangs.

#![cfg(unix)]
#![allow(clippy::expect_used, missing_docs)]

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert, proptest};
use unpark::source::{Lookup, MAX_FILE, PathMap, SourceTree, Unreadable};

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().expect("below")).expect("made");
    fs::write(path, text).expect("written");
}

/// A root with a module, and a directory beside it with what nobody may see.
fn tree() -> (tempfile::TempDir, PathBuf, SourceTree) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root");
    write(root.join("go.mod"), "module example.com/acme\n");
    write(root.join("x/y.go"), "package x\n");
    write(folder.path().join("secret/key.go"), "secret");
    let tree = SourceTree::new(vec![root.clone()], Vec::new()).expect("readable");
    (folder, root, tree)
}

fn at(tree: &SourceTree, name: &str) -> Lookup {
    tree.find(&format!("example.com/acme/x/{name}"), "example.com/acme/x", None)
}

#[test]
fn links_stay_in_the_roots() {
    let (folder, root, tree) = tree();
    let secret = folder.path().join("secret");
    symlink(secret.join("key.go"), root.join("x/key.go")).expect("linked");
    symlink(&secret, root.join("x/deep")).expect("linked");
    symlink("/dev/zero", root.join("x/zero.go")).expect("linked");
    symlink("loop.go", root.join("x/loop.go")).expect("linked");
    symlink("y.go", root.join("x/same.go")).expect("linked");
    symlink("../go.mod", root.join("x/mod.go")).expect("linked");
    for name in ["key.go", "deep/key.go", "zero.go"] {
        let found = at(&tree, name);
        assert!(
            matches!(&found, Lookup::Refused(why) if why.contains("is a symbolic link out of")),
            "{name}: {found:?}"
        );
        assert!(matches!(tree.read(&root.join("x").join(name)), Err(Unreadable::Outside)), "{name}");
    }
    assert_eq!((at(&tree, "loop.go"), at(&tree, "mod.go")), (Lookup::Missing, Lookup::Missing));
    let same = at(&tree, "same.go");
    let real = root.join("x/y.go").canonicalize().expect("there");
    assert_eq!(same.found().map(|file| &file.path), Some(&real));
    assert!(matches!(tree.read(&secret.join("key.go")), Err(Unreadable::Outside)));
    assert!(matches!(tree.read(&root.join("x/../../secret/key.go")), Err(Unreadable::Outside)));
    assert!(matches!(tree.read(Path::new("/etc/passwd")), Err(Unreadable::Outside)));
    // The other files of the package: links to files outside and to nowhere are left out, others are there by their own names.
    let package = tree.package_files(&real);
    assert_eq!((package.files.len(), package.left_out), (0, 3), "{package:?}");

    // Where the user names both directories, a link between them is fine.
    let both = SourceTree::new(vec![root.clone(), secret], Vec::new()).expect("readable");
    assert!(at(&both, "key.go").found().is_some());
}

/// A path map's directory is a root of its own, and ends where it ends.
#[test]
fn path_maps_stay_in_their_directories() {
    let (folder, root, _) = tree();
    symlink(folder.path().join("secret"), root.join("x/out")).expect("linked");
    let map: PathMap = format!("/b={}", root.join("x").display()).parse().expect("a map");
    let tree = SourceTree::new(Vec::new(), vec![map]).expect("readable");
    assert!(tree.find("/b/y.go", "main", None).found().is_some());
    assert!(matches!(tree.find("/b/out/key.go", "main", None), Lookup::Refused(_)));
    for file in ["/b/../../secret/key.go", "/b/..\\..\\secret\\key.go", "/b/x/../../../secret/key.go"] {
        assert_eq!(tree.find(file, "main", None), Lookup::Missing, "{file}");
    }
}

#[test]
fn paths_that_no_compiler_writes_are_missing() {
    let (folder, _, tree) = tree();
    let secret = folder.path().join("secret/key.go").display().to_string();
    let long = format!("/{}/y.go", "x".repeat(100_000));
    let deep = format!("{}x/y.go", "x/".repeat(50_000));
    for file in
        [&*secret, "/etc/passwd", "../secret/key.go", "x/../../secret/key.go", "x/y.go\0", "x\0/y.go", &long, &deep]
    {
        for package in ["main", "example.com/acme/x", "", "..", "/", &deep, "example.com/acme/../../secret", "secret"] {
            assert_eq!(tree.find(file, package, Some(&long)), Lookup::Missing, "{:.40} of {package:.40}", file);
        }
    }
}

#[test]
fn only_regular_files_are_read() {
    let (_folder, root, tree) = tree();
    fs::create_dir(root.join("x/dir.go")).expect("made");
    let _socket = UnixListener::bind(root.join("x/socket.go")).expect("bound");
    let made = Command::new("mkfifo").arg(root.join("x/fifo.go")).status().expect("mkfifo starts");
    assert!(made.success());
    File::create(root.join("x/large.go")).and_then(|f| f.set_len(17 << 20)).expect("made");
    for name in ["dir.go", "socket.go", "fifo.go"] {
        assert_eq!(at(&tree, name), Lookup::Missing, "{name}");
        assert!(matches!(tree.read(&root.join("x").join(name)), Err(Unreadable::NotRegular)), "{name}");
    }
    let large = at(&tree, "large.go");
    let read = tree.read(&large.found().expect("it is there").path);
    assert!(matches!(read, Err(Unreadable::TooLarge(n)) if n == 17 << 20), "{read:?}");
    let package = tree.package_files(&root.join("x/y.go"));
    assert_eq!((package.files.len(), package.left_out), (0, 1));
    assert!(matches!(tree.read(&root.join("x/none.go")), Err(Unreadable::Io(_))));
}

#[test]
fn pipes_instead_of_what_go_keeps_beside_source() {
    let (_folder, root, tree) = tree();
    write(root.join("vendor/golang.org/x/sync/s.go"), "");
    fs::create_dir_all(root.join("src/runtime")).expect("made");
    fs::create_dir_all(root.join("other")).expect("made");
    for name in ["VERSION", "vendor/modules.txt", "other/go.mod"] {
        assert!(Command::new("mkfifo").arg(root.join(name)).status().expect("mkfifo starts").success());
    }
    let sync = tree.find("golang.org/x/sync@v0.3.0/s.go", "golang.org/x/sync", None);
    assert!(matches!(&sync, Lookup::Refused(why) if why.contains("has no version of it")), "{sync:?}");
    assert_eq!(tree.find("net/http/server.go", "net/http", None), Lookup::Missing);
    assert!(at(&tree, "y.go").found().is_some());
}

#[test]
fn a_package_has_limits() {
    let (_folder, root, tree) = tree();
    for name in ["_skipped.go", ".hidden.go", "b_test.go", "a.go", "c.txt"] {
        write(root.join("x").join(name), "");
    }
    let names = |of: &str| -> Vec<String> {
        let found = tree.package_files(&root.join("x").join(of));
        found.files.iter().map(|f| f.file_name().expect("named").to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("y.go"), ["a.go"]);
    assert_eq!(names("b_test.go"), ["a.go", "y.go"]);
    assert_eq!(names("none.go"), [""; 0]);

    for i in 0..5 {
        let file = File::create(root.join(format!("x/large{i}.go"))).expect("made");
        file.set_len(MAX_FILE).expect("set");
    }
    // Four of them are the 64 MiB.
    let package = tree.package_files(&root.join("x/y.go"));
    assert_eq!((package.files.len(), package.left_out), (5, 1));

    for i in 0..2_010 {
        write(root.join(format!("many/f{i:04}.go")), "");
    }
    let package = tree.package_files(&root.join("many/f0000.go"));
    assert_eq!((package.files.len(), package.left_out), (2_000, 9));
    assert!(package.files.is_sorted() && package.files[1_999].ends_with("f2000.go"));
}

/// A profile of names that are nowhere, each another one.
#[test]
fn many_lookups_end() {
    let (_folder, root, _) = tree();
    for i in 0..5 {
        write(root.join(format!("m{i}/go.mod")), &format!("module example.com/m{i}\n"));
    }
    let tree = SourceTree::new(vec![root], Vec::new()).expect("readable");
    let start = Instant::now();
    let last = (0..30_000).map(|i| tree.find(&format!("/a/b/f{i}.go"), "main", None)).last();
    assert!(matches!(&last, Some(Lookup::Refused(why)) if why.contains("other files were looked for")), "{last:?}");
    // What was found once stays found.
    assert_eq!(tree.find("/a/b/f0.go", "main", None), Lookup::Missing);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn it_is_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let (_folder, _, tree) = tree();
    shared(&tree);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| assert!(at(&tree, "y.go").found().is_some()));
        }
    });
}

/// Paths and packages of what they are made of, in any order, some of it beside the root.
fn names() -> impl Strategy<Value = String> {
    let parts = [
        "..",
        ".",
        "",
        "x",
        "y.go",
        "key.go",
        "secret",
        "root",
        "out",
        "deep",
        "C:",
        "src",
        "example.com",
        "acme",
        "pkg",
        "mod",
        "vendor",
        "golang.org",
        "sync@v0.3.0",
        "lib@v1.0.0",
        "main",
        "\0",
        "go.mod",
        "b",
        "runtime",
        "net",
        "é",
    ];
    let part = prop::sample::select(parts.to_vec());
    let parts = prop::collection::vec((part, prop::sample::select(vec!["/", "/", "/", "\\", ""])), 0..12);
    (any::<bool>(), parts).prop_map(|(absolute, parts)| {
        let path: String = parts.into_iter().map(|(part, separator)| format!("{part}{separator}")).collect();
        if absolute { format!("/{path}") } else { path }
    })
}

#[test]
fn whatever_is_found_lies_in_the_roots() {
    let (folder, root, _) = tree();
    let secret = folder.path().join("secret");
    write(root.join("go.mod"), "module example.com/acme\nreplace example.com/lib => ../secret\n");
    write(root.join("vendor/golang.org/sync/key.go"), "");
    write(root.join("vendor/modules.txt"), "# golang.org/sync v0.3.0\n");
    write(root.join("src/x/y.go"), "");
    symlink(&secret, root.join("x/out")).expect("linked");
    symlink(&secret, root.join("vendor/golang.org/secret")).expect("linked");
    symlink(secret.join("key.go"), root.join("x/key.go")).expect("linked");
    let map: PathMap = format!("/b={}", root.join("x").display()).parse().expect("a map");
    let canonical = root.canonicalize().expect("there");
    let front = canonical.display().to_string();
    let config = proptest::test_runner::Config { failure_persistence: None, cases: 5_000, ..Default::default() };
    proptest!(config, |(file in names(), package in names(), inside in any::<bool>())| {
        let tree = SourceTree::new(vec![root.clone()], vec![map.clone()]).expect("readable");
        let file = if inside { format!("{front}/{file}") } else { file };
        if let Lookup::Found(found) = tree.find(&file, &package, Some("go1.25.5")) {
            prop_assert!(found.path.starts_with(&canonical) && found.path.extension().is_some_and(|e| e == "go"));
            prop_assert!(tree.read(&found.path).is_ok());
        }
    });
}
