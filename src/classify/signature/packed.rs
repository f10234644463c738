//! What `build/rules.rs` packs of a rule that is compiled in for reading at every start: what tells whether it fits. The rest
//! of a rule is JSON, which is read when it does.

/// A rule's conditions. Patterns are numbers in the automata of names. The rules stand one after the other, each behind
/// its length; so do their texts, in a file of their own, without anything between them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PackedRule {
    /// Bytes of its id, of all of it as JSON, and of each of its wait states, in the order of the texts.
    #[prost(uint32, repeated, tag = "1")]
    pub texts: Vec<u32>,
    /// Names of shapes.
    #[prost(string, repeated, tag = "2")]
    pub shapes: Vec<String>,
    /// The name of its scope, unless it is the usual one.
    #[prost(string, optional, tag = "3")]
    pub scope: Option<String>,
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
