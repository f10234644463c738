//! Texts and frames by number: a page says each once.

use std::collections::HashMap;
use std::sync::Arc;

use super::{name, sentence};
use crate::report::FrameReport;

/// Texts in order of their first use.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) all: Vec<String>,
    places: HashMap<String, usize>,
}

impl Texts {
    /// The number of a name, made safe to show.
    pub(super) fn of(&mut self, text: &str) -> usize {
        self.place(name(text))
    }

    /// The number of a sentence, made safe to show.
    pub(super) fn of_sentence(&mut self, text: &str) -> usize {
        self.place(sentence(text))
    }

    fn place(&mut self, text: String) -> usize {
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        self.all.push(text.clone());
        self.places.insert(text, self.all.len() - 1);
        self.all.len() - 1
    }
}

/// What tells a frame from others.
type Key<'a> = (&'a str, Option<&'a str>, Option<u32>);

/// Frames in order of their first use.
#[derive(Default)]
pub(super) struct Frames<'a> {
    pub(super) all: Vec<&'a FrameReport>,
    places: HashMap<Key<'a>, usize>,
    /// Reports share frames: most are known by where they lie in memory. Nothing is ordered by it.
    by_address: HashMap<*const FrameReport, usize>,
}

impl<'a> Frames<'a> {
    /// The number of a frame.
    pub(super) fn of(&mut self, frame: &'a Arc<FrameReport>) -> usize {
        if let Some(place) = self.by_address.get(&Arc::as_ptr(frame)) {
            return *place;
        }
        let key = (frame.function.as_str(), frame.file.as_deref(), frame.line);
        let place = *self.places.entry(key).or_insert_with(|| {
            self.all.push(frame);
            self.all.len() - 1
        });
        self.by_address.insert(Arc::as_ptr(frame), place);
        place
    }
}
