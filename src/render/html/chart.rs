//! The goroutines of each finding over time, as a line chart.

use std::str::FromStr;

use jiff::Timestamp;

use super::name;
use crate::render::text::thousands;
use crate::report::{Command, Report};

/// Findings with a line: more can't be told apart.
const LINES: usize = 6;
/// Labels below the axis.
const TICKS: usize = 6;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

/// The chart.
pub(super) struct Chart {
    pub(super) lines: Vec<Line>,
    /// A place on an axis and its label.
    pub(super) across: Vec<(String, String)>,
    pub(super) up: Vec<(String, String)>,
    /// What the lower axis is.
    pub(super) axis: String,
    /// Findings without a line.
    pub(super) more: usize,
}

/// A finding's line.
pub(super) struct Line {
    /// Its place, which is its colour.
    pub(super) number: usize,
    pub(super) title: String,
    /// The goroutines at the first moment and the last.
    pub(super) ends: (String, String),
    pub(super) path: String,
    pub(super) dots: Vec<Dot>,
}

/// A moment of a line.
pub(super) struct Dot {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) says: String,
}

impl Chart {
    /// The chart of a series; none of less than three moments.
    pub(super) fn of(report: &Report) -> Option<Self> {
        if report.command != Command::Trend || report.snapshots.len() < 3 {
            return None;
        }
        let (places, labels, axis) = moments(report);
        let mut series: Vec<(String, Vec<i64>)> =
            report.findings.iter().take(LINES).map(|f| (name(&f.title), f.counts.clone())).collect();
        if series.is_empty() {
            series.push(("goroutines".into(), report.snapshots.iter().map(|s| s.goroutines).collect()));
        }
        let most = series.iter().flat_map(|(_, counts)| counts).copied().max().unwrap_or(0).max(1);
        let step = step(most);
        let steps = most / step + i64::from(most % step != 0);
        let top = step.saturating_mul(steps);
        let y = |n: i64| coordinate(TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - n.max(0) as f64 / top as f64));
        let x = |place: f64| coordinate(LEFT + (WIDTH - LEFT - RIGHT) * place);
        let lines = series
            .into_iter()
            .enumerate()
            .map(|(number, (title, counts))| {
                let ends = [counts.first(), counts.last()].map(|n| thousands(n.copied().unwrap_or(0)));
                let dots: Vec<Dot> = counts
                    .iter()
                    .zip(&places)
                    .zip(&labels)
                    .map(|((n, place), label)| Dot {
                        x: x(*place),
                        y: y(*n),
                        says: format!("{label}: {}", thousands(*n)),
                    })
                    .collect();
                let path: Vec<String> = dots.iter().map(|dot| format!("{},{}", dot.x, dot.y)).collect();
                Line { number, title, ends: (ends[0].clone(), ends[1].clone()), path: path.join(" "), dots }
            })
            .collect();
        Some(Chart {
            lines,
            across: ticks(&places).into_iter().map(|i| (x(places[i]), labels[i].clone())).collect(),
            up: (0..=steps).map(|i| (y(step * i), thousands(step * i))).collect(),
            axis,
            more: report.findings.len().saturating_sub(LINES),
        })
    }
}

fn coordinate(at: f64) -> String {
    format!("{at:.1}")
}

/// Where each moment stands between 0 and 1, what it is called, and what the axis is: time where all carry it and it goes
/// on, else numbers.
fn moments(report: &Report) -> (Vec<f64>, Vec<String>, String) {
    let times: Option<Vec<Timestamp>> =
        report.snapshots.iter().map(|s| Timestamp::from_str(s.captured_at.as_deref()?).ok()).collect();
    if let Some(times) = times
        && let [first, .., last] = times.as_slice()
        && times.is_sorted()
        && first < last
    {
        let second = |t: &Timestamp| t.as_millisecond() as f64;
        let span = second(last) - second(first);
        let one_day = first.strftime("%F").to_string() == last.strftime("%F").to_string();
        let form = if one_day { "%H:%M:%S" } else { "%F %H:%M" };
        let places = times.iter().map(|t| (second(t) - second(first)) / span.max(1.0)).collect();
        let labels = times.iter().map(|t| t.strftime(form).to_string()).collect();
        let axis = if one_day { format!("time (UTC), {}", first.strftime("%F")) } else { "time (UTC)".into() };
        return (places, labels, axis);
    }
    let last = (report.snapshots.len() - 1).max(1) as f64;
    let places = (0..report.snapshots.len()).map(|i| i as f64 / last).collect();
    (places, (1..=report.snapshots.len()).map(|n| format!("#{n}")).collect(), "moment".into())
}

/// A round number of goroutines, of which four or five reach the top.
fn step(most: i64) -> i64 {
    let mut unit: i64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = unit.saturating_mul(factor);
            if most / step < 5 || step == i64::MAX {
                return step;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The moments with a label: the ends, and those between that have room.
fn ticks(places: &[f64]) -> Vec<usize> {
    let room = 1.0 / TICKS as f64;
    let last = places.len() - 1;
    let mut ticks = vec![0];
    for i in 1..last {
        if places[i] - places[ticks[ticks.len() - 1]] >= room && places[last] - places[i] >= room {
            ticks.push(i);
        }
    }
    ticks.push(last);
    ticks
}

#[cfg(test)]
mod tests {
    use super::{step, ticks};

    #[test]
    fn steps_are_round() {
        assert_eq!([1, 4, 5, 46, 425, 99_999, i64::MAX].map(step).map(|s| s > 0), [true; 7]);
        assert_eq!([1, 4, 5, 46, 425].map(step), [1, 1, 2, 10, 100]);
    }

    #[test]
    fn labels_have_room() {
        assert_eq!(ticks(&[0.0, 0.05, 0.5, 0.95, 1.0]), [0, 2, 4]);
    }
}
