//! The records of a profile.proto that there are many of, read into memory that is used again.

use super::wire::{Fault, Fields, Value};
use crate::profile_proto::{Label, Line};

type Result<T> = std::result::Result<T, Fault>;

/// A sample has no more labels than these; locations and values are no more than ten times as many: a number may take a byte
/// where it is read from, and eight where it is kept.
const MOST: usize = 1 << 20;

/// Goroutines with one stack and one set of labels.
#[derive(Default)]
pub(super) struct Sample {
    /// Ids, leaf first.
    pub(super) locations: Vec<u64>,
    pub(super) values: Vec<i64>,
    pub(super) labels: Vec<Label>,
}

impl Sample {
    /// Reads another in its place.
    pub(super) fn read(&mut self, message: &[u8]) -> Result<()> {
        self.locations.clear();
        self.values.clear();
        self.labels.clear();
        each(message, |number, value| {
            let packed = if let Value::Bytes(packed) = value { packed.len() } else { 1 };
            match number {
                1 | 2 if self.locations.len() + self.values.len() + packed > 10 * MOST => {
                    return Err(Fault::Broken("a sample has more numbers than any goroutine has frames"));
                }
                3 if self.labels.len() == MOST => return Err(Fault::Broken("a sample has more than a million labels")),
                1 => value.numbers(|id| self.locations.push(id))?,
                2 => value.numbers(|value| self.values.push(value as i64))?,
                3 => self.labels.push(label(value.bytes()?)?),
                _ => {}
            }
            Ok(())
        })
    }
}

fn label(message: &[u8]) -> Result<Label> {
    let mut label = Label::default();
    each(message, |number, value| {
        match number {
            1 => label.key = value.number()? as i64,
            2 => label.str = value.number()? as i64,
            3 => label.num = value.number()? as i64,
            4 => label.num_unit = value.number()? as i64,
            _ => {}
        }
        Ok(())
    })?;
    Ok(label)
}

/// A function; names are places in the string table.
#[derive(Default)]
pub(super) struct Function {
    pub(super) id: u64,
    pub(super) name: i64,
    pub(super) file: i64,
    pub(super) start_line: i64,
}

impl Function {
    pub(super) fn read(message: &[u8]) -> Result<Self> {
        let mut function = Function::default();
        each(message, |number, value| {
            match number {
                1 => function.id = value.number()?,
                2 => function.name = value.number()? as i64,
                4 => function.file = value.number()? as i64,
                5 => function.start_line = value.number()? as i64,
                3 => _ = value.number()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(function)
    }
}

/// A place in the program's code.
#[derive(Default)]
pub(super) struct Location {
    pub(super) id: u64,
    pub(super) address: u64,
}

impl Location {
    /// Reads one and adds its lines, innermost first, to those of others.
    pub(super) fn read(message: &[u8], lines: &mut Vec<Line>) -> Result<Self> {
        let (mut location, before) = (Location::default(), lines.len());
        let read = each(message, |number, value| {
            match number {
                1 => location.id = value.number()?,
                3 => location.address = value.number()?,
                4 => lines.push(line(value.bytes()?)?),
                2 | 5 => _ = value.number()?,
                _ => {}
            }
            Ok(())
        });
        if read.is_err() {
            lines.truncate(before);
        }
        read.map(|()| location)
    }
}

fn line(message: &[u8]) -> Result<Line> {
    let mut line = Line::default();
    each(message, |number, value| {
        match number {
            1 => line.function_id = value.number()?,
            2 => line.line = value.number()? as i64,
            3 => _ = value.number()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(line)
}

/// Calls `field` with every field of a message.
fn each<'a>(message: &'a [u8], mut field: impl FnMut(u32, Value<'a>) -> Result<()>) -> Result<()> {
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.next()? {
        field(number, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use prost::Message;
    use prost::encoding::encode_varint;

    use super::{Function, Location, MOST, Sample};
    use crate::profile_proto as pb;

    #[test]
    fn a_sample_is_bounded() {
        let mut sample = Sample::default();
        let mut of = |field: u8, bytes: usize| {
            let mut message = vec![field << 3 | 2];
            encode_varint(bytes as u64, &mut message);
            message.resize(message.len() + bytes, 1);
            sample.read(&message).is_ok()
        };
        assert_eq!((of(1, 10 * MOST), of(1, 10 * MOST + 1), of(2, 10 * MOST + 1)), (true, false, false));
        // An empty label takes two bytes.
        let labels = |count: usize| b"\x1a\x00".repeat(count);
        assert_eq!((sample.read(&labels(MOST)).is_ok(), sample.read(&labels(MOST + 1)).is_ok()), (true, false));
    }

    proptest! {
        /// What the protobuf library writes is read as it was meant.
        #[test]
        fn as_the_library_writes_it(
            ids in vec(any::<u64>(), 0..9), values in vec(any::<i64>(), 0..3), numbers: [i64; 4], id: u64, address: u64
        ) {
            let [key, str, num, num_unit] = numbers;
            let label = pb::Label { key, str, num, num_unit };
            let written = pb::Sample { location_id: ids.clone(), value: values.clone(), label: vec![label; 2] };
            let mut sample = Sample::default();
            for _ in 0..2 {
                sample.read(&written.encode_to_vec()).expect("a sample");
                prop_assert_eq!((&sample.locations, &sample.values, &sample.labels), (&ids, &values, &vec![label; 2]));
            }

            let function = pb::Function { id, name: key, system_name: str, filename: num, start_line: num_unit };
            let read = Function::read(&function.encode_to_vec()).expect("a function");
            prop_assert_eq!((read.id, read.name, read.file, read.start_line), (id, key, num, num_unit));

            let line = pb::Line { function_id: id, line: key, ..Default::default() };
            let location = pb::Location { id, address, line: vec![line; 3], ..Default::default() };
            let mut lines = vec![pb::Line::default()];
            let read = Location::read(&location.encode_to_vec(), &mut lines).expect("a location");
            prop_assert_eq!((read.id, read.address), (id, address));
            prop_assert_eq!(&lines[1..], &[line; 3]);
        }

        /// What the library refuses, or reads otherwise, is never read as something else.
        #[test]
        fn as_the_library_reads_it(bytes in vec(any::<u8>(), 0..40)) {
            let mut sample = Sample::default();
            if sample.read(&bytes).is_ok() {
                let library = pb::Sample::decode(&bytes[..]).expect("what we read");
                prop_assert_eq!(library.location_id, sample.locations);
                prop_assert_eq!(library.value, sample.values);
                prop_assert_eq!(library.label, sample.labels);
            }
            let mut lines = Vec::new();
            if let Ok(location) = Location::read(&bytes, &mut lines) {
                let library = pb::Location::decode(&bytes[..]).expect("what we read");
                prop_assert_eq!((library.id, library.address), (location.id, location.address));
                prop_assert_eq!(library.line, lines);
            }
            if let Ok(function) = Function::read(&bytes) {
                let library = pb::Function::decode(&bytes[..]).expect("what we read");
                let numbers = (library.id, library.name, library.filename, library.start_line);
                prop_assert_eq!(numbers, (function.id, function.name, function.file, function.start_line));
            }
        }
    }
}
