//! What `build/rules.rs` packs of a rule that is compiled in for reading at every start: what tells whether it fits. The rest
//! of a rule is JSON, which is read when it does.

/// Shapes by their names. A rule that has another fails the build.
pub(crate) const SHAPES: [&str; 11] = [
    "main",
    "not-main",
    "closure",
    "closure-of-creator",
    "method",
    "blocks-at-entry",
    "spawns-itself",
    "same-receiver-twice",
    "in-request",
    "in-once",
    "receive-ok",
];

/// Scopes by their names, the usual one first.
pub(crate) const SCOPES: [&str; 7] =
    ["per-request", "system", "singleton", "pool", "companion", "per-object", "per-connection"];

/// Bytes of what stands of each rule in a file of its own, little endian: the first of its patterns, a u16, of which one
/// must match for the rule to be tried; then how many bytes it has of conditions, a u16, and of texts, a u32.
pub(crate) const HEAD: usize = 8;

/// In place of a pattern, where no name selects the rule.
pub(crate) const NO_PATTERN: u16 = u16::MAX;

/// A rule's conditions. Patterns are numbers in the automata of names. The rules stand one after the other; so do their
/// texts, in a file of their own.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PackedRule {
    /// Bytes of its id, of all of it as JSON, and of each of its wait states, in the order of the texts.
    #[prost(uint32, repeated, tag = "1")]
    pub texts: Vec<u32>,
    /// Shapes, as places in [`SHAPES`].
    #[prost(uint32, repeated, tag = "2")]
    pub shapes: Vec<u32>,
    /// Its scope, as its place in [`SCOPES`].
    #[prost(uint32, tag = "3")]
    pub scope: u32,
    /// Whether it is of the language.
    #[prost(bool, tag = "4")]
    pub language: bool,
    /// Whether it only says for whom a goroutine works.
    #[prost(bool, tag = "5")]
    pub context: bool,
    /// Each matches a frame.
    #[prost(uint32, repeated, tag = "6")]
    pub frames: Vec<u32>,
    /// None matches a frame.
    #[prost(uint32, repeated, tag = "7")]
    pub absent: Vec<u32>,
    /// Matches the site.
    #[prost(uint32, optional, tag = "8")]
    pub site: Option<u32>,
    /// Matches the outermost function.
    #[prost(uint32, optional, tag = "9")]
    pub entry: Option<u32>,
    /// Matches the function with the `go` statement.
    #[prost(uint32, optional, tag = "10")]
    pub creator: Option<u32>,
}
