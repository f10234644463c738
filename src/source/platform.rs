//! Which files of a package are built together: those whose names end in another system or processor aren't
//! (go/build/build.go:goodOSArchFile).

/// Systems that Go knows (internal/syslist/syslist.go).
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
/// Processors that Go knows.
const PROCESSORS: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "sparc64", "wasm",
];

/// The system and the processor that a program was built for, as far as the names of its files tell.
pub(super) struct Platform<'n> {
    system: &'n str,
    processor: &'n str,
}

impl<'n> Platform<'n> {
    /// Told by files that the program was built from; Linux and amd64 where they don't tell.
    pub(super) fn of(files: impl Iterator<Item = &'n str>) -> Self {
        let mut platform = Platform { system: "linux", processor: "amd64" };
        for (system, processor) in files.map(suffixes) {
            platform.system = system.unwrap_or(platform.system);
            platform.processor = processor.unwrap_or(platform.processor);
        }
        platform
    }

    /// Whether a file is built for it, by its name.
    pub(super) fn builds(&self, file: &str) -> bool {
        let (system, processor) = suffixes(file);
        system.is_none_or(|system| system == self.system)
            && processor.is_none_or(|processor| processor == self.processor)
    }
}

/// The system and the processor at the end of a file's name.
fn suffixes(file: &str) -> (Option<&str>, Option<&str>) {
    let name = file.strip_suffix(".go").unwrap_or(file);
    let name = name.strip_suffix("_test").unwrap_or(name);
    let mut parts = name.rsplit('_');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next());
    // What stands alone is a name.
    let Some(before) = before else { return (None, None) };
    let is_system = |part: &str| SYSTEMS.contains(&part);
    match PROCESSORS.contains(&last) {
        true => (Some(before).filter(|part| is_system(part) && parts.next().is_some()), Some(last)),
        false => (Some(last).filter(|part| is_system(part)), None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Platform, suffixes};

    #[test]
    fn files_that_are_built() {
        assert_eq!(suffixes("poll_linux.go"), (Some("linux"), None));
        assert_eq!(suffixes("zsyscall_windows_arm64.go"), (Some("windows"), Some("arm64")));
        assert_eq!(suffixes("asm_amd64.go"), (None, Some("amd64")));
        assert_eq!(suffixes("linux.go"), (None, None));
        assert_eq!(suffixes("read_linux_test.go"), (Some("linux"), None));
        let unknown = Platform::of(["server.go"].into_iter());
        assert!(
            unknown.builds("poll_linux.go") && unknown.builds("poll_unix.go") && !unknown.builds("poll_windows.go")
        );
        let windows = Platform::of(["server.go", "poll_windows.go"].into_iter());
        assert!(windows.builds("x_windows_amd64.go") && !windows.builds("x_linux.go") && windows.builds("x.go"));
    }
}
