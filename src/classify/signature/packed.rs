//! What `build/rules.rs` packs of a rule that is compiled in for reading at every start: what tells whether it fits. The rest
//! of a rule is JSON, which is read when it does.

/// All rules, in the order of their files.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PackedRules {
    /// The rules.
    #[prost(message, repeated, tag = "1")]
    pub rules: Vec<PackedRule>,
}

/// A rule's conditions. Patterns are numbers in the automata of names.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PackedRule {
    /// Its name.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Where its JSON begins.
    #[prost(uint32, tag = "2")]
    pub start: u32,
    /// Where it ends.
    #[prost(uint32, tag = "3")]
    pub end: u32,
    /// Wait states in Go's words.
    #[prost(string, repeated, tag = "4")]
    pub states: Vec<String>,
    /// Names of shapes.
    #[prost(string, repeated, tag = "5")]
    pub shapes: Vec<String>,
    /// The name of its scope, unless it is the usual one.
    #[prost(string, optional, tag = "6")]
    pub scope: Option<String>,
    /// Whether it is of the language.
    #[prost(bool, tag = "7")]
    pub language: bool,
    /// Whether it only says for whom a goroutine works.
    #[prost(bool, tag = "8")]
    pub context: bool,
    /// Each matches a frame.
    #[prost(uint32, repeated, tag = "9")]
    pub frames: Vec<u32>,
    /// None matches a frame.
    #[prost(uint32, repeated, tag = "10")]
    pub absent: Vec<u32>,
    /// Matches the site.
    #[prost(uint32, optional, tag = "11")]
    pub site: Option<u32>,
    /// Matches the outermost function.
    #[prost(uint32, optional, tag = "12")]
    pub entry: Option<u32>,
    /// Matches the function with the `go` statement.
    #[prost(uint32, optional, tag = "13")]
    pub creator: Option<u32>,
}
