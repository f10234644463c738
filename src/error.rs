//! Errors as values with a place: which input, where in it, what was wrong and what to do about it.

use std::fmt;

/// Where in an input an error or a warning lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The input as a whole.
    Whole,
    /// A line of a text input, counted from 1, after decompression.
    Line(u64),
    /// A byte offset into the unpacked input, counted from 0.
    Offset(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole => Ok(()),
            Place::Line(n) => write!(f, ", line {n}"),
            Place::Offset(n) => write!(f, ", offset {n}"),
        }
    }
}

/// What went wrong with an input.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// The operating system refused: no such file, no permission, a disk error.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// gzip or zstd data that is cut short or damaged, where nothing can be kept of it.
    #[error("damaged gzip or zstd data: {0}")]
    Packed(String),
    /// Nothing at all in it.
    #[error("the input is empty")]
    Empty,
    /// Readable, but not a goroutine profile: the text says what it is.
    #[error("{0}")]
    NotGoroutines(String),
    /// It announces itself as profile.proto and breaks its rules.
    #[error("not a valid profile.proto: {0}")]
    Proto(String),
    /// Larger than a limit allows.
    #[error("{0}")]
    TooLarge(String),
    /// Holds no dump at a place where one is needed.
    #[error("{0}")]
    Unusable(String),
}

/// An input that could not be read, or not used as asked.
#[derive(Debug, thiserror::Error)]
#[error("{source_name}{place}: {kind}")]
pub struct Error {
    /// The path as given, or `-` for standard input.
    pub source_name: String,
    /// Where in the input.
    pub place: Place,
    /// What is wrong.
    #[source]
    pub kind: ErrorKind,
    /// What the user can do, one sentence each; may be empty.
    pub hints: Vec<String>,
}

impl Error {
    /// An error about a whole input, without hints.
    #[must_use]
    pub fn new(source_name: &str, kind: impl Into<ErrorKind>) -> Self {
        Error { source_name: source_name.to_owned(), place: Place::Whole, kind: kind.into(), hints: Vec::new() }
    }

    /// The same error, at `place`.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// The same error with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// What reading an input gives, or why it couldn't be read.
pub type Result<T> = std::result::Result<T, Error>;
