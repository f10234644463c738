//! The log format of container runtimes under Kubernetes: `2024-05-01T10:00:00.000000000Z stderr F text`, where `P` marks a
//! part that goes on in the next line of its stream (kubernetes/kubernetes: pkg/kubelet/kuberuntime/logs).

use super::layer::{Part, Undo};

/// Takes time, stream and tag away, and joins parts.
#[derive(Debug, Default)]
pub(super) struct Cri {
    goes_on: bool,
}

/// Where the text begins in a line of this form, and whether it goes on in the next.
pub(super) fn split(line: &[u8]) -> Option<(usize, bool)> {
    let is_time = |time: &[u8]| time.iter().all(|b| b.is_ascii_digit() || b"-T:.+Z".contains(b));
    let at = memchr::memchr(b' ', line).filter(|at| (20..=40).contains(at) && is_time(&line[..*at]))?;
    let rest = &line[at + 1..];
    let tag = [&b"stdout "[..], b"stderr "].iter().find(|stream| rest.starts_with(stream)).map(|_| at + 8)?;
    match (line.get(tag), line.get(tag + 1)) {
        (Some(b'F'), None | Some(b' ')) => Some(((tag + 2).min(line.len()), false)),
        (Some(b'P'), None | Some(b' ')) => Some(((tag + 2).min(line.len()), true)),
        _ => None,
    }
}

impl Undo for Cri {
    fn take(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let mut text = part.text;
        if part.starts {
            self.goes_on = false;
            if let Some((at, goes_on)) = split(text) {
                text = &text[at..];
                self.goes_on = goes_on;
            }
        }
        out.extend_from_slice(text);
        if part.ends && !self.goes_on {
            out.extend_from_slice(part.end);
        }
    }
}
