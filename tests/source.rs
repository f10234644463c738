//! From the file that a frame names to the file on this disk: each rule with a tree of its own.

#![allow(clippy::expect_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use unpark::source::{Lookup, PathMap, SourceTree};

/// A directory with these files; each holds its own path, those with a text that one.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, text) in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn with_maps(roots: &[&Path], maps: &[String]) -> SourceTree {
    let roots: Vec<PathBuf> = roots.iter().map(|root| (*root).to_owned()).collect();
    let maps: Vec<PathMap> = maps.iter().map(|map| map.parse().expect("a map")).collect();
    SourceTree::new(roots, maps).expect("readable")
}

fn source(root: &Path) -> SourceTree {
    with_maps(&[root], &[])
}

/// What was found, relative to `root`; why it was refused; or nothing.
fn place(lookup: &Lookup, root: &Path) -> String {
    match lookup {
        Lookup::Found(file) => {
            let root = root.canonicalize().expect("there");
            file.path.strip_prefix(root).expect("in the root").display().to_string()
        }
        Lookup::Missing => String::new(),
        Lookup::Refused(why) => format!("! {why}"),
    }
}

#[track_caller]
fn finds(tree: &SourceTree, root: &Path, cases: &[(&str, &str, &str)]) {
    for (file, package, found) in cases {
        assert_eq!(place(&tree.find(file, package, Some("go1.25.5")), root), *found, "{file} of {package}");
    }
}

#[test]
fn modules_built_with_trimpath() {
    let folder = tree(&[
        ("go.mod", "module example.com/acme\n"),
        ("main.go", ""),
        ("internal/x/y.go", ""),
        ("tools/go.mod", "module example.com/acme/tools\n"),
        ("tools/gen/gen.go", ""),
        ("testdata/go.mod", "module example.com/data\n"),
        ("testdata/x.go", ""),
        ("vendor/example.com/v/go.mod", "module example.com/v\n"),
        ("vendor/example.com/v/x.go", ""),
    ]);
    let root = folder.path();
    finds(
        &source(root),
        root,
        &[
            ("example.com/acme/main.go", "main", "main.go"),
            ("example.com/acme/internal/x/y.go", "example.com/acme/internal/x", "internal/x/y.go"),
            ("example.com/acme/tools/gen/gen.go", "main", "tools/gen/gen.go"),
            ("example.com/acmes/internal/x/y.go", "example.com/acmes/internal/x", ""),
            ("example.com/acme/internal/x/z.go", "example.com/acme/internal/x", ""),
            ("example.com/data/x.go", "example.com/data", ""),
            ("example.com/v/x.go", "example.com/v", ""),
        ],
    );
}

#[test]
fn one_path_in_two_working_copies_is_ambiguous() {
    let go_mod = "module example.com/acme\n";
    let folder =
        tree(&[("a/go.mod", go_mod), ("a/x/y.go", ""), ("b/go.mod", go_mod), ("b/x/y.go", ""), ("b/x/z.go", "")]);
    let root = folder.path();
    let tree = source(root);
    for file in ["example.com/acme/x/y.go", "/build/acme/x/y.go"] {
        let found = place(&tree.find(file, "example.com/acme/x", None), root);
        assert!(found.starts_with("! ambiguous"), "{file}: {found}");
    }
    finds(&tree, root, &[("example.com/acme/x/z.go", "example.com/acme/x", "b/x/z.go")]);
}

#[test]
fn path_maps_come_first() {
    let folder = tree(&[("go.mod", "module example.com/acme\n"), ("x/y.go", ""), ("old/x/y.go", ""), ("old/z.go", "")]);
    let other = tree(&[("sub/go/y.go", ""), ("sync/errgroup.go", "")]);
    let (root, to) = (folder.path(), other.path().display());
    let maps = [
        format!("/build={}", root.join("old").display()),
        format!("/build/go={to}/sub/go"),
        format!("C:\\src={to}/sub"),
        format!("example.com/acme/w={to}/sub/go"),
        format!("golang.org/x/sync@v0.3.0={to}/sync"),
    ];
    let both = with_maps(&[root], &maps);
    finds(&both, root, &[("/build/x/y.go", "example.com/acme/x", "old/x/y.go"), ("/build/z.go", "main", "old/z.go")]);
    // What a map doesn't lead to is looked for as ever.
    finds(&both, root, &[("/build/acme/x/y.go", "example.com/acme/x", "x/y.go")]);
    let alone = with_maps(&[], &maps);
    for tree in [&both, &alone] {
        finds(
            tree,
            other.path(),
            &[
                ("/build/go/y.go", "main", "sub/go/y.go"),
                ("C:/src/go/y.go", "main", "sub/go/y.go"),
                ("C:\\src\\go\\y.go", "main", "sub/go/y.go"),
                ("C:\\other\\go\\y.go", "main", ""),
                ("example.com/acme/w/y.go", "example.com/acme/w", "sub/go/y.go"),
                ("golang.org/x/sync@v0.3.0/errgroup.go", "golang.org/x/sync", "sync/errgroup.go"),
                ("golang.org/x/sync@v0.4.0/errgroup.go", "golang.org/x/sync", ""),
            ],
        );
    }
    assert_eq!(alone.find("/build/x/z.go", "example.com/acme/x", None), Lookup::Missing);
}

#[test]
fn the_very_path_in_a_root() {
    let folder = tree(&[("x/y.go", ""), ("other/x.go", "")]);
    let root = folder.path();
    let file = |name: &str| root.join(name).display().to_string();
    let (inside, outside) = (file("x/y.go"), file("other/x.go"));
    let tree = source(&root.join("x"));
    finds(&tree, root, &[(&inside, "main", "x/y.go"), (&inside, "any/thing", "x/y.go"), (&outside, "main", "")]);
}

#[test]
fn modules_at_a_version() {
    let folder = tree(&[
        ("cache/golang.org/x/sync@v0.3.0/errgroup/errgroup.go", ""),
        ("cache/github.com/!data!dog/stack@v1.0.0-!r!c1/x.go", ""),
        ("cache/golang.org/toolchain@v0.0.1-go1.25.5.linux-amd64/src/net/net.go", ""),
        ("gopath/pkg/mod/golang.org/x/sync@v0.4.0/errgroup/errgroup.go", ""),
        ("app/go.mod", "module example.com/app\n"),
        ("app/vendor/modules.txt", "# golang.org/x/sync v0.5.0\n## explicit\ngolang.org/x/sync/errgroup\n"),
        ("app/vendor/golang.org/x/sync/errgroup/errgroup.go", ""),
        ("sync/go.mod", "module golang.org/x/sync\n"),
        ("sync/errgroup/errgroup.go", ""),
    ]);
    let root = folder.path();
    let of = |names: &[&str]| {
        let roots: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
        with_maps(&roots.iter().map(PathBuf::as_path).collect::<Vec<_>>(), &[])
    };
    let package = "golang.org/x/sync/errgroup";
    for at in ["golang.org/x/sync", "/root/go/pkg/mod/golang.org/x/sync", "/cache/golang.org/x/sync"] {
        let file = |version: &str| format!("{at}@{version}/errgroup/errgroup.go");
        let all = of(&["cache", "gopath", "app"]);
        finds(
            &all,
            root,
            &[
                (&file("v0.3.0"), package, "cache/golang.org/x/sync@v0.3.0/errgroup/errgroup.go"),
                (&file("v0.4.0"), package, "gopath/pkg/mod/golang.org/x/sync@v0.4.0/errgroup/errgroup.go"),
                (&file("v0.5.0"), package, "app/vendor/golang.org/x/sync/errgroup/errgroup.go"),
            ],
        );
        let other = place(&all.find(&file("v0.6.0"), package, None), root);
        assert!(
            other.starts_with("! vendor/modules.txt in ") && other.contains("v0.5.0, the profile is of"),
            "{other}"
        );
        // A working copy doesn't say which version it is.
        let copy = place(&of(&["sync"]).find(&file("v0.6.0"), package, None), root);
        assert!(copy.contains("--path-map golang.org/x/sync@v0.6.0="), "{copy}");
        assert_eq!(of(&["cache"]).find(&file("v0.6.0"), package, None), Lookup::Missing);
    }
    let stack = "cache/github.com/!data!dog/stack@v1.0.0-!r!c1/x.go";
    let net = "golang.org/toolchain@v0.0.1-go1.25.5.linux-amd64/src/net/net.go";
    finds(
        &of(&["cache"]),
        root,
        &[
            ("github.com/DataDog/stack@v1.0.0-RC1/x.go", "github.com/DataDog/stack", stack),
            ("/go/pkg/mod/github.com/!data!dog/stack@v1.0.0-!r!c1/x.go", "github.com/DataDog/stack", stack),
            ("github.com/datadog/stack@v1.0.0-RC1/x.go", "github.com/datadog/stack", ""),
            (&format!("/root/go/pkg/mod/{net}"), "net", &format!("cache/{net}")),
        ],
    );
}

/// go run -trimpath names `example.com/Lib@v1.0.0/l.go` where go.mod says `replace example.com/Lib => ../lib` (Go 1.26).
#[test]
fn replaced_modules() {
    let go_mod = "module example.com/app\nreplace example.com/Lib => ../lib\nreplace example.com/a v1.0.0 => example.com/b v1.1.0\n\
        replace example.com/out => /etc\n";
    let folder = tree(&[
        ("repo/app/go.mod", go_mod),
        ("repo/lib/go.mod", "module example.com/Lib\n"),
        ("repo/lib/l.go", ""),
        ("cache/example.com/a@v1.0.0/x.go", ""),
        ("cache/example.com/a@v1.2.0/x.go", ""),
        ("cache/example.com/b@v1.1.0/x.go", ""),
        ("cache/example.com/b@v1.1.0/only.go", ""),
    ]);
    let root = folder.path();
    let tree = with_maps(&[&root.join("repo"), &root.join("cache")], &[]);
    finds(
        &tree,
        root,
        &[
            ("example.com/Lib@v1.0.0/l.go", "example.com/Lib", "repo/lib/l.go"),
            ("example.com/a@v1.0.0/x.go", "example.com/a", "cache/example.com/b@v1.1.0/x.go"),
            ("example.com/a@v1.2.0/x.go", "example.com/a", "cache/example.com/a@v1.2.0/x.go"),
            ("/go/pkg/mod/example.com/a@v1.0.0/x.go", "example.com/a", "cache/example.com/a@v1.0.0/x.go"),
        ],
    );
    let refused = place(&tree.find("example.com/out@v1.0.0/passwd.go", "example.com/out", None), root);
    assert!(refused.contains("replaces example.com/out by /etc"), "{refused}");
}

#[test]
fn goroot_of_the_same_version() {
    let folder = tree(&[
        ("go/VERSION", "go1.25.5\ntime 2025-12-02T00:00:00Z\n"),
        ("go/src/runtime/proc.go", ""),
        ("go/src/net/http/server.go", ""),
        ("go/src/vendor/golang.org/x/net/idna/idna.go", ""),
        ("app/net/http/server.go", ""),
    ]);
    let root = folder.path();
    let goroot = root.join("go");
    let http = "go/src/net/http/server.go";
    let here = goroot.join("src/net/http/server.go").display().to_string();
    let tree = with_maps(&[&goroot, &root.join("app")], &[]);
    finds(
        &tree,
        root,
        &[
            ("/usr/local/go/src/net/http/server.go", "net/http", http),
            ("net/http/server.go", "net/http", http),
            (&here, "net/http", http),
            (
                "vendor/golang.org/x/net/idna/idna.go",
                "vendor/golang.org/x/net/idna",
                "go/src/vendor/golang.org/x/net/idna/idna.go",
            ),
            ("net/http/none.go", "net/http", ""),
            // A closure of Go's own in a function of main.
            (&here, "main", http),
        ],
    );
    let alone = source(&goroot);
    finds(&alone, root, &[("/usr/sdk/go1.24.11/src/net/http/server.go", "main", "")]);
    assert!(place(&alone.find(&here, "main", Some("go1.24.11")), root).starts_with("! GOROOT is"));
    for file in ["net/http/server.go", &here] {
        let at = |version| place(&tree.find(file, "net/http", version), root);
        assert_eq!(at(Some("go1.25.6")), "! GOROOT is go1.25.5, the profile is of go1.25.6");
        let unknown = at(None);
        assert!(
            unknown.starts_with("! GOROOT is go1.25.5, the profile doesn't say which Go built the program"),
            "{unknown}"
        );
        assert_eq!(unknown.contains("; where it was that one, say --path-map /"), file.starts_with('/'));
    }
    let mapped = with_maps(&[], &[format!("/usr/local/go={}", goroot.display())]);
    assert_eq!(place(&mapped.find("/usr/local/go/src/net/http/server.go", "net/http", None), root), http);
}

#[test]
fn programs_built_elsewhere() {
    let folder = tree(&[
        ("acme/internal/x/y.go", ""),
        ("acme/internal/x/y_test.go", ""),
        ("acme/cmd/server/main.go", ""),
        ("acme/y.go", ""),
        ("gopath/src/github.com/a/b/x.go", ""),
        ("orders/go.mod", "module example.com/orders/v2\n"),
        ("orders/main.go", ""),
        ("orders/store.go", ""),
        ("orders/store/store.go", ""),
        ("orders/internal/x/y.go", ""),
        ("orders/vendor/github.com/a/b/x.go", ""),
    ]);
    let root = folder.path();
    finds(
        &source(&root.join("acme")),
        root,
        &[
            ("/build/src/acme/internal/x/y.go", "example.com/acme/internal/x", "acme/internal/x/y.go"),
            ("internal/x/y.go", "example.com/acme/internal/x", "acme/internal/x/y.go"),
            ("/build/src/acme/internal/x/y_test.go", "example.com/acme/internal/x_test", "acme/internal/x/y_test.go"),
            ("/build/src/acme/internal/x/y.go", "example.com/acme/internal/z", ""),
            ("/build/src/acme/internal/x/y.go", "", ""),
            ("/app/cmd/server/main.go", "main", "acme/cmd/server/main.go"),
            ("/app/cmd/client/main.go", "main", ""),
            ("/app/y.go", "main", ""),
            ("/build/acme/y.go", "example.com/acme", ""),
        ],
    );
    let vendored = "orders/vendor/github.com/a/b/x.go";
    finds(
        &source(&root.join("orders")),
        root,
        &[
            ("/build/orders/main.go", "main", "orders/main.go"),
            ("/app/main.go", "main", ""),
            ("/app/store.go", "example.com/orders/v2", "orders/store.go"),
            ("/app/store/store.go", "example.com/orders/v2/store", "orders/store/store.go"),
            // Another module with directories of the same names.
            ("/build/other/internal/x/y.go", "example.com/other/internal/x", ""),
            ("/app/vendor/github.com/a/b/x.go", "github.com/a/b", vendored),
        ],
    );
    let gopath = source(&root.join("gopath"));
    finds(
        &gopath,
        root,
        &[("/home/ci/go/src/github.com/a/b/x.go", "github.com/a/b", "gopath/src/github.com/a/b/x.go")],
    );
}

#[test]
fn two_roots_that_fit_equally_are_ambiguous() {
    let folder = tree(&[("a/cmd/server/main.go", ""), ("b/cmd/server/main.go", ""), ("b/app/cmd/server/main.go", "")]);
    let root = folder.path();
    let tree = with_maps(&[&root.join("a"), &root.join("b")], &[]);
    let found = place(&tree.find("/src/cmd/server/main.go", "main", None), root);
    assert!(found.starts_with("! ambiguous: it may be "), "{found}");
    // The longer end of the path decides.
    finds(&tree, root, &[("/app/cmd/server/main.go", "main", "b/app/cmd/server/main.go")]);
    // One directory under two names is one.
    let twice = with_maps(&[&root.join("a"), &root.join("a/cmd")], &[]);
    finds(&twice, root, &[("/src/cmd/server/main.go", "main", "a/cmd/server/main.go")]);
}

#[test]
fn what_names_no_file_is_missing() {
    let folder =
        tree(&[("go.mod", "module example.com/acme\n"), ("x/y.go", ""), ("x/_cgo_gotypes.go", ""), ("x/.env", "")]);
    let root = folder.path();
    let tree = source(root);
    for file in
        ["", "<autogenerated>", "_cgo_gotypes.go", "C:\\src\\x\\y.go", "example.com/acme/x/.env", "./main.go", "??"]
    {
        finds(&tree, root, &[(file, "example.com/acme/x", ""), (file, "main", "")]);
    }
}

#[test]
fn the_crash_log_of_the_test_data() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/orders"));
    let tree = source(root);
    finds(&tree, root, &[("example.com/orders/main.go", "main", "main.go")]);
    let found = tree.find("example.com/orders/main.go", "main", None);
    let text = tree.read(&found.found().expect("found").path).expect("readable");
    let line = String::from_utf8(text).expect("UTF-8").lines().nth(28).map(str::to_owned);
    assert!(line.is_some_and(|line| line.contains("<-")), "the line where the README's finding blocks sends");
}

#[test]
fn roots_that_are_not_there_are_told() {
    let folder = tree(&[("x.go", "")]);
    for (root, map) in [(Some("none"), None), (Some("x.go"), None), (None, Some("none")), (None, Some("x.go"))] {
        let path = |name: &str| folder.path().join(name);
        let roots = root.map(path).into_iter().collect();
        let maps = map.map(|to| format!("/b={}", path(to).display()).parse().expect("a map")).into_iter().collect();
        let why = SourceTree::new(roots, maps).expect_err("refused");
        let (option, name) = if root.is_some() { ("--source ", root) } else { ("--path-map ", map) };
        assert!(why.starts_with(option) && why.contains(name.expect("named")), "{why}");
    }
}
