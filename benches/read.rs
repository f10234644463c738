//! How fast profiles are read and compared. `benches/README.md` tells what is measured.

#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod generator;

use std::hint::black_box;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use unpark::classify::signature::Rules;
use unpark::input::{MAX_UNPACKED, unpack};
use unpark::model::{Snapshot, Symbols};
use unpark::parse::{Options, read_unpacked};
use unpark::report::{Selection, Wanted, diff};

use generator::Input;

/// Goroutines of each large input.
const GOROUTINES: usize = 20_000;

/// How many goroutines end, and how many begin, between the two moments of the comparison.
const CHANGED: usize = 2_000;

/// Distinct stacks of the dump that debug=2 inputs are made from.
const DEBUG2_GROUPS: usize = 208;

/// Reads the one snapshot of an input.
fn read(input: &Input, symbols: &mut Symbols, options: &Options) -> Snapshot {
    let plain = unpack(Box::new(Cursor::new(Arc::clone(&input.bytes))), MAX_UNPACKED, "bench").expect("unpacks");
    let mut snapshots = read_unpacked(plain, "bench", symbols, options).expect("a profile");
    let snapshot = snapshots.pop().expect("a snapshot");
    assert!(snapshots.is_empty(), "one snapshot");
    snapshot
}

/// Reads an input once, and proves that all of it is found; returns the number of groups.
fn check(input: &Input) -> usize {
    let snapshot = read(input, &mut Symbols::new(), &Options::default());
    assert!(snapshot.complete(), "{:?}", snapshot.info.warnings);
    assert_eq!(snapshot.goroutines(), input.goroutines as i64);
    snapshot.groups.len()
}

/// Reading, by format.
fn reading(c: &mut Criterion) {
    let (debug2, debug1) = (generator::debug2(GOROUTINES), generator::debug1(GOROUTINES));
    let (proto, labelled) = (generator::proto(), generator::proto_with(GOROUTINES));
    let mut distinct = Vec::new();
    generator::write_distinct(GOROUTINES, &mut distinct).expect("memory takes all");
    let distinct = Input::plain(distinct, GOROUTINES as u64);
    assert_eq!(check(&distinct), GOROUTINES);
    assert_eq!((debug2.goroutines, debug1.goroutines), (GOROUTINES as u64, GOROUTINES as u64));
    assert_eq!(check(&debug2), DEBUG2_GROUPS);
    // Labels make no groups.
    assert_eq!(check(&debug1), check(&generator::debug1_real()));
    assert_eq!(check(&proto), check(&labelled));

    let mut group = c.benchmark_group("read");
    group.sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    for (name, input) in [
        ("debug2", debug2),
        ("debug2-distinct", distinct),
        ("debug1", debug1),
        ("proto", proto),
        ("proto-labelled", labelled),
    ] {
        let long = input.plain_bytes > 1 << 20;
        group.sampling_mode(if long { SamplingMode::Flat } else { SamplingMode::Auto });
        group.throughput(Throughput::ElementsAndBytes { elements: input.goroutines, bytes: input.plain_bytes });
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut symbols = Symbols::new();
                (read(black_box(&input), &mut symbols, &Options::default()), symbols)
            });
        });
    }
    group.finish();
}

/// Comparing two moments of one program that are read already: goroutines ended, others began, all stacks stayed.
fn comparing(c: &mut Criterion) {
    let options = Options::default();
    let mut symbols = Symbols::new();
    let [before, after] = [0, CHANGED].map(|first| {
        let input = generator::debug2_moment(first..first + GOROUTINES - 1);
        assert_eq!(check(&input), DEBUG2_GROUPS);
        read(&input, &mut symbols, &options)
    });
    let selection = Selection::default();
    let rules = Rules::built_in();
    let wanted = Wanted { rules: &rules, selection: &selection, by: None, labels: true, frames: true, source: None };
    let report = diff(before.clone(), after.clone(), &symbols, wanted);
    assert_eq!((report.groups.len(), report.summary.goroutines), (DEBUG2_GROUPS, GOROUTINES as i64));
    let births: u64 = report.groups.iter().filter_map(|g| g.identity.as_ref()).map(|i| i.births).sum();
    assert_eq!(births, CHANGED as u64);

    let mut group = c.benchmark_group("diff");
    group.sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements((before.goroutines() + after.goroutines()) as u64));
    group.bench_function("debug2", |b| {
        b.iter_batched(
            || (before.clone(), after.clone()),
            |(before, after)| diff(before, after, black_box(&symbols), wanted),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// Loading the rules: every run pays for it.
fn rules(c: &mut Criterion) {
    let mut group = c.benchmark_group("rules");
    group.bench_function("load", |b| b.iter(|| black_box(Rules::built_in())));
    group.finish();
}

criterion_group!(benches, reading, comparing, rules);
criterion_main!(benches);
