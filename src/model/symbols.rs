//! Names, frames and stacks, each stored once and shared by all snapshots of a run.

mod absorb;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::borrow::Cow;
use std::hash::BuildHasher;

use super::{FunctionName, Origin};

pub use absorb::Moved;

/// An interned string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StrId(u32);

/// An interned function. Equal for every spelling of one name (see [`FunctionName`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(u32);

impl FunctionId {
    /// Its place among all functions, below [`Symbols::functions`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An interned frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(u32);

/// An interned stack: a node of a tree whose root is the empty stack and whose paths run from the entry to the leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StackId(u32);

impl StackId {
    /// The stack without frames, as C threads and some leak profiles have it.
    pub const EMPTY: StackId = StackId(0);
}

/// The function name that stands in for frames that the runtime left out of a deep stack.
pub const ELIDED: &str = "...frames elided...";

/// A place in the code: two frames are one where function, file and line are the same.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The function.
    pub function: FunctionId,
    /// The file as the profile has it; empty where unknown.
    pub file: StrId,
    /// The line, counted from 1; 0 where unknown.
    pub line: u32,
    /// Whether the compiler inlined the call, as the first sight of this frame had it.
    pub inlined: bool,
    /// Whose code it is.
    pub origin: Origin,
}

/// Half of a text's hash, which is enough: ids are no more.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hash(u32);

impl Hash {
    /// As a table takes it: places by the low bits, tags by the high ones.
    fn spread(self) -> u64 {
        u64::from(self.0) << 32 | u64::from(self.0)
    }
}

#[derive(Clone, Copy)]
struct Function {
    name: StrId,
    package: StrId,
}

#[derive(Clone, Copy)]
struct Node {
    parent: StackId,
    frame: FrameId,
}

/// The store of names, frames and stacks. Grows with distinct content only, never with goroutines.
pub struct Symbols {
    text: String,
    ends: Vec<usize>,
    /// With their hashes: texts lie far apart, and a table that grows would look at each again.
    strings: HashTable<(Hash, StrId)>,
    functions: Vec<Function>,
    function_by_name: HashTable<FunctionId>,
    function_by_spelling: HashTable<(StrId, FunctionId)>,
    frames: Vec<Frame>,
    frame_index: HashTable<FrameId>,
    nodes: Vec<Node>,
    node_index: HashTable<StackId>,
    hasher: RandomState,
    recoded: u64,
    ours: Vec<String>,
}

impl Default for Symbols {
    fn default() -> Self {
        Symbols::new()
    }
}

impl Symbols {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        let mut symbols = Symbols {
            text: String::new(),
            ends: Vec::new(),
            strings: HashTable::new(),
            functions: Vec::new(),
            function_by_name: HashTable::new(),
            function_by_spelling: HashTable::new(),
            frames: Vec::new(),
            frame_index: HashTable::new(),
            nodes: Vec::new(),
            node_index: HashTable::new(),
            hasher: RandomState::default(),
            recoded: 0,
            ours: Vec::new(),
        };
        let empty = symbols.string("");
        let function = FunctionId(0);
        symbols.functions.push(Function { name: empty, package: empty });
        symbols.frames.push(Frame { function, file: empty, line: 0, inlined: false, origin: Origin::Runtime });
        symbols.nodes.push(Node { parent: StackId::EMPTY, frame: FrameId(0) });
        symbols
    }

    /// Interns a string.
    pub fn string(&mut self, text: &str) -> StrId {
        let hash = self.hash(text);
        if let Some(id) = self.known(hash, text) {
            return id;
        }
        self.text.push_str(text);
        self.added(hash)
    }

    fn hash(&self, text: &str) -> Hash {
        Hash(self.hasher.hash_one(text) as u32)
    }

    /// The id of a text of this hash, where there is one.
    fn known(&self, hash: Hash, text: &str) -> Option<StrId> {
        let same = |(known, id): &(Hash, StrId)| *known == hash && self.str(*id) == text;
        self.strings.find(hash.spread(), same).map(|(_, id)| *id)
    }

    /// Names modules whose code is the program's own wherever it lies: module paths, or what several begin with.
    #[must_use]
    pub fn with_ours(mut self, ours: Vec<String>) -> Self {
        self.ours = ours;
        self
    }

    fn is_ours(&self, package: &str) -> bool {
        let begins = |rest: &str| rest.is_empty() || rest.starts_with('/');
        self.ours.iter().any(|ours| package.strip_prefix(ours.trim_end_matches('/')).is_some_and(begins))
    }

    /// Makes room for so many strings more.
    pub fn reserve_strings(&mut self, more: usize) {
        self.ends.reserve(more);
        self.strings.reserve(more, |(hash, _)| hash.spread());
    }

    /// Makes room for so many functions more.
    pub fn reserve_functions(&mut self, more: usize) {
        let (functions, hasher) = (&self.functions, &self.hasher);
        self.function_by_name.reserve(more, |id| hasher.hash_one(functions[id.0 as usize].name));
        self.function_by_spelling.reserve(more, |(known, _)| hasher.hash_one(known));
        self.functions.reserve(more);
    }

    /// Makes room for so many frames more.
    pub fn reserve_frames(&mut self, more: usize) {
        let (frames, hasher) = (&self.frames, &self.hasher);
        self.frame_index.reserve(more, |id| {
            let frame = &frames[id.0 as usize];
            hasher.hash_one((frame.function, frame.file, frame.line))
        });
        self.frames.reserve(more);
    }

    /// Makes room for stacks of so many frames in all that no two of them share.
    pub fn reserve_stacks(&mut self, frames: usize) {
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        self.node_index.reserve(frames, |id| {
            let node = &nodes[id.0 as usize];
            hasher.hash_one((node.parent, node.frame))
        });
        self.nodes.reserve(frames);
    }

    /// The id of a text as an input has it. What is no UTF-8 is taken for Windows-1252, in which every byte is a letter:
    /// different names stay different.
    pub fn string_of(&mut self, bytes: &[u8]) -> StrId {
        let text = self.decode(bytes);
        self.string(&text)
    }

    /// The id of a function named as an input has it; see [`Symbols::string_of`].
    pub fn function_of(&mut self, bytes: &[u8]) -> FunctionId {
        let text = self.decode(bytes);
        self.function(&text)
    }

    /// How many of the names given as bytes were no UTF-8.
    #[must_use]
    pub fn recoded(&self) -> u64 {
        self.recoded
    }

    fn decode<'b>(&mut self, bytes: &'b [u8]) -> Cow<'b, str> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.recoded += 1;
            return encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0;
        };
        Cow::Borrowed(text)
    }

    /// The string of an id.
    #[must_use]
    pub fn str(&self, id: StrId) -> &str {
        &self.text[self.start(id)..self.ends[id.0 as usize]]
    }

    /// Interns a function by its name as a profile spells it.
    pub fn function(&mut self, spelling: &str) -> FunctionId {
        let spelling = self.string(spelling);
        self.function_spelled(spelling)
    }

    /// As [`Symbols::function`], of a spelling that is interned.
    pub fn function_spelled(&mut self, spelling: StrId) -> FunctionId {
        let hash = self.hasher.hash_one(spelling);
        if let Some((_, id)) = self.function_by_spelling.find(hash, |(known, _)| *known == spelling) {
            return *id;
        }
        let text = self.str(spelling);
        let parsed = FunctionName::parse(text);
        let (name, package) = match (parsed.name, parsed.package) {
            // Most names are spelled as they are shared.
            (Cow::Borrowed(name), Cow::Borrowed(package)) if name == text && text.starts_with(package) => {
                let end = package.len();
                (spelling, self.beginning(spelling, end))
            }
            (name, package) => {
                let (name, package) = (name.into_owned(), package.into_owned());
                (self.string(&name), self.string(&package))
            }
        };
        let id = self.function_named(name, package);
        let hasher = &self.hasher;
        self.function_by_spelling.insert_unique(hash, (spelling, id), |(known, _)| hasher.hash_one(known));
        id
    }

    /// Interns the first `end` bytes of a string.
    fn beginning(&mut self, of: StrId, end: usize) -> StrId {
        let start = self.start(of);
        let range = start..start + end;
        let text = &self.text[range.clone()];
        let hash = self.hash(text);
        if let Some(id) = self.known(hash, text) {
            return id;
        }
        self.text.extend_from_within(range);
        self.added(hash)
    }

    /// The id of what was added to the text.
    fn added(&mut self, hash: Hash) -> StrId {
        let id = StrId(index_u32(self.ends.len()));
        self.ends.push(self.text.len());
        self.strings.insert_unique(hash.spread(), (hash, id), |(hash, _)| hash.spread());
        id
    }

    fn start(&self, id: StrId) -> usize {
        match id.0 as usize {
            0 => 0,
            i => self.ends[i - 1],
        }
    }

    fn function_named(&mut self, name: StrId, package: StrId) -> FunctionId {
        let hash = self.hasher.hash_one(name);
        let functions = &self.functions;
        if let Some(id) = self.function_by_name.find(hash, |id| functions[id.0 as usize].name == name) {
            return *id;
        }
        let id = FunctionId(index_u32(self.functions.len()));
        self.functions.push(Function { name, package });
        let (functions, hasher) = (&self.functions, &self.hasher);
        self.function_by_name.insert_unique(hash, id, |id| hasher.hash_one(functions[id.0 as usize].name));
        id
    }

    /// How many functions there are.
    #[must_use]
    pub fn functions(&self) -> usize {
        self.functions.len()
    }

    /// The function of a name in the shared spelling, where there is one.
    #[must_use]
    pub fn known_function(&self, name: &str) -> Option<FunctionId> {
        let name = self.known(self.hash(name), name)?;
        let same = |id: &FunctionId| self.functions[id.index()].name == name;
        self.function_by_name.find(self.hasher.hash_one(name), same).copied()
    }

    /// The name of a function, in the shared spelling.
    #[must_use]
    pub fn function_name(&self, id: FunctionId) -> &str {
        self.str(self.functions[id.0 as usize].name)
    }

    /// The import path of a function's package; empty where the name has none.
    #[must_use]
    pub fn package(&self, id: FunctionId) -> &str {
        self.str(self.functions[id.0 as usize].package)
    }

    /// Interns a frame. `line` 0 and `file` "" mean unknown.
    pub fn frame(&mut self, function: FunctionId, file: StrId, line: u32, inlined: bool) -> FrameId {
        let hash = self.hasher.hash_one((function, file, line));
        let frames = &self.frames;
        let same = |id: &FrameId| {
            let frame = &frames[id.0 as usize];
            (frame.function, frame.file, frame.line) == (function, file, line)
        };
        if let Some(id) = self.frame_index.find(hash, same) {
            return *id;
        }
        let origin = match self.function_name(function) {
            ELIDED => Origin::Runtime,
            _ if self.is_ours(self.package(function)) => Origin::User,
            _ => Origin::of(self.package(function), self.str(file)),
        };
        let id = FrameId(index_u32(self.frames.len()));
        self.frames.push(Frame { function, file, line, inlined, origin });
        let (frames, hasher) = (&self.frames, &self.hasher);
        self.frame_index.insert_unique(hash, id, |id| {
            let frame = &frames[id.0 as usize];
            hasher.hash_one((frame.function, frame.file, frame.line))
        });
        id
    }

    /// The frame of an id.
    #[must_use]
    pub fn frame_at(&self, id: FrameId) -> &Frame {
        &self.frames[id.0 as usize]
    }

    /// The name of a frame's function.
    #[must_use]
    pub fn name_of(&self, id: FrameId) -> &str {
        self.function_name(self.frame_at(id).function)
    }

    /// Interns a stack, given leaf first.
    pub fn stack(&mut self, leaf_first: &[FrameId]) -> StackId {
        leaf_first.iter().rev().fold(StackId::EMPTY, |parent, frame| self.child(parent, *frame))
    }

    fn child(&mut self, parent: StackId, frame: FrameId) -> StackId {
        let hash = self.hasher.hash_one((parent, frame));
        let nodes = &self.nodes;
        let same = |id: &StackId| {
            let node = &nodes[id.0 as usize];
            (node.parent, node.frame) == (parent, frame)
        };
        if let Some(id) = self.node_index.find(hash, same) {
            return *id;
        }
        let id = StackId(index_u32(self.nodes.len()));
        self.nodes.push(Node { parent, frame });
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        self.node_index.insert_unique(hash, id, |id| {
            let node = &nodes[id.0 as usize];
            hasher.hash_one((node.parent, node.frame))
        });
        id
    }

    /// The frames of a stack, leaf first.
    pub fn frames(&self, stack: StackId) -> impl Iterator<Item = FrameId> + '_ {
        let mut at = stack;
        std::iter::from_fn(move || {
            if at == StackId::EMPTY {
                return None;
            }
            let node = self.nodes[at.0 as usize];
            at = node.parent;
            Some(node.frame)
        })
    }

    /// About how many bytes the store holds; what limits on memory are measured by.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
            + self.ends.len() * 20
            + self.functions.len() * 24
            + self.frames.len() * 28
            + self.nodes.len() * 14
    }
}

/// Ids are 32 bits wide; [`Symbols::bytes`] is held below 4 GiB by the parsers' memory limit long before they run out.
fn index_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{StackId, Symbols};

    #[test]
    fn everything_is_stored_once() {
        let mut symbols = Symbols::new();
        let file = symbols.string("/x/main.go");
        let f = symbols.function("main.G[go.shape.int]");
        assert_eq!(f, symbols.function("main.G[...]"));
        let leaf = symbols.frame(f, file, 3, false);
        assert_eq!(leaf, symbols.frame(f, file, 3, true));
        let entry_function = symbols.function("main.main");
        let entry = symbols.frame(entry_function, file, 9, false);
        let stack = symbols.stack(&[leaf, entry]);
        assert_eq!(stack, symbols.stack(&[leaf, entry]));
        assert_ne!(stack, symbols.stack(&[entry, leaf]));
        assert_eq!(symbols.frames(stack).collect::<Vec<_>>(), [leaf, entry]);
        assert_eq!(symbols.stack(&[]), StackId::EMPTY);
        assert_eq!(symbols.frames(StackId::EMPTY).count(), 0);
    }
}
