//! The two places of a stack that people ask for first.

use super::{FrameId, Origin, StackId, Symbols};

impl Symbols {
    /// Where a stack blocks, in words of the code's owner: the innermost frame outside the standard library; in a stack
    /// of Go's own frames only, the innermost outside runtime, internal/…, sync, syscall and time; else the leaf.
    #[must_use]
    pub fn site(&self, stack: StackId) -> Option<FrameId> {
        let innermost = |wanted: &dyn Fn(FrameId) -> bool| self.frames(stack).find(|frame| wanted(*frame));
        innermost(&|frame| !self.frame_at(frame).origin.is_go())
            .or_else(|| innermost(&|frame| !self.is_plumbing(frame)))
            .or_else(|| self.frames(stack).next())
    }

    /// The outermost frame: the function that the goroutine was started with.
    #[must_use]
    pub fn entry(&self, stack: StackId) -> Option<FrameId> {
        self.frames(stack).last()
    }

    fn is_plumbing(&self, frame: FrameId) -> bool {
        let frame = self.frame_at(frame);
        let package = self.package(frame.function);
        frame.origin == Origin::Runtime
            || matches!(package, "sync" | "syscall" | "time")
            || package.starts_with("internal/")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Symbols;

    fn site(frames: &[(&str, &str)]) -> Option<String> {
        let mut symbols = Symbols::new();
        let ids: Vec<_> = frames
            .iter()
            .map(|(name, file)| {
                let (function, file) = (symbols.function(name), symbols.string(file));
                symbols.frame(function, file, 1, false)
            })
            .collect();
        let stack = symbols.stack(&ids);
        symbols.site(stack).map(|frame| symbols.name_of(frame).to_owned())
    }

    #[test]
    fn the_owners_words() {
        let poll = ("internal/poll.(*FD).Read", "/go/src/internal/poll/fd_unix.go");
        let conn = ("net.(*conn).Read", "/go/src/net/net.go");
        let user = ("example.com/app.fetch", "/app/fetch.go");
        assert_eq!(site(&[poll, conn, user]).as_deref(), Some("example.com/app.fetch"));
        assert_eq!(site(&[poll, conn]).as_deref(), Some("net.(*conn).Read"));
        assert_eq!(site(&[poll]).as_deref(), Some("internal/poll.(*FD).Read"));
        assert_eq!(site(&[]), None);
    }
}
