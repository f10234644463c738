//! The wire format of protobuf, read without a copy (<https://protobuf.dev/programming-guides/encoding/>).

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A number of fixed width, which no field of a profile is.
    Fixed,
}

/// Why a field can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It says that it has more bytes than there are.
    Cut { number: u32, length: u64, left: usize },
    /// It isn't the format.
    Broken(&'static str),
}

type Result<T> = std::result::Result<T, Fault>;

/// The fields of a message, one after the other.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Fields { rest: message }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The number of the next field, and its value; none at the end.
    // There are many short ones: not to call anything for them takes a third less.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = u32::try_from(varint(&mut self.rest)?).map_err(|_| Fault::Broken("a field's key is too large"))?;
        let number = key >> 3;
        if number == 0 {
            return Err(Fault::Broken("a field has the number 0"));
        }
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.rest)?),
            1 => self.fixed(8)?,
            2 => {
                let (length, left) = (varint(&mut self.rest)?, self.rest.len());
                let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
                let (value, rest) = split.ok_or(Fault::Cut { number, length, left })?;
                self.rest = rest;
                Value::Bytes(value)
            }
            3 | 4 => return Err(Fault::Broken("groups are not part of it")),
            5 => self.fixed(4)?,
            _ => return Err(Fault::Broken("a field has a type that there isn't")),
        };
        Ok(Some((number, value)))
    }

    fn fixed(&mut self, bytes: usize) -> Result<Value<'a>> {
        self.rest = self.rest.get(bytes..).ok_or(Fault::Broken("it ends in the middle of a number"))?;
        Ok(Value::Fixed)
    }
}

impl<'a> Value<'a> {
    pub(super) fn number(self) -> Result<u64> {
        match self {
            Value::Number(number) => Ok(number),
            _ => Err(Fault::Broken("a number is no number")),
        }
    }

    pub(super) fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(Fault::Broken("a message is no message")),
        }
    }

    /// Adds the numbers of a repeated field: each may stand alone, or all as bytes.
    pub(super) fn numbers(self, mut each: impl FnMut(u64)) -> Result<()> {
        match self {
            Value::Number(number) => each(number),
            Value::Bytes(mut packed) => {
                while !packed.is_empty() {
                    each(varint(&mut packed)?);
                }
            }
            Value::Fixed => return Err(Fault::Broken("a number is no number")),
        }
        Ok(())
    }
}

/// Takes a number of seven bits a byte, lowest first.
#[inline(always)]
fn varint(rest: &mut &[u8]) -> Result<u64> {
    match *rest {
        [low @ ..0x80, after @ ..] => {
            *rest = after;
            Ok((*low).into())
        }
        [low, high @ ..0x80, after @ ..] => {
            *rest = after;
            Ok(u64::from(low & 0x7f) | u64::from(*high) << 7)
        }
        _ => long_varint(rest),
    }
}

fn long_varint(rest: &mut &[u8]) -> Result<u64> {
    let mut number = 0;
    for (at, byte) in rest.iter().enumerate().take(10) {
        if at == 9 && *byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            *rest = &rest[at + 1..];
            return Ok(number);
        }
    }
    Err(Fault::Broken(if rest.len() < 10 { "it ends in the middle of a number" } else { "a number is too large" }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::encoding::encode_varint;

    use super::{Fault, Fields, Value, varint};

    proptest! {
        #[test]
        fn numbers_are_read_as_they_are_written(number: u64) {
            let mut bytes = Vec::new();
            encode_varint(number, &mut bytes);
            prop_assert_eq!(varint(&mut &bytes[..]), Ok(number));
            bytes.pop();
            prop_assert!(varint(&mut &bytes[..]).is_err());
        }

        #[test]
        fn any_bytes_end(bytes: Vec<u8>) {
            let mut fields = Fields::of(&bytes);
            while let Ok(Some(_)) = fields.next() {}
        }
    }

    #[test]
    fn fields_and_faults() {
        let mut fields = Fields::of(b"\x08\x96\x01\x12\x02ab\x1dxxxx\x21xxxxxxxx\x22\x09x");
        assert_eq!(fields.next(), Ok(Some((1, Value::Number(150)))));
        assert_eq!(fields.next(), Ok(Some((2, Value::Bytes(b"ab")))));
        assert_eq!(fields.next(), Ok(Some((3, Value::Fixed))));
        assert_eq!(fields.next(), Ok(Some((4, Value::Fixed))));
        assert_eq!(fields.next(), Err(Fault::Cut { number: 4, length: 9, left: 1 }));
        for bad in
            [&b"\x00\x01"[..], b"\x0b", b"\x0f\x01", b"\x80", b"\x0dxxx", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"]
        {
            assert!(matches!(Fields::of(bad).next(), Err(Fault::Broken(_))), "{bad:?}");
        }
    }
}
