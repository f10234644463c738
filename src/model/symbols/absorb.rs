//! One store's names, frames and stacks put among those of another.

use super::{FrameId, FunctionId, StackId, StrId, Symbols};

/// What ids of a store became in the one that absorbed it.
pub struct Moved {
    strings: Vec<StrId>,
    frames: Vec<FrameId>,
    stacks: Vec<StackId>,
}

impl Moved {
    /// A string's id now.
    #[must_use]
    pub fn string(&self, id: StrId) -> StrId {
        self.strings[id.0 as usize]
    }

    /// A frame's id now.
    #[must_use]
    pub fn frame(&self, id: FrameId) -> FrameId {
        self.frames[id.0 as usize]
    }

    /// A stack's id now.
    #[must_use]
    pub fn stack(&self, id: StackId) -> StackId {
        self.stacks[id.0 as usize]
    }
}

impl Symbols {
    /// An empty store that takes the same code for the program's own.
    #[must_use]
    pub fn beside(&self) -> Self {
        Symbols::new().with_ours(self.ours.clone())
    }

    /// Takes over what `other` holds. Ids are given out in the order of the other's, so that they become the same as if
    /// what it was read from had been read into this store.
    pub fn absorb(&mut self, other: &Symbols) -> Moved {
        self.recoded += other.recoded;
        let strings: Vec<StrId> =
            (0..other.ends.len()).map(|i| self.string(other.str(StrId(super::index_u32(i))))).collect();
        let string = |id: StrId| strings[id.0 as usize];
        // The first of each stands for nothing, in every store.
        let mut functions = vec![FunctionId(0)];
        functions.extend(other.functions[1..].iter().map(|f| self.function_named(string(f.name), string(f.package))));
        let mut frames = vec![FrameId(0)];
        frames.extend(
            other.frames[1..].iter().map(|frame| {
                self.frame(functions[frame.function.index()], string(frame.file), frame.line, frame.inlined)
            }),
        );
        let mut stacks = vec![StackId::EMPTY];
        for node in &other.nodes[1..] {
            stacks.push(self.child(stacks[node.parent.0 as usize], frames[node.frame.0 as usize]));
        }
        Moved { strings, frames, stacks }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{StackId, Symbols};

    /// Reads stacks of functions, leaf first, as a parser would.
    fn read(stacks: &[&[&str]], symbols: &mut Symbols) -> Vec<StackId> {
        let mut read = |names: &&[&str]| {
            let frames: Vec<_> = names
                .iter()
                .map(|name| {
                    let (function, file) = (symbols.function(name), symbols.string("/x/main.go"));
                    symbols.frame(function, file, name.len() as u32, name.ends_with('i'))
                })
                .collect();
            symbols.stack(&frames)
        };
        stacks.iter().map(&mut read).collect()
    }

    #[test]
    fn ids_are_those_of_one_store_that_read_all() {
        let (one, two): (&[&[&str]], &[&[&str]]) = (
            &[&["main.a", "main.main"], &["main.b[go.shape.int]", "main.a", "main.main"], &[]],
            &[&["main.c", "main.a", "main.main"], &["main.b[...]", "main.main"], &["main.a", "main.main"], &["x/y.i"]],
        );
        let mut all = Symbols::new();
        let expected = [read(one, &mut all), read(two, &mut all)];

        let (mut symbols, mut own) = (Symbols::new(), Symbols::new());
        let first = read(one, &mut symbols);
        let second = read(two, &mut own);
        let moved = symbols.absorb(&own);
        assert_eq!([first, second.iter().map(|stack| moved.stack(*stack)).collect()], expected);
        for stack in expected.into_iter().flatten() {
            let shown = |symbols: &Symbols| -> Vec<_> {
                let frames = symbols.frames(stack).map(|frame| (symbols.name_of(frame), symbols.frame_at(frame)));
                frames.map(|(name, frame)| format!("{name} {frame:?}")).collect()
            };
            assert_eq!(shown(&symbols), shown(&all));
        }
        assert_eq!(symbols.bytes(), all.bytes());
        assert_eq!(moved.string(own.string("/x/main.go")), symbols.string("/x/main.go"));
    }
}
