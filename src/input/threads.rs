//! How many threads work.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// How many threads may work, the calling one among them: as many as told, else as there are processors. Those are counted
/// when it matters, for which Linux opens files: a short run doesn't.
#[derive(Clone, Copy, Debug)]
pub struct Threads(Option<NonZeroUsize>);

impl Threads {
    /// More than these have nothing to do: one hands out what the others read.
    pub const MOST: usize = 8;

    /// No other than the calling one.
    pub const ONE: Threads = Threads(Some(NonZeroUsize::MIN));

    /// So many, if told.
    #[must_use]
    pub fn new(told: Option<usize>) -> Self {
        Threads(told.map(|told| NonZeroUsize::new(told).unwrap_or(NonZeroUsize::MIN)))
    }

    /// Their number, 1 to 8.
    #[must_use]
    pub fn count(self) -> usize {
        let processors = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.0.unwrap_or_else(processors).get().min(Threads::MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::Threads;

    #[test]
    fn there_is_one_at_least_and_eight_at_most() {
        let counts = [Some(0), Some(1), Some(3), Some(500)].map(|told| Threads::new(told).count());
        assert_eq!(counts, [1, 1, 3, 8]);
        assert!((1..=8).contains(&Threads::new(None).count()));
        assert_eq!(Threads::ONE.count(), 1);
    }
}
