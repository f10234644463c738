//! profile.proto, `debug=0` (runtime/pprof/proto.go; <https://github.com/google/pprof/blob/main/proto/profile.proto>).
//!
//! Go writes the string table last, so the profile is walked twice: first for types, strings, functions and locations,
//! then for samples, one at a time into one reused message.

use std::cell::Cell;
use std::hash::BuildHasher;
use std::io::Read;
use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use prost::Message;

use super::converted::Converted;
use super::numbered::Numbered;
use super::records::{Function, Location, Sample};
use super::stack::{MAX_FRAMES, RawFrame, shared_stack};
use super::wire::{Fault, Fields, Value};
use super::{GROUP_BYTES, Options, converted, go_version, leaf_state, too_many_stacks};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::input;
use crate::model::{
    Format, FrameId, GroupKey, MAX_GOROUTINES, ProfileKind, Snapshot, SnapshotBuilder, SnapshotInfo, StrId, Symbols,
    WarningCode,
};
use crate::profile_proto::{self as pb, CONVERTED, MARKS_KNOWN};

/// Field numbers of Profile.
mod field {
    pub(super) const SAMPLE_TYPE: u32 = 1;
    pub(super) const SAMPLE: u32 = 2;
    pub(super) const LOCATION: u32 = 4;
    pub(super) const FUNCTION: u32 = 5;
    pub(super) const STRING: u32 = 6;
    pub(super) const TIME_NANOS: u32 = 9;
    pub(super) const DURATION_NANOS: u32 = 10;
    pub(super) const COMMENT: u32 = 13;
}

/// There is room for so many frames of stacks at first: where there are more samples, most share theirs.
const MOST_FRAMES: usize = 1 << 13;

/// A length beyond this is no cut but nonsense.
const MAX_FIELD: u64 = 1 << 20;

/// Reads a profile.
pub(super) fn read(reader: impl Read, name: &str, symbols: &mut Symbols, options: &Options) -> Result<Snapshot> {
    let mut bytes = Vec::new();
    let limit = options.max_proto_bytes;
    let damage = match reader.take(limit + 1).read_to_end(&mut bytes).map_err(input::as_kind) {
        Ok(_) => None,
        Err(ErrorKind::Packed(what)) => Some(what),
        Err(kind) => return Err(Error::new(name, kind)),
    };
    if bytes.len() as u64 > limit {
        return Err(Error::new(name, ErrorKind::TooLarge(format!("a profile.proto of more than {} MiB", limit >> 20))));
    }
    let recoded_before = symbols.recoded();
    let read = Profile { bytes: &bytes, name, end: Cell::default() }.read(symbols, options).map(|mut snapshot| {
        let recoded = symbols.recoded() - recoded_before;
        snapshot.info.warnings.add_many_if(WarningCode::OtherEncoding, Place::Whole, recoded, || {
            "names or labels that are no UTF-8 were read as Windows-1252".into()
        });
        snapshot
    });
    let Some(what) = damage else { return read };
    let warning = format!("damaged gzip or zstd data ({what}): all counts are lower bounds");
    read.map_err(|_| {
        let hint = "the profile was not written or copied to its end: capture it again";
        Error::new(name, ErrorKind::Packed(what)).hint(hint)
    })
    .map(|mut snapshot| {
        snapshot.info.warnings.add(WarningCode::DamagedPacking, Place::Offset(bytes.len() as u64), || warning);
        snapshot
    })
}

/// One field of a message.
struct Field<'a> {
    number: u32,
    /// Where its value begins.
    offset: usize,
    value: Value<'a>,
}

struct Profile<'a> {
    bytes: &'a [u8],
    name: &'a str,
    /// Where the field begins that the end of the data cuts.
    end: Cell<Option<usize>>,
}

/// A place in the program, with the calls that were inlined there.
struct Spot {
    /// Where it stands in the profile.
    offset: usize,
    address: u64,
    /// In [`Tables::lines`], innermost first.
    lines: Range<usize>,
}

/// Everything but the samples.
#[derive(Default)]
struct Tables<'a> {
    types: Vec<pb::ValueType>,
    strings: Vec<&'a [u8]>,
    samples: usize,
    sample_bytes: usize,
    functions: Numbered<Function>,
    locations: Numbered<Spot>,
    /// Of all locations.
    lines: Vec<pb::Line>,
    time_nanos: i64,
    duration_nanos: i64,
    /// Indices of strings.
    comments: Vec<u64>,
    /// Where the first function or location stands that can't be read, and how many can't.
    unreadable: Option<(usize, u64)>,
}

impl Tables<'_> {
    fn has_comment(&self, text: &str) -> bool {
        let comment = |index: &u64| usize::try_from(*index).ok().and_then(|at| self.strings.get(at)).copied();
        self.comments.iter().filter_map(comment).any(|comment| comment == text.as_bytes())
    }

    /// About how many bytes they take: a record of two bytes may become one of forty.
    fn bytes(&self) -> usize {
        self.strings.len() * size_of::<&[u8]>()
            + self.functions.len() * size_of::<Function>()
            + self.locations.len() * size_of::<Spot>()
            + self.lines.len() * size_of::<pb::Line>()
            + self.comments.len() * size_of::<u64>()
    }

    /// A damaged message is left out; what refers to it shows that.
    fn leave_out(&mut self, offset: usize) {
        self.unreadable.get_or_insert((offset, 0)).1 += 1;
    }
}

/// What stands for a function whose record can't be read.
const UNREADABLE: &str = "(unreadable)";

impl<'a> Profile<'a> {
    fn error(&self, offset: usize, what: impl Into<String>) -> Error {
        Error::new(self.name, ErrorKind::Proto(what.into()))
            .at(Place::Offset(offset as u64))
            .hint("the profile is cut or damaged: capture it again")
    }

    /// Calls `each` with every field of the profile.
    fn fields(&self, mut each: impl FnMut(Field<'a>) -> Result<()>) -> Result<()> {
        let mut fields = Fields::of(self.bytes);
        loop {
            let offset = self.bytes.len() - fields.left();
            match fields.next() {
                Ok(Some((number, value))) => each(Field { number, offset, value })?,
                Ok(None) => return Ok(()),
                // Names stand at the end: what is whole before it is goroutines, if it is anything.
                Err(Fault::Cut { number, length, .. }) if length < MAX_FIELD && number <= field::STRING => {
                    self.end.set(Some(offset));
                    return Ok(());
                }
                Err(fault) => return Err(self.fault(offset, fault)),
            }
        }
    }

    fn fault(&self, offset: usize, fault: Fault) -> Error {
        match fault {
            Fault::Cut { number, length, left } => {
                self.error(offset, format!("field {number} says it has {length} bytes, {left} are left"))
            }
            Fault::Broken(what) => self.error(offset, what),
        }
    }

    fn message<M: Message + Default>(&self, bytes: &[u8], offset: usize) -> Result<M> {
        M::decode(bytes).map_err(|e| self.error(offset, e.to_string()))
    }

    fn tables(&self, options: &Options) -> Result<Tables<'a>> {
        let mut tables = Tables::default();
        self.fields(|field| {
            match (field.number, field.value) {
                (field::SAMPLE_TYPE, Value::Bytes(b)) => tables.types.push(self.message(b, field.offset)?),
                (field::STRING, Value::Bytes(b)) => tables.strings.push(b),
                (field::SAMPLE, Value::Bytes(b)) => {
                    tables.samples += 1;
                    tables.sample_bytes += b.len();
                }
                (field::FUNCTION, Value::Bytes(b)) => match Function::read(b) {
                    Ok(function) => tables.functions.insert(function.id, function),
                    Err(_) => tables.leave_out(field.offset),
                },
                (field::LOCATION, Value::Bytes(b)) => {
                    let start = tables.lines.len();
                    match Location::read(b, &mut tables.lines) {
                        Ok(Location { id, address }) => {
                            let lines = start..tables.lines.len();
                            tables.locations.insert(id, Spot { offset: field.offset, address, lines });
                        }
                        Err(_) => tables.leave_out(field.offset),
                    }
                }
                (field::TIME_NANOS, Value::Number(n)) => tables.time_nanos = n as i64,
                (field::DURATION_NANOS, Value::Number(n)) => tables.duration_nanos = n as i64,
                (field::COMMENT, value) => {
                    let comments = &mut tables.comments;
                    value.numbers(|n| comments.push(n)).map_err(|fault| self.fault(field.offset, fault))?;
                }
                _ => {}
            }
            if tables.bytes() > options.max_symbol_bytes {
                return Err(too_many_stacks(self.name, options).at(Place::Offset(field.offset as u64)));
            }
            Ok(())
        })?;
        if tables.strings.first().is_some_and(|s| !s.is_empty()) {
            return Err(self.error(0, "its first string is not empty"));
        }
        Ok(tables)
    }

    fn read(&self, symbols: &mut Symbols, options: &Options) -> Result<Snapshot> {
        let tables = self.tables(options)?;
        let (value_index, kind) = self.goroutine_type(&tables)?;
        let mut info = SnapshotInfo::new(self.name, 1, Format::Pprof);
        info.profile = kind;
        info.captured_at = (tables.time_nanos != 0).then_some(tables.time_nanos);
        info.delta = tables.duration_nanos != 0;
        info.duration_nanos = tables.duration_nanos;
        if let Some((offset, count)) = tables.unreadable {
            info.warnings.add_many(WarningCode::BadRecord, Place::Offset(offset as u64), count, || {
                format!("a function or location of the profile is damaged; {UNREADABLE} stands where it belongs")
            });
        }
        if let Some(end) = self.end.get() {
            info.warnings.add(WarningCode::Truncated, Place::Offset(end as u64), || {
                format!("the profile is cut: counts are lower bounds, and {UNREADABLE} stands for what came after")
            });
        }
        symbols.reserve_strings(tables.strings.len());
        symbols.reserve_functions(tables.functions.len());
        symbols.reserve_frames(tables.lines.len());
        // An id of a frame takes a byte or two.
        symbols.reserve_stacks((tables.sample_bytes / 2).min(MOST_FRAMES));
        let mut reader = Samples {
            profile: self,
            frames: Frames {
                profile: self,
                tables: &tables,
                strings: vec![None; tables.strings.len()],
                frames: Vec::new(),
                by_location: Numbered::default(),
                lost: None,
            },
            scratch: Scratch::default(),
            builder: SnapshotBuilder::new(info).keep_samples(options.keep_samples).with_room(tables.samples),
            converted: tables.has_comment(CONVERTED).then(|| tables.has_comment(MARKS_KNOWN)),
            stacks: HashTable::new(),
            stack_ids: Vec::new(),
            hasher: RandomState::default(),
            value_index,
            kind,
            labels: Vec::new(),
            total: 0,
        };
        let mut sample = Sample::default();
        self.fields(|field| {
            let (field::SAMPLE, Value::Bytes(bytes)) = (field.number, field.value) else { return Ok(()) };
            sample.read(bytes).map_err(|fault| self.fault(field.offset, fault))?;
            if sample.values.len() != tables.types.len() {
                let (has, wants) = (sample.values.len(), tables.types.len());
                return Err(self.error(field.offset, format!("a sample has {has} values for {wants} sample types")));
            }
            reader.sample(&sample, field.offset, symbols)?;
            if symbols.bytes() + reader.builder.len() * GROUP_BYTES > options.max_symbol_bytes {
                return Err(too_many_stacks(self.name, options).at(Place::Offset(field.offset as u64)));
            }
            Ok(())
        })?;
        let lost = reader.frames.lost;
        let mut snapshot = reader.builder.finish();
        if let Some((offset, count)) = lost {
            snapshot.info.warnings.add_many(WarningCode::Truncated, Place::Offset(offset as u64), count, || {
                format!("names are missing, as where a profile is cut: {UNREADABLE} stands for them")
            });
        }
        snapshot.info.delta |= snapshot.groups.iter().any(|g| g.count < 0);
        snapshot.info.go_version = go_version::of(&snapshot, symbols);
        Ok(snapshot)
    }

    /// Which of a sample's values counts goroutines.
    fn goroutine_type(&self, tables: &Tables<'a>) -> Result<(usize, ProfileKind)> {
        let mut names = Vec::new();
        for (i, value_type) in tables.types.iter().enumerate() {
            let name = usize::try_from(value_type.r#type).ok().and_then(|i| tables.strings.get(i)).copied();
            match name {
                Some(b"goroutine") => return Ok((i, ProfileKind::Goroutine)),
                Some(b"goroutineleak") => return Ok((i, ProfileKind::GoroutineLeak)),
                Some(name) => names.push(String::from_utf8_lossy(name).into_owned()),
                None => {
                    return Err(
                        self.error(0, format!("a sample type refers to string {}, which it lacks", value_type.r#type))
                    );
                }
            }
        }
        let what = if names.is_empty() {
            "a profile without sample types".to_owned()
        } else {
            format!("a profile of {}", names.join(", "))
        };
        Err(Error::new(self.name, ErrorKind::NotGoroutines(format!("{what}, not of goroutines")))
            .hint("capture /debug/pprof/goroutine"))
    }
}

/// Frames by location, interned when a sample first needs them.
struct Frames<'a> {
    profile: &'a Profile<'a>,
    tables: &'a Tables<'a>,
    strings: Vec<Option<StrId>>,
    /// All frames, location by location.
    frames: Vec<RawFrame>,
    by_location: Numbered<Range<usize>>,
    /// Where the first name is referred to that the profile lacks, and how many are.
    lost: Option<(usize, u64)>,
}

impl Frames<'_> {
    fn string(&mut self, index: i64, offset: usize, symbols: &mut Symbols) -> Result<StrId> {
        let at = usize::try_from(index).ok().filter(|at| *at < self.strings.len());
        let Some(at) = at else {
            self.lost.get_or_insert((offset, 0)).1 += 1;
            return Ok(symbols.string(UNREADABLE));
        };
        Ok(*self.strings[at].get_or_insert_with(|| symbols.string_of(self.tables.strings[at])))
    }

    /// Something of the profile is missing because of damage.
    fn is_damaged(&self) -> bool {
        self.tables.unreadable.is_some() || self.profile.end.get().is_some()
    }

    fn unreadable(&self, symbols: &mut Symbols) -> RawFrame {
        let (function, file) = (symbols.function(UNREADABLE), symbols.string(""));
        RawFrame::new(function, file, 0, false, symbols)
    }

    /// The frames of a location, innermost first.
    fn of(&mut self, location_id: u64, sample: usize, symbols: &mut Symbols) -> Result<&[RawFrame]> {
        let range = match self.by_location.get(location_id) {
            Some(range) => range.clone(),
            None => {
                let start = self.frames.len();
                self.read(location_id, sample, symbols)?;
                self.by_location.insert(location_id, start..self.frames.len());
                start..self.frames.len()
            }
        };
        Ok(&self.frames[range])
    }

    /// Adds the frames of a location.
    fn read(&mut self, location_id: u64, sample: usize, symbols: &mut Symbols) -> Result<()> {
        let Some(location) = self.tables.locations.get(location_id) else {
            if self.is_damaged() {
                self.frames.push(self.unreadable(symbols));
                return Ok(());
            }
            return Err(self
                .profile
                .error(sample, format!("a sample refers to location {location_id}, which is missing")));
        };
        let lines = &self.tables.lines[location.lines.clone()];
        if lines.is_empty() {
            // Not symbolised: the address is all there is.
            let function = symbols.function(&format!("{:#x}", location.address));
            let file = symbols.string("");
            self.frames.push(RawFrame::new(function, file, 0, false, symbols));
            return Ok(());
        }
        for (i, line) in lines.iter().enumerate() {
            let Some(function) = self.tables.functions.get(line.function_id) else {
                if self.is_damaged() {
                    self.frames.push(self.unreadable(symbols));
                    continue;
                }
                let what = format!("location {location_id} refers to function {}, which is missing", line.function_id);
                return Err(self.profile.error(location.offset, what));
            };
            let name = self.string(function.name, location.offset, symbols)?;
            let file = self.string(function.file, location.offset, symbols)?;
            let named = match symbols.str(name) {
                // Different functions stay different groups.
                UNREADABLE => symbols.function(&format!("{UNREADABLE} {}", line.function_id)),
                _ => symbols.function_spelled(name),
            };
            let (number, inlined) = (u32::try_from(line.line).unwrap_or(0), i + 1 < lines.len());
            self.frames.push(RawFrame {
                start_line: u32::try_from(function.start_line).unwrap_or(0),
                ..RawFrame::new(named, file, number, inlined, symbols)
            });
        }
        Ok(())
    }
}

/// What one sample's frames are put together in.
#[derive(Default)]
struct Scratch {
    frames: Vec<RawFrame>,
    ids: Vec<FrameId>,
}

struct Samples<'a> {
    profile: &'a Profile<'a>,
    frames: Frames<'a>,
    scratch: Scratch,
    builder: SnapshotBuilder,
    /// Whether `unpark convert` made it; then whether the marks of its states are complete.
    converted: Option<bool>,
    /// Index into `stack_ids` and group, by the list of location ids.
    stacks: HashTable<(Range<usize>, usize)>,
    stack_ids: Vec<u64>,
    hasher: RandomState,
    value_index: usize,
    kind: ProfileKind,
    labels: Vec<(StrId, StrId)>,
    /// Goroutines so far, whatever their sign.
    total: i64,
}

impl Samples<'_> {
    fn sample(&mut self, sample: &Sample, offset: usize, symbols: &mut Symbols) -> Result<()> {
        if let Some(marks_known) = self.converted {
            self.read_labels(sample, offset, symbols)?;
            let said = converted::take(&mut self.labels, marks_known, symbols);
            let at = self.group(sample, offset, &said, symbols)?;
            return self.count(sample, at, said.wait_minutes, offset);
        }
        let hash = self.hasher.hash_one(&sample.locations);
        let ids = &self.stack_ids;
        let known = self.stacks.find(hash, |(range, _)| ids[range.clone()] == sample.locations);
        let at = match known {
            Some((_, group)) => *group,
            None => {
                let group = self.group(sample, offset, &Converted::default(), symbols)?;
                let start = self.stack_ids.len();
                self.stack_ids.extend_from_slice(&sample.locations);
                let (ids, hasher) = (&self.stack_ids, &self.hasher);
                self.stacks
                    .insert_unique(hash, (start..ids.len(), group), |(range, _)| hasher.hash_one(&ids[range.clone()]));
                group
            }
        };
        self.read_labels(sample, offset, symbols)?;
        self.count(sample, at, None, offset)
    }

    /// Adds a sample's goroutines to a group.
    fn count(&mut self, sample: &Sample, group: usize, wait_minutes: Option<u32>, offset: usize) -> Result<()> {
        let value = sample.values.get(self.value_index).copied().unwrap_or(0);
        let total = value.checked_abs().and_then(|value| self.total.checked_add(value));
        let Some(total) = total.filter(|total| *total <= MAX_GOROUTINES) else {
            return Err(self.profile.error(offset, "its values add up to more goroutines than there can be"));
        };
        self.total = total;
        self.builder.group_mut(group).add_counted(&self.labels, wait_minutes, value);
        Ok(())
    }

    fn group(&mut self, sample: &Sample, offset: usize, said: &Converted, symbols: &mut Symbols) -> Result<usize> {
        let Scratch { frames, ids } = &mut self.scratch;
        frames.clear();
        for location in &sample.locations {
            frames.extend_from_slice(self.frames.of(*location, offset, symbols)?);
            if frames.len() > MAX_FRAMES {
                return Err(self.profile.error(offset, "a sample has more than a million frames"));
            }
        }
        let leaf = leaf_state::from_frames(frames, symbols);
        let mut state = leaf.state;
        // The runtime's own leak proof; the record without frames isn't a goroutine that it speaks of.
        state.leaked = (self.kind == ProfileKind::GoroutineLeak).then_some(!frames.is_empty());
        let state = said.state.unwrap_or(state);
        let stack = shared_stack(frames, symbols, ids);
        Ok(self.builder.group(GroupKey { state, stack, creator: said.creator }, said.receive.or(leaf.receive)))
    }

    fn read_labels(&mut self, sample: &Sample, offset: usize, symbols: &mut Symbols) -> Result<()> {
        self.labels.clear();
        for label in &sample.labels {
            let key = self.frames.string(label.key, offset, symbols)?;
            let value = if label.str != 0 || label.num == 0 {
                self.frames.string(label.str, offset, symbols)?
            } else {
                let unit = self.frames.string(label.num_unit, offset, symbols)?;
                let text = format!("{}{}", label.num, symbols.str(unit));
                symbols.string(&text)
            };
            self.labels.push((key, value));
        }
        // A goroutine carries a label once.
        if self.labels.len() > 1 {
            self.labels.sort_unstable();
            self.labels.dedup();
        }
        Ok(())
    }
}
