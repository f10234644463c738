//! The rules that are compiled in, each read when it is asked for: most fit nothing of an input.

use std::borrow::Cow;
use std::sync::OnceLock;

use prost::Message as _;

use super::name_pattern::PatternId;
use super::packed::{HEAD, NO_PATTERN, PackedRule, SCOPES, SHAPES};
use super::rule::Rule;
use super::{Rules, Shape, Signature};

/// Of each rule under `src/classify/signatures`, as `build/rules.rs` packed it, what selects it, and where it ends.
const HEADS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/signatures.idx"));
/// What tells whether it fits.
const CONDITIONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/signatures.pb"));
/// What is text of it: its id, all of it as JSON, and its wait states.
const TEXTS: &str = include_str!(concat!(env!("OUT_DIR"), "/signatures.txt"));

/// A rule's place among all.
pub(super) struct Entry {
    conditions: &'static [u8],
    texts: &'static str,
    /// The pattern that must match for the rule to be tried at all; none where no name selects it.
    pub(super) key: Option<PatternId>,
    signature: OnceLock<Box<Signature>>,
}

impl Entry {
    /// A rule that is read already.
    pub(super) fn of(signature: Signature) -> Self {
        let key = signature.patterns().next();
        Entry { conditions: &[], texts: "", key, signature: OnceLock::from(Box::new(signature)) }
    }

    pub(super) fn get(&self) -> &Signature {
        let read = || unpack(self.conditions, self.texts).unwrap_or_else(Signature::fits_nothing);
        self.signature.get_or_init(|| Box::new(read()))
    }
}

/// All of a rule, which is read when its conditions are met.
pub(super) struct Lazy {
    text: &'static str,
    rule: OnceLock<Box<Rule>>,
}

impl Lazy {
    pub(super) fn read(rule: Rule) -> Self {
        Lazy { text: "", rule: OnceLock::from(Box::new(rule)) }
    }

    pub(super) fn get(&self) -> &Rule {
        self.rule.get_or_init(|| serde_json::from_str(self.text).unwrap_or_default())
    }
}

impl Rules {
    /// The rules that are compiled in.
    ///
    /// A test holds that every one of them is good; one that weren't would fit nothing.
    #[must_use]
    pub fn built_in() -> Self {
        let mut rules = Rules::default();
        let (mut conditions, mut texts) = (CONDITIONS, TEXTS);
        let (heads, _) = HEADS.as_chunks::<HEAD>();
        rules.entries.reserve(heads.len());
        for [k0, k1, c0, c1, t0, t1, t2, t3] in heads {
            let (key, own) = (u16::from_le_bytes([*k0, *k1]), u16::from_le_bytes([*c0, *c1]));
            let text = u32::from_le_bytes([*t0, *t1, *t2, *t3]);
            let own = conditions.split_at_checked(own.into());
            let text = usize::try_from(text).ok().and_then(|text| texts.split_at_checked(text));
            let (Some(own), Some(text)) = (own, text) else { break };
            (conditions, texts) = (own.1, text.1);
            let key = if key == NO_PATTERN { None } else { PatternId::built_in(key.into()) };
            rules.entries.push(Entry { conditions: own.0, texts: text.0, key, signature: OnceLock::new() });
        }
        rules.index();
        rules
    }
}

impl Signature {
    /// What stands for a rule that can't be read: no goroutine is in a state without a name.
    fn fits_nothing() -> Self {
        Signature {
            id: Cow::Borrowed(""),
            states: vec![Cow::Borrowed("")],
            shapes: Vec::new(),
            scope: Default::default(),
            language: true,
            context: false,
            frames: Vec::new(),
            absent: Vec::new(),
            site: None,
            entry: None,
            creator: None,
            rule: Lazy::read(Rule::default()),
        }
    }
}

/// A rule; none where what was packed makes no sense.
fn unpack(conditions: &[u8], texts: &'static str) -> Option<Signature> {
    let packed = PackedRule::decode(conditions).ok()?;
    let mut rest = texts;
    let mut own = packed.texts.iter().map(|length| {
        let (text, others) = rest.split_at_checked(usize::try_from(*length).ok()?)?;
        rest = others;
        Some(text)
    });
    let (id, text) = (own.next()??, own.next()??);
    let states = own.map(|word| word.map(Cow::Borrowed)).collect::<Option<Vec<Cow<'static, str>>>>()?;
    let all = |numbers: &[u32]| numbers.iter().copied().map(PatternId::built_in).collect::<Option<Vec<PatternId>>>();
    let one = |number: Option<u32>| number.map_or(Some(None), |number| PatternId::built_in(number).map(Some));
    Some(Signature {
        id: Cow::Borrowed(id),
        states,
        shapes: packed.shapes.iter().map(|shape| word(&SHAPES, *shape)).collect::<Option<Vec<Shape>>>()?,
        scope: word(&SCOPES, packed.scope)?,
        language: packed.language,
        context: packed.context,
        frames: all(&packed.frames)?,
        absent: all(&packed.absent)?,
        site: one(packed.site)?,
        entry: one(packed.entry)?,
        creator: one(packed.creator)?,
        rule: Lazy { text, rule: OnceLock::new() },
    })
}

/// A value by the place of the name that it has in a rule.
fn word<T: serde::Deserialize<'static>>(names: &[&'static str], at: u32) -> Option<T> {
    let name = *names.get(usize::try_from(at).ok()?)?;
    T::deserialize(serde::de::IntoDeserializer::<serde::de::value::Error>::into_deserializer(name)).ok()
}
