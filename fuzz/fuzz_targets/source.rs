//! Go source beside a dump whose goroutines block in its lines, in every state. What is read lies on a disk: each input is
//! written to a file of this process.
#![no_main]

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

use unpark::model::Symbols;
use unpark::report::{self, Wanted};
use unpark::source::SourceTree;
use unpark_fuzz::{print, read, wanted};

const STATES: [&str; 9] = [
    "chan send", "chan receive", "select", "sleep", "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock",
    "sync.WaitGroup.Wait", "sync.Cond.Wait",
];
/// Lines that goroutines block in.
const LINES: usize = 40;

fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("unpark-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("made");
        folder
    })
}

/// The name of a function that a line declares, as a profile has it.
fn declared(line: &str) -> Option<String> {
    let rest = line.strip_prefix("func ")?;
    let (receiver, rest) = match rest.strip_prefix('(') {
        Some(rest) => {
            let (receiver, rest) = rest.split_once(") ")?;
            let of = receiver.split(' ').next_back()?;
            (if of.starts_with('*') { format!("({of}).") } else { format!("{of}.") }, rest)
        }
        None => (String::new(), rest),
    };
    let name = rest.split('(').next()?;
    Some(format!("main.{receiver}{name}"))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (mut dump, mut function, mut id) = (String::new(), None, 1);
    for (i, line) in text.lines().enumerate().take(4 * LINES) {
        function = declared(line).or(function);
        let Some(function) = function.as_ref().filter(|_| id < LINES * STATES.len()) else { continue };
        for state in STATES {
            id += 1;
            let _ = write!(dump, "goroutine {id} [{state}]:\n{function}(0x1)\n\t/app/main.go:{} +0x1\n\n", i + 1);
        }
    }
    std::fs::write(folder().join("main.go"), bytes).expect("written");
    let map = format!("/app={}", folder().display()).parse().expect("a map");
    let tree = SourceTree::new(Vec::new(), vec![map]).expect("readable");
    let mut symbols = Symbols::new();
    let snapshots = read(dump.as_bytes(), &mut symbols);
    if !snapshots.is_empty() {
        print(&report::triage(snapshots, &symbols, Wanted { source: Some(&tree), ..wanted() }));
    }
});
