//! Several files at once, each by a thread of its own.

use std::thread;

use super::{GROUP_BYTES, Options, read};
use crate::error::Result;
use crate::input::{ReadHook, Source, Threads};
use crate::model::{Snapshot, Symbols};

/// Files of so many bytes are worth a thread.
const LARGE: u64 = 256 << 10;

/// Reads all snapshots of each source, in their order: what comes out, ids of symbols included, is the same as if they had
/// been read one by one. `hook` sees the packed bytes of what this thread reads.
///
/// Text is read by several threads too (`chunks.rs`), but what is packed unpacks in one piece, and a profile.proto is
/// held whole. Files are read together that are about as large: beside a small one, a large text would have half of the
/// threads and take longer.
pub fn read_each(
    sources: &[&Source],
    symbols: &mut Symbols,
    options: &Options,
    hook: ReadHook<'_>,
) -> Vec<Result<Vec<Snapshot>>> {
    let mut all = Vec::with_capacity(sources.len());
    let mut rest = sources;
    while let [first, others @ ..] = rest {
        let size = if others.is_empty() { None } else { large(first) };
        let is_alike = |other: &&&Source| large(other).zip(size).is_some_and(|(a, b)| a / 2 <= b && b / 2 <= a);
        let alike = others.iter().take_while(is_alike).take(Threads::MOST - 1).count();
        let threads = if alike > 0 { options.threads.count() } else { 1 };
        let (batch, after) = rest.split_at((1 + alike).min(threads));
        if batch.len() > 1 {
            all.extend(at_once(batch, symbols, options, hook));
        } else {
            all.push(read(first, symbols, options, hook));
        }
        rest = after;
    }
    all
}

/// The size of a file that is worth a thread.
fn large(source: &Source) -> Option<u64> {
    let Source::Path(path) = source else { return None };
    let meta = path.metadata().ok()?;
    (meta.is_file() && meta.len() >= LARGE).then_some(meta.len())
}

/// Reads files at once, each into symbols of its own.
fn at_once(
    batch: &[&Source],
    symbols: &mut Symbols,
    options: &Options,
    hook: ReadHook<'_>,
) -> Vec<Result<Vec<Snapshot>>> {
    let own = Options {
        threads: Threads::new(Some(options.threads.count() / batch.len())),
        max_symbol_bytes: options.max_symbol_bytes / batch.len(),
        ..options.clone()
    };
    let alone = |source: &Source, mut symbols: Symbols, hook: ReadHook<'_>| {
        read(source, &mut symbols, &own, hook).ok().map(|snapshots| (snapshots, symbols))
    };
    let found = thread::scope(|scope| {
        let others: Vec<_> = batch[1..]
            .iter()
            .map(|source| {
                let symbols = symbols.beside();
                let thread = thread::Builder::new().name("file".into());
                thread.spawn_scoped(scope, || alone(source, symbols, &|bytes, _| bytes))
            })
            .collect();
        let mut found = vec![alone(batch[0], symbols.beside(), hook)];
        found.extend(others.into_iter().map(|thread| thread.ok()?.join().ok()?));
        found
    });
    let put_together = |(source, found): (&&Source, Option<(Vec<Snapshot>, Symbols)>)| match found {
        Some((mut snapshots, own)) if fits(&snapshots, &own, symbols, options) => {
            let moved = symbols.absorb(&own);
            snapshots.iter_mut().for_each(|snapshot| snapshot.move_to(&moved));
            Ok(snapshots)
        }
        // What is wrong with it, or whether it is only too much for its share, is told when it is read alone.
        _ => read(source, symbols, options, hook),
    };
    batch.iter().zip(found).map(put_together).collect()
}

fn fits(snapshots: &[Snapshot], own: &Symbols, symbols: &Symbols, options: &Options) -> bool {
    let groups: usize = snapshots.iter().map(|snapshot| snapshot.groups.len()).sum();
    symbols.bytes() + own.bytes() + groups * GROUP_BYTES <= options.max_symbol_bytes
}
