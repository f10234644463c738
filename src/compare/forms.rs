//! Snapshots of one moment in several formats become one.

use super::bundle::Bundles;
use crate::input::stem;
use crate::model::{Format, ProfileKind, Snapshot, SnapshotInfo, Symbols, Warnings};

/// Makes one snapshot of those of one moment. The text form (debug=2, else a crash dump) says who waits for what since
/// when; profile.proto, or debug=1 where there is none, gives the time and labels, and the stacks that a damaged text
/// lacks. Where their counts differ the text's is kept, so that counts and ids agree; [`forms_disagree`] tells. One form is returned
/// as it is.
#[must_use]
pub fn merge_forms(mut forms: Vec<Snapshot>, symbols: &Symbols) -> Snapshot {
    let roles = Roles::of(&forms);
    let base = roles.text.or(roles.counted).unwrap_or(0);
    if forms.len() < 2 {
        let nothing = || Snapshot { info: SnapshotInfo::new("", 1, Format::Debug2), groups: Vec::new() };
        return forms.pop().unwrap_or_else(nothing);
    }
    let info = merge_infos(&forms, &roles, base);
    let whole = roles.text.is_some_and(|i| forms[i].complete());
    let mut take = |role: Option<usize>| role.map(|i| std::mem::take(&mut forms[i].groups)).unwrap_or_default();
    let (text, counted) = (take(roles.text), take(roles.counted));
    let mut groups = Bundles::of(&text, &counted, symbols).merge(text, counted, symbols);
    if whole {
        // The text has every goroutine of its instant: one that only the counts have was counted elsewhere in the text.
        groups.retain(|group| !group.ids.is_empty());
    }
    Snapshot { info, groups }
}

/// What the forms of one moment tell differently, and which of them [`merge_forms`] doesn't use, as sentences.
#[must_use]
pub fn forms_disagree(forms: &[Snapshot], symbols: &Symbols) -> Vec<String> {
    let roles = Roles::of(forms);
    let unused = forms.iter().enumerate().filter(|(i, form)| match form.info.format {
        _ if !roles.same_kind(&form.info) => true,
        // Another of its kind beside it says all that debug=1 says.
        Format::Debug1 => false,
        _ => Some(*i) != roles.text && Some(*i) != roles.counted,
    });
    let mut sentences: Vec<String> =
        unused.map(|(_, form)| format!("{} is not used: it is another profile.", form.info.source)).collect();
    if let (Some(text), Some(counted)) = (roles.text, roles.counted) {
        let (text, counted) = (&forms[text], &forms[counted]);
        let bundles = Bundles::of(&text.groups, &counted.groups, symbols);
        sentences.extend(bundles.differences(&text.info.source, &counted.info.source));
    }
    sentences
}

/// Which form is asked for what.
struct Roles {
    profile: ProfileKind,
    delta: bool,
    /// The one with headers.
    text: Option<usize>,
    /// The one that counts.
    counted: Option<usize>,
}

impl Roles {
    /// Profiles of all goroutines at a moment come before leak profiles and differences; those are never mixed.
    fn of(forms: &[Snapshot]) -> Self {
        let whole = |form: &&Snapshot| form.info.profile == ProfileKind::Goroutine && !form.info.delta;
        let kind = forms.iter().find(whole).or(forms.first()).map(|form| (form.info.profile, form.info.delta));
        let (profile, delta) = kind.unwrap_or((ProfileKind::Goroutine, false));
        let mut roles = Roles { profile, delta, text: None, counted: None };
        let first = |format| forms.iter().position(|f| f.info.format == format && roles.same_kind(&f.info));
        let text = first(Format::Debug2).or_else(|| first(Format::Crash));
        let counted = first(Format::Pprof).or_else(|| first(Format::Debug1));
        (roles.text, roles.counted) = (text, counted);
        roles
    }

    fn same_kind(&self, info: &SnapshotInfo) -> bool {
        (info.profile, info.delta) == (self.profile, self.delta)
    }
}

/// What is known of the moment: that of the form at `base`, completed from the others of its kind.
fn merge_infos(forms: &[Snapshot], roles: &Roles, base: usize) -> SnapshotInfo {
    let used = || forms.iter().map(|form| &form.info).filter(|info| roles.same_kind(info));
    let mut merged = forms[base].info.clone();
    let proto_time = roles.counted.and_then(|i| forms[i].info.captured_at);
    merged.captured_at = proto_time.or_else(|| used().find_map(|info| info.captured_at));
    merged.go_version = merged.go_version.or_else(|| used().find_map(|info| info.go_version.clone()));
    merged.source = joint_name(&used().map(|info| info.source.as_str()).collect::<Vec<_>>(), &merged.source);
    merged.warnings = Warnings::default();
    for info in used() {
        let file = info.source.rsplit(['/', '\\']).next().unwrap_or_default();
        for warning in info.warnings.sorted() {
            let message = || format!("{file}: {}", warning.message);
            merged.warnings.add_many(warning.code, warning.place, warning.count, message);
        }
    }
    merged
}

/// `dir/stem.{pb.gz,debug2.txt}` where the names have one stem and each an ending, else `otherwise`.
fn joint_name(sources: &[&str], otherwise: &str) -> String {
    let parts = sources.iter().map(|source| {
        let file = source.rfind(['/', '\\']).map_or(0, |slash| slash + 1);
        let (shared, ending) = source.split_at_checked(file + stem(source.get(file..)?).len())?;
        Some((shared, ending.strip_prefix('.').filter(|ending| !ending.is_empty())?))
    });
    let Some(parts) = parts.collect::<Option<Vec<_>>>() else { return otherwise.to_owned() };
    let (Some((shared, _)), true) = (parts.first(), parts.len() > 1) else { return otherwise.to_owned() };
    if parts.iter().any(|(other, _)| other != shared) {
        return otherwise.to_owned();
    }
    let endings: Vec<&str> = parts.iter().map(|(_, ending)| *ending).collect();
    format!("{shared}.{{{}}}", endings.join(","))
}

#[cfg(test)]
mod tests {
    use super::{forms_disagree, merge_forms};
    use crate::input::{Source, unpack};
    use crate::model::{Format, Snapshot, Symbols, Wait};
    use crate::parse::{Options, read, read_unpacked};

    fn triple(names: [&str; 3], symbols: &mut Symbols) -> Vec<Snapshot> {
        let read = |name: &str| {
            let source = Source::Path(format!("testdata/{name}").into());
            read(&source, symbols, &Options::default(), &|bytes, _| bytes).unwrap().remove(0)
        };
        names.map(read).into()
    }

    fn plain(text: String, name: &str, symbols: &mut Symbols) -> Snapshot {
        let reader = unpack(Box::new(std::io::Cursor::new(text)), crate::input::MAX_UNPACKED, name).unwrap();
        read_unpacked(reader, name, symbols, &Options::default()).unwrap().remove(0)
    }

    /// The labels of a snapshot's goroutines, of those in `wait` or all, per group.
    fn labels(snapshot: &Snapshot, wait: Option<Wait>, symbols: &Symbols) -> Vec<String> {
        let groups = snapshot.groups.iter().filter(|g| wait.is_none_or(|wait| g.key.state.wait == wait));
        let named = |(k, v, n)| format!("{}={} {n}", symbols.str(k), symbols.str(v));
        let mut all: Vec<String> = groups.flat_map(|g| g.labels.iter().map(named)).collect();
        all.sort();
        all
    }

    #[test]
    fn forms_of_one_moment_are_one() {
        for (moment, total, time) in
            [("before", 33, 1_795_228_828_487_560_066), ("after", 433, 1_795_228_828_794_059_306)]
        {
            let mut symbols = Symbols::new();
            let names = ["pb.gz", "debug1.txt", "debug2.txt"].map(|form| format!("orders/{moment}.{form}"));
            let forms = triple(names.each_ref().map(String::as_str), &mut symbols);
            assert_eq!(forms_disagree(&forms, &symbols), [] as [&str; 0]);
            let merged = merge_forms(forms, &symbols);
            assert_eq!((merged.goroutines(), merged.groups.len(), merged.complete()), (total, 6, true));
            assert_eq!((merged.info.format, merged.info.captured_at), (Format::Debug2, Some(time)));
            assert_eq!(merged.info.source, format!("testdata/orders/{moment}.{{pb.gz,debug1.txt,debug2.txt}}"));
            assert!(merged.groups.iter().all(|g| g.ids.len() == g.count as u64));
        }
    }

    #[test]
    fn states_are_the_texts() {
        let mut symbols = Symbols::new();
        let names = ["0.pb.gz", "1.txt.gz", "2.txt.gz"].map(|form| format!("waits/go1.27.3/debug{form}"));
        let forms = triple(names.each_ref().map(String::as_str), &mut symbols);
        let text = forms[2].clone();
        let merged = merge_forms(forms.clone(), &symbols);
        assert_eq!((merged.goroutines(), merged.groups.len()), (123, 120));
        let keys = |snapshot: &Snapshot| snapshot.groups.iter().map(|g| (g.key, g.count)).collect::<Vec<_>>();
        assert_eq!(keys(&merged), keys(&text));
        assert_eq!(merged.info.captured_at, Some(1_795_196_905_803_681_238));
        assert_eq!(merged.info.go_version.as_deref(), Some("go1.27.3"));
        assert_eq!(labels(&merged, None, &symbols), labels(&forms[0], None, &symbols));
        // Only profile.proto tells how a receive is written.
        assert!(text.groups.iter().all(|g| g.receive.is_none()) && merged.groups.iter().any(|g| g.receive.is_some()));
        // Without the text all is as profile.proto has it.
        let merged = merge_forms(vec![forms[1].clone(), forms[0].clone()], &symbols);
        assert_eq!((keys(&merged), merged.info.format), (keys(&forms[0]), Format::Pprof));
        assert_eq!(keys(&merge_forms(vec![forms[1].clone()], &symbols)), keys(&forms[1]));
    }

    /// Three goroutines of one stack, one of them about to run, and each form with a stack that the other lacks.
    fn apart(counted: i64, symbols: &mut Symbols) -> Vec<Snapshot> {
        let frames = |name: &str| format!("main.{name}()\n\t/app/main.go:9 +0x1d\n\n");
        let states =
            [(1, "chan send", "work"), (2, "runnable", "work"), (3, "chan send", "work"), (4, "select", "old")];
        let text = states.map(|(id, state, name)| format!("goroutine {id} [{state}]:\n{}", frames(name))).concat();
        let record = |n: i64, labels: &str, name: &str| {
            let pc = if name == "new" { "0x20" } else { "0x10" };
            format!("{n} @ {pc} 0x30\n{labels}#\t{pc}\tmain.{name}+0x1d\t/app/main.go:9\n\n")
        };
        let (both, one) = ("# labels: {\"all\":\"1\", \"two\":\"1\"}\n", "# labels: {\"all\":\"1\"}\n");
        let records = [record(counted - 1, both, "work"), record(1, one, "work"), record(5, "", "new")].concat();
        let counted = format!("goroutine profile: total {}\n{records}", counted + 5);
        vec![plain(text, "t.debug2.txt", symbols), plain(counted, "t.debug1.txt", symbols)]
    }

    #[test]
    fn a_stack_of_several_states_keeps_them() {
        let mut symbols = Symbols::new();
        let forms = apart(3, &mut symbols);
        assert_eq!(forms_disagree(&forms, &symbols).len(), 2);
        let merged = merge_forms(forms, &symbols);
        let counts: Vec<i64> = merged.groups.iter().map(|g| g.count).collect();
        // The five that only the counts have were taken at another instant.
        assert_eq!((counts, merged.goroutines()), (vec![2, 1, 1], 4));
        assert_eq!(merged.groups.iter().map(|g| g.ids.len()).collect::<Vec<_>>(), [2, 1, 1]);
        // At least one of the two must have the label that two of all three have.
        assert_eq!(labels(&merged, Some(Wait::ChanSend), &symbols), ["all=1 2", "two=1 1"]);
        assert_eq!(labels(&merged, Some(Wait::Runnable), &symbols), ["all=1 1"]);
    }

    #[test]
    fn counts_that_differ_are_told() {
        let mut symbols = Symbols::new();
        let mut forms = apart(7, &mut symbols);
        let told = [
            "At 1 of 1 stacks t.debug2.txt has 3 goroutines and t.debug1.txt 7: the former count is used.",
            "1 goroutines have stacks that are in t.debug2.txt only.",
            "5 goroutines have stacks that are in t.debug1.txt only.",
        ];
        assert_eq!(forms_disagree(&forms, &symbols), told);
        assert_eq!(merge_forms(forms.clone(), &symbols).goroutines(), 4);
        // A text that lost goroutines is completed from the counts.
        let mut damaged = forms.clone();
        damaged[0].info.warnings.add(crate::model::WarningCode::Truncated, crate::error::Place::Whole, String::new);
        assert_eq!(merge_forms(damaged, &symbols).goroutines(), 9);
        forms[1].info.delta = true;
        assert_eq!(forms_disagree(&forms, &symbols), ["t.debug1.txt is not used: it is another profile."]);
        assert_eq!(merge_forms(forms, &symbols).goroutines(), 4);
        assert_eq!(merge_forms(Vec::new(), &symbols).goroutines(), 0);
    }
}
