//! From the frames that a format shows to the stack that all formats share.

use crate::model::{FrameId, FunctionId, StackId, StrId, Symbols, is_runtime};

/// A frame as a format has it, runtime machinery included.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawFrame {
    pub(super) function: FunctionId,
    pub(super) file: StrId,
    pub(super) line: u32,
    pub(super) inlined: bool,
    /// The line of the function's `func` keyword; 0 where the format doesn't tell.
    pub(super) start_line: u32,
}

/// Interns the frames that debug=2 would show of `frames` (leaf first), so that the same goroutine has the same stack in
/// every format and traceback level.
///
/// Left out are what runtime/traceback.go:showfuncinfo hides at level 1 (unexported runtime functions, wrappers that the
/// compiler made, names without a dot), and at the leaf all of package runtime and internal/runtime, since debug=1 hides
/// those too (runtime/pprof/pprof.go:printStackRecord). Where nothing would be left, only the machinery of parking is
/// left out.
pub(super) fn shared_stack(frames: &[RawFrame], symbols: &mut Symbols, scratch: &mut Vec<FrameId>) -> StackId {
    scratch.clear();
    for frame in frames {
        let name = symbols.function_name(frame.function);
        let package = symbols.package(frame.function);
        if is_hidden(name) || (scratch.is_empty() && is_runtime(package)) {
            continue;
        }
        scratch.push(symbols.frame(frame.function, frame.file, frame.line, frame.inlined));
    }
    if scratch.is_empty() {
        for frame in frames {
            let name = symbols.function_name(frame.function);
            if name == "runtime.goexit" || (scratch.is_empty() && is_parking(name)) {
                continue;
            }
            scratch.push(symbols.frame(frame.function, frame.file, frame.line, frame.inlined));
        }
    }
    symbols.stack(scratch)
}

/// What runtime/traceback.go hides at traceback level 1.
fn is_hidden(name: &str) -> bool {
    if name == "panic" {
        return false;
    }
    let Some((_, rest)) = name.split_once('.') else { return true };
    is_wrapper(name) || (name.starts_with("runtime.") && !is_exported_runtime(rest))
}

/// Wrappers that cmd/compile makes for `go f(x)`, `defer f(x)` and method values.
fn is_wrapper(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let numbered = |prefix| {
        last.strip_prefix(prefix).is_some_and(|n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    numbered("gowrap") || numbered("deferwrap") || name.ends_with("-fm") || name.ends_with("·fm")
}

/// runtime/traceback.go:isExportedRuntime, with the two that Go 1.25 added. `rest` is the name after `runtime.`.
fn is_exported_runtime(rest: &str) -> bool {
    if matches!(rest, "runFinalizers" | "runCleanups") {
        return true;
    }
    let exported = |name: &str| name.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
    match rest.rsplit_once('.') {
        None => exported(rest),
        Some((receiver, method)) => {
            let receiver = receiver.strip_prefix("(*").and_then(|r| r.strip_suffix(')')).unwrap_or(receiver);
            exported(method) && exported(receiver)
        }
    }
}

/// Functions that a goroutine is in only because it waits.
pub(super) fn is_parking(name: &str) -> bool {
    matches!(
        name,
        "runtime.gopark"
            | "runtime.goparkunlock"
            | "runtime.park"
            | "runtime.parkunlock"
            | "runtime.mcall"
            | "runtime.park_m"
            | "runtime.selectgo"
            | "runtime.block"
            | "runtime.chanrecv"
            | "runtime.chanrecv1"
            | "runtime.chanrecv2"
            | "runtime.chansend"
            | "runtime.chansend1"
            | "runtime.semacquire1"
            | "runtime.semacquire"
            | "runtime.notetsleepg"
            | "runtime.notetsleep"
            | "runtime.netpollblock"
    )
}

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn hides_what_the_traceback_hides() {
        for name in [
            "runtime.gopark",
            "runtime.main",
            "runtime.goexit",
            "runtime.(*profBuf).read",
            "main.main.gowrap1",
            "main.f.deferwrap2",
            "main.(*T).M-fm",
            "_cgoexp_48eab9614568_goCallback",
            "runtime.init.7",
        ] {
            assert!(is_hidden(name), "{name}");
        }
        for name in [
            "runtime.GC",
            "runtime.runFinalizers",
            "runtime/pprof.writeGoroutine",
            "main.main.gowrap16.GC[...].1",
            "main.gowrapper",
            "panic",
            "runtime.(*Func).Name",
            "internal/runtime/maps.newobject",
        ] {
            assert!(!is_hidden(name), "{name}");
        }
    }
}
