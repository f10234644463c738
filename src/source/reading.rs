//! From the groups of a dump to what their source tells: each package is read once, by as many threads as there are, and
//! forgotten when its groups are examined.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::alias::Aliases;
use super::examine::{BlockedAt, Examiner, PackageFrame};
use super::facts::SiteFacts;
use super::package::{Package, PackageFile};
use super::platform::Platform;
use super::uses::Uses;
use super::{Excerpt, Lookup, Role, SourcePlace, SourceTree, go, site};
use crate::compare::Matched;
use crate::model::{FrameId, GroupKey, Origin, Symbols, Wait, WarningCode};

/// Stacks of which the source is looked for, those of most goroutines first: nobody reads more, and input may be hostile.
const STACKS: usize = 10_000;
/// Frames of one stack that are looked at.
const FRAMES: usize = 100;
/// Larger files than these are read only where a frame names them: such are generated. 1 MiB.
const LARGE: usize = 1 << 20;
/// No larger file is parsed: its tree takes some 80 times its size. 4 MiB.
const LARGEST: usize = 4 << 20;
/// So much of a package is parsed beside the files that frames name. 16 MiB.
const PACKAGE: usize = 16 << 20;
/// Nodes that may be looked at for the stacks of one package, about a second's work.
const SPENT: u64 = 30_000_000;

/// What is known of a group from its source.
#[derive(Clone, Debug)]
pub enum Examined {
    /// The source fits the stack; what it tells.
    Facts(Box<SiteFacts>),
    /// Nothing is concluded from it.
    Unsure(Unsure),
}

/// Why nothing is concluded from source.
#[derive(Clone, Debug, PartialEq)]
pub enum Unsure {
    /// The file isn't in the directories that were named.
    Missing {
        /// As the profile names it.
        file: String,
    },
    /// It is there but can't be taken for it, or not be read.
    Refused {
        /// As the profile names it.
        file: String,
        /// Why.
        why: String,
    },
    /// The line holds something else than what the stack says: it is another version of the code.
    Changed {
        /// The line that doesn't fit.
        place: SourcePlace,
        /// What doesn't.
        why: String,
    },
}

/// What the source tells of all groups.
#[derive(Default)]
pub struct Readings {
    by_group: Vec<Option<Arc<Examined>>>,
    texts: HashMap<String, Arc<str>>,
    /// Stacks that were not looked at, because there are too many.
    pub left_out: usize,
}

impl Readings {
    /// What is known of a group; none without source.
    #[must_use]
    pub fn of(&self, group: usize) -> Option<&Examined> {
        self.by_group.get(group)?.as_deref()
    }

    /// What couldn't be told: kinds, sentences and the number of stacks that each is about.
    #[must_use]
    pub fn doubts(&self) -> Vec<(WarningCode, String, u64)> {
        let mut kinds = [
            (
                WarningCode::SourceMissing,
                "stacks lie in files that aren't in the directories named for source",
                0,
                None,
            ),
            (WarningCode::SourceRefused, "stacks lie in source that can't be used", 0, None),
            (
                WarningCode::SourceChanged,
                "stacks don't fit the source, which isn't what ran: nothing is concluded from it",
                0,
                None,
            ),
        ];
        for examined in self.by_group.iter().flatten() {
            let Examined::Unsure(unsure) = examined.as_ref() else { continue };
            let (kind, example) = match unsure {
                Unsure::Missing { file } => (0, file.clone()),
                Unsure::Refused { file, why } => (1, format!("{file}: {why}")),
                Unsure::Changed { place, why } => (2, format!("{}:{}: {why}", place.file, place.line)),
            };
            kinds[kind].2 += 1;
            kinds[kind].3.get_or_insert(example);
        }
        let said = kinds
            .into_iter()
            .filter_map(|(code, words, n, example)| Some((code, format!("{words} (such as {})", example?), n)));
        let left_out = (self.left_out > 0).then(|| {
            let words = format!("stacks are left out: the source of {STACKS} is looked at, those of most goroutines");
            (WarningCode::SourceRefused, words, self.left_out as u64)
        });
        said.chain(left_out).collect()
    }

    /// Lines of a file that facts name.
    #[must_use]
    pub fn excerpt(&self, file: &str, function: Option<&str>, marks: &[(u64, Role)], context: u64) -> Option<Excerpt> {
        let text = self.texts.get(file)?;
        let excerpt = Excerpt::around(file, function, text, marks, context);
        (!excerpt.lines.is_empty()).then_some(excerpt)
    }
}

/// A stack whose source is wanted.
struct Request {
    groups: Vec<usize>,
    key: GroupKey,
    goroutines: i64,
    /// Where frames of it lie: the frame, and the path of its file.
    found: Vec<(FrameId, PathBuf)>,
    blocks_itself: bool,
    creator: Option<(FrameId, PathBuf)>,
}

/// Reads the source of all groups that have frames outside of Go's own code.
#[must_use]
pub fn read(tree: &SourceTree, groups: &[Matched], symbols: &Symbols, go_version: Option<&str>) -> Readings {
    let mut readings = Readings { by_group: vec![None; groups.len()], ..Readings::default() };
    let mut packages: BTreeMap<PathBuf, Vec<Request>> = BTreeMap::new();
    let finder = Finder { tree, symbols, go_version };
    let mut requests = requests(groups, symbols);
    readings.left_out = requests.len().saturating_sub(STACKS);
    requests.truncate(STACKS);
    for mut request in requests {
        match finder.find(&mut request) {
            Ok(folder) => packages.entry(folder).or_default().push(request),
            Err(unsure) => {
                let examined = Arc::new(Examined::Unsure(unsure));
                request.groups.iter().for_each(|group| readings.by_group[*group] = Some(Arc::clone(&examined)));
            }
        }
    }
    let packages: Vec<Vec<Request>> = packages.into_values().collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(&mut readings);
    let work = || {
        while let Some(requests) = packages.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (examined, texts) = finder.examine(requests);
            let mut readings = done.lock().unwrap_or_else(PoisonError::into_inner);
            for (request, examined) in requests.iter().zip(examined) {
                let examined = Arc::new(examined);
                request.groups.iter().for_each(|group| readings.by_group[*group] = Some(Arc::clone(&examined)));
            }
            readings.texts.extend(texts);
        }
    };
    std::thread::scope(|scope| {
        let others = tree.threads().min(packages.len()).saturating_sub(1);
        (0..others).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    readings
}

/// The stacks that have code of the user's or a dependency's, most goroutines first.
fn requests(groups: &[Matched], symbols: &Symbols) -> Vec<Request> {
    let mut index: HashMap<(Wait, crate::model::StackId, Option<FrameId>), usize> = HashMap::new();
    let mut requests: Vec<Request> = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        let key = group.key;
        // The main of a test binary is made by `go test` and lies nowhere.
        let is_code = |frame: FrameId| {
            let at = symbols.frame_at(frame);
            !at.origin.is_go() && symbols.str(at.file) != "_testmain.go"
        };
        if !symbols.frames(key.stack).any(is_code) {
            continue;
        }
        let goroutines: i64 = group.parts.iter().flatten().map(|part| part.count).max().unwrap_or(0);
        let at = *index.entry((key.state.wait, key.stack, key.creator)).or_insert(requests.len());
        if at == requests.len() {
            let (found, creator) = (Vec::new(), None);
            requests.push(Request { groups: Vec::new(), key, goroutines: 0, found, blocks_itself: false, creator });
        }
        requests[at].groups.push(i);
        requests[at].goroutines += goroutines;
    }
    requests.sort_by_key(|request| (std::cmp::Reverse(request.goroutines), request.groups[0]));
    requests
}

/// Finds files and examines packages.
struct Finder<'a> {
    tree: &'a SourceTree,
    symbols: &'a Symbols,
    go_version: Option<&'a str>,
}

impl Finder<'_> {
    fn lookup(&self, frame: FrameId) -> Lookup {
        let at = self.symbols.frame_at(frame);
        self.tree.find(self.symbols.str(at.file), self.symbols.package(at.function), self.go_version)
    }

    /// Finds the files of a stack's frames, and the folder of the first.
    fn find(&self, request: &mut Request) -> Result<PathBuf, Unsure> {
        let (mut blocks_itself, mut first) = (true, None);
        // What a library does in itself only matters where no code of the program's has called it.
        let has_own = self.symbols.frames(request.key.stack).any(|frame| self.is_own(frame));
        for frame in self.symbols.frames(request.key.stack).take(FRAMES) {
            let at = self.symbols.frame_at(frame);
            if at.origin.is_go() || (has_own && !self.is_own(frame)) {
                blocks_itself &= !request.found.is_empty() || self.is_plumbing(frame);
                continue;
            }
            match self.lookup(frame) {
                Lookup::Found(file) => request.found.push((frame, file.path)),
                lookup => {
                    first.get_or_insert((frame, lookup));
                    // What blocks is in code that isn't here.
                    blocks_itself &= !request.found.is_empty();
                }
            }
        }
        request.blocks_itself = blocks_itself && waits_in_code(request.key.state.wait);
        request.creator = request.key.creator.and_then(|frame| Some((frame, self.lookup(frame).found()?.path.clone())));
        match (request.found.first(), first) {
            (Some((_, path)), _) => Ok(path.parent().unwrap_or(Path::new("")).to_owned()),
            (None, Some((frame, Lookup::Refused(why)))) => Err(Unsure::Refused { file: self.file(frame), why }),
            (None, Some((frame, _))) => Err(Unsure::Missing { file: self.file(frame) }),
            (None, None) => Err(Unsure::Missing { file: String::new() }),
        }
    }

    /// The program's own code; errgroup may lie beside it, replaced by a copy.
    fn is_own(&self, frame: FrameId) -> bool {
        let at = self.symbols.frame_at(frame);
        at.origin == Origin::User && self.symbols.package(at.function) != "golang.org/x/sync/errgroup"
    }

    fn file(&self, frame: FrameId) -> String {
        self.symbols.str(self.symbols.frame_at(frame).file).to_owned()
    }

    /// Frames in which every goroutine blocks, whoever's it is: the runtime's, those of locks, and `time.Sleep`.
    fn is_plumbing(&self, frame: FrameId) -> bool {
        let at = self.symbols.frame_at(frame);
        let package = self.symbols.package(at.function);
        let is_once = self.symbols.name_of(frame).starts_with("sync.(*Once)");
        at.origin == Origin::Runtime
            || !is_once && matches!(package, "sync" | "internal/sync" | "time" | "internal/synctest")
    }

    /// Reads a package and examines the stacks that block in it.
    fn examine(&self, requests: &[Request]) -> (Vec<Examined>, Vec<(String, Arc<str>)>) {
        let folder = requests[0].found[0].1.parent().unwrap_or(Path::new("")).to_owned();
        let mut named: BTreeMap<PathBuf, String> = BTreeMap::new();
        for (frame, path) in requests.iter().flat_map(|request| request.found.iter().chain(&request.creator)) {
            if path.parent() == Some(&folder) {
                named.entry(path.clone()).or_insert_with(|| self.file(*frame));
            }
        }
        let (mut files, mut paths, mut unread) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (path, shown) in &named {
            match self.read_file(path, LARGEST) {
                Ok(go) => {
                    files.push(PackageFile { shown: shown.clone(), go });
                    paths.push(path.clone());
                }
                Err(why) => drop(unread.insert(path.clone(), why)),
            }
        }
        let texts = files.iter().map(|file| (file.shown.clone(), Arc::from(file.go.text.as_str()))).collect();
        let count = files.len();
        if let Some((path, shown)) = named.iter().next() {
            files.extend(self.others(path, shown, &named));
        }
        let package = Package::new(files, count);
        let aliases = Aliases::of(&package);
        let uses = Uses::all(&package, &aliases);
        let examiner = Examiner { package: &package, aliases: &aliases, uses: &uses, spent: Cell::new(0) };
        let examined = requests.iter().map(|request| match unread.get(&request.found[0].1) {
            Some(why) => Examined::Unsure(Unsure::Refused { file: self.file(request.found[0].0), why: why.clone() }),
            None if examiner.spent.get() > SPENT => {
                let why = "its package is so large that only stacks of more goroutines were examined".to_owned();
                Examined::Unsure(Unsure::Refused { file: self.file(request.found[0].0), why })
            }
            None => self.examine_one(&examiner, &paths, request),
        });
        (examined.collect(), texts)
    }

    /// The other files of the package.
    fn others(&self, path: &Path, shown: &str, named: &BTreeMap<PathBuf, String>) -> Vec<PackageFile> {
        let platform = Platform::of(named.keys().filter_map(|path| path.file_name()?.to_str()));
        let is_other = |path: &&PathBuf| {
            !named.contains_key(*path)
                && path.file_name().and_then(|name| name.to_str()).is_some_and(|name| platform.builds(name))
        };
        let (files, read_so_far) = (self.tree.package_files(path), Cell::new(0));
        let read = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let folder = shown.rfind(['/', '\\']).map_or("", |at| &shown[..=at]);
            let go = self.read_file(path, LARGE.min(PACKAGE.saturating_sub(read_so_far.get()))).ok()?;
            read_so_far.set(read_so_far.get() + go.text.len());
            Some(PackageFile { shown: format!("{folder}{name}"), go })
        };
        files.files.iter().filter(is_other).filter_map(read).collect()
    }

    fn read_file(&self, path: &Path, limit: usize) -> Result<go::GoFile, String> {
        let bytes = self.tree.read(path).map_err(|e| e.to_string())?;
        if bytes.len() > limit {
            return Err(format!("it has {} bytes; {limit} are allowed", bytes.len()));
        }
        go::read(&bytes).ok_or_else(|| "it is no Go, or takes too long to parse".into())
    }

    fn examine_one(&self, examiner: &Examiner<'_>, paths: &[PathBuf], request: &Request) -> Examined {
        let index = |path: &PathBuf| paths.iter().position(|known| known == path);
        let mut frames = Vec::new();
        for (frame, path) in &request.found {
            let at = self.symbols.frame_at(*frame);
            if let Some(file) = index(path) {
                frames.push(PackageFrame { file, line: at.line, function: self.symbols.name_of(*frame) });
            }
        }
        let creator = request.creator.as_ref().and_then(|(frame, path)| {
            Some((index(path)?, self.symbols.frame_at(*frame).line, self.symbols.name_of(*frame)))
        });
        let wait = request.key.state.wait;
        let changed = |file: usize, line: u32, why: String| {
            let place = SourcePlace { file: examiner.package.files[file].shown.clone(), line: u64::from(line) };
            Examined::Unsure(Unsure::Changed { place, why })
        };
        if let Some((file, line, why)) = other_code(examiner.package, &frames, creator) {
            return changed(file, line, why);
        }
        let (file, line) = frames.first().map_or((0, 0), |frame| (frame.file, frame.line));
        let creator = creator.map(|(file, line, _)| (file, line));
        let blocked = BlockedAt { wait, blocks_itself: request.blocks_itself, frames, creator };
        match examiner.examine(&blocked) {
            Some(facts) => Examined::Facts(Box::new(facts)),
            None => changed(file, line, format!("no {} stands there", wait.words(self.symbols))),
        }
    }
}

/// States that a statement of the program itself is in.
fn waits_in_code(wait: Wait) -> bool {
    matches!(
        wait,
        Wait::ChanSend
            | Wait::ChanReceive
            | Wait::ChanOp
            | Wait::Select
            | Wait::Sleep
            | Wait::MutexLock
            | Wait::RwMutexLock
            | Wait::RwMutexRLock
            | Wait::WaitGroupWait
            | Wait::CondWait
    )
}

/// The first line that shows that the source isn't what ran: it lies in another function than the frame says, or calls
/// nothing where a frame calls the next, or starts no goroutine.
fn other_code(
    package: &Package,
    frames: &[PackageFrame<'_>],
    creator: Option<(usize, u32, &str)>,
) -> Option<(usize, u32, String)> {
    let in_function = |file: usize, line: u32, function: &str| {
        let Some((receiver, name)) = site::declared_as(function) else { return true };
        let spot = site::function_at(package, file, line);
        let declared = spot.and_then(|spot| package.go(spot).declaration_of(spot.node).map(|node| (spot, node)));
        declared.is_some_and(|(spot, node)| {
            let declaration = super::package::Spot { node, ..spot };
            package.receiver(declaration) == receiver
                && matches!(package.kind(declaration), go::Kind::Function { name: known, .. } if known == name)
        })
    };
    let other = |file: usize, line: u32, function: &str| {
        let function = function.rsplit('/').next().unwrap_or(function);
        Some((file, line, format!("it lies in another function than {function}")))
    };
    for (i, frame) in frames.iter().enumerate() {
        if !in_function(frame.file, frame.line, frame.function) {
            return other(frame.file, frame.line, frame.function);
        }
        if i > 0 && !site::calls(package, frame.file, frame.line, frames[i - 1].function) {
            return Some((frame.file, frame.line, "nothing is called there".into()));
        }
    }
    let (file, line, function) = creator?;
    if !in_function(file, line, function) {
        return other(file, line, function);
    }
    let starts = site::go_statements(package, file, line).next().is_some();
    (!starts).then(|| (file, line, "no go statement stands there".into()))
}
