//! How goroutines of one kind moved between the moments of a comparison.

use crate::compare::Identity;

/// Survivors from which an identity is more than chance (design: LeakProf and the corpus of leaking services agree that
/// fewer prove nothing).
const STRONG_SURVIVORS: u64 = 10;
/// Survivors and newcomers below which nothing is said.
const LEAST: u64 = 3;
/// Goroutines below which a difference of counts says nothing.
const LEAST_GROWTH: i64 = 5;

/// What became of the goroutines of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// There is one moment only.
    OneMoment,
    /// The same goroutines at both: a pool, singletons, or what is stuck without growing.
    Static,
    /// Nearly all stay and more come. `strong` where ten and more, and at least half, stayed.
    Accumulating {
        /// Enough to call it a leak where the place where they wait is no place to wait for long.
        strong: bool,
    },
    /// Over three moments and more nearly all stay and more come each time. `steady` where they come about as fast at the end
    /// as at the start: a pool that fills slows down.
    PilingUp {
        /// See above.
        steady: bool,
    },
    /// They came, stayed, and no more come: a pool that is full, or a leak that was fed once.
    Filled,
    /// Many stay while others come and go as fast.
    Lingering,
    /// Others each time: work in flight.
    Traffic,
    /// None before; these are new.
    Appeared,
    /// None left.
    Gone,
    /// More than before by their counts; who stayed isn't known.
    Grew,
    /// More than before by all tests that counts allow; who stayed isn't known.
    Proven,
    /// About as many, or fewer, by their counts.
    Steady,
}

impl Behaviour {
    /// Reads a comparison. `identity` is there where both moments carry ids.
    #[must_use]
    pub(super) fn of(first: i64, last: i64, identity: Option<Identity>) -> Self {
        match (first, last, identity) {
            (_, 0, _) => Behaviour::Gone,
            (0, _, _) => Behaviour::Appeared,
            (_, _, Some(identity)) => of_identity(identity),
            // A quarter more, and not by one or two: what Theil–Sen asks of longer series.
            _ if last - first >= LEAST_GROWTH && (last - first) * 4 >= first => Behaviour::Grew,
            _ => Behaviour::Steady,
        }
    }

    /// Reads a difference, of whose two moments nothing else is known.
    #[must_use]
    pub(super) fn of_difference(goroutines: i64) -> Self {
        match goroutines {
            n if n >= LEAST_GROWTH => Behaviour::Grew,
            n if n <= 0 => Behaviour::Gone,
            _ => Behaviour::Steady,
        }
    }

    /// Whether it speaks for a leak.
    #[must_use]
    pub(super) fn grows(self) -> bool {
        matches!(
            self,
            Behaviour::Accumulating { .. } | Behaviour::PilingUp { .. } | Behaviour::Grew | Behaviour::Proven
        )
    }
}

fn of_identity(Identity { survivors, births, deaths }: Identity) -> Behaviour {
    let before = survivors + deaths;
    // Deaths below a fifth of births, and a fifth more goroutines than before.
    let piles_up = births >= LEAST && deaths * 5 <= births && births * 5 >= before;
    let stay = survivors * 2 >= before;
    if survivors >= LEAST && stay && piles_up {
        return Behaviour::Accumulating { strong: survivors >= STRONG_SURVIVORS };
    }
    if births * 20 <= before && deaths * 20 <= before {
        return Behaviour::Static;
    }
    if survivors >= LEAST && stay { Behaviour::Lingering } else { Behaviour::Traffic }
}

#[cfg(test)]
mod tests {
    use super::Behaviour::{self, *};
    use crate::compare::Identity;

    #[test]
    fn told_by_who_stayed() {
        let by_ids = |survivors, births, deaths| {
            let identity = Identity { survivors, births, deaths };
            Behaviour::of((survivors + deaths) as i64, (survivors + births) as i64, Some(identity))
        };
        assert_eq!(by_ids(25, 400, 0), Accumulating { strong: true });
        assert_eq!(by_ids(4, 5, 0), Accumulating { strong: false });
        assert_eq!(by_ids(10, 0, 0), Static);
        assert_eq!(by_ids(0, 30, 30), Traffic);
        assert_eq!(by_ids(20, 10, 10), Lingering);
        assert_eq!(by_ids(0, 12, 0), Appeared);
        assert_eq!(by_ids(0, 0, 12), Gone);
        // One came to a pool of twenty.
        assert_eq!(by_ids(20, 1, 0), Static);
        assert_eq!(by_ids(2, 40, 0), Traffic);
    }

    #[test]
    fn told_by_counts() {
        assert_eq!(Behaviour::of(10, 20, None), Grew);
        assert_eq!(Behaviour::of(10, 12, None), Steady);
        assert_eq!(Behaviour::of(100, 106, None), Steady);
        assert_eq!(Behaviour::of(20, 10, None), Steady);
    }
}
