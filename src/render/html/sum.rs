//! A sum of merged groups as the page has it: a row of numbers, since there may be ten thousands.

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::data::Entry;

/// A sum. Its row is node, state, verdict, package, groups and goroutines; then the list of its names, goroutines by moment
/// (where there are several), findings and labels, of which those at the end that are empty are left out.
pub(super) struct Sum {
    pub(super) entry: Entry,
    /// How many groups it adds up.
    pub(super) groups: usize,
    /// The numbers of its names, as [`super::hidden`] writes them.
    pub(super) names: String,
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entry { n, s, v, p, c, k, f, l, .. } = &self.entry;
        let moments = if k.len() > 1 { &k[..] } else { &[] };
        let more = [!self.names.is_empty(), !moments.is_empty(), !f.is_empty(), !l.is_empty()];
        let more = more.iter().rposition(|filled| *filled).map_or(0, |last| last + 1);
        let mut row = serializer.serialize_seq(Some(6 + more))?;
        for place in [n, s, v, p, &self.groups] {
            row.serialize_element(place)?;
        }
        row.serialize_element(c)?;
        for i in 0..more {
            match i {
                0 => row.serialize_element(&self.names)?,
                1 => row.serialize_element(moments)?,
                2 => row.serialize_element(f)?,
                _ => row.serialize_element(l)?,
            }
        }
        row.end()
    }
}
