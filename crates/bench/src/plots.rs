//! The rush as pictures: SVG, for the README and the docs.

use anyhow::Result;
use herd::trace::Trace;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (880, 360);
const INK: RGBColor = RGBColor(40, 44, 52);
const SEA: RGBColor = RGBColor(0, 122, 108);
const CORAL: RGBColor = RGBColor(201, 76, 52);
const SAND: RGBColor = RGBColor(150, 120, 40);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A curve with its name.
struct Curve {
    name: &'static str,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

/// Draws `line.svg` (who waits, who was called), `joins.svg` (how long Join took) and `sale.svg`
/// (units, orders, who knows that it is over) into this directory.
pub(crate) fn draw(trace: &Trace, directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    let crowd = thousands(trace.shoppers);
    picture(
        &directory.join("line.svg"),
        &format!("{crowd} people press Join within one second: the line"),
        "people",
        &[
            Curve {
                name: "have a place",
                color: SEA,
                points: line(trace, |at| at.tail as f64),
            },
            Curve {
                name: "wait (not called yet)",
                color: SAND,
                points: line(trace, |at| at.tail.saturating_sub(at.frontier) as f64),
            },
            Curve {
                name: "called (frontier)",
                color: CORAL,
                points: line(trace, |at| at.frontier as f64),
            },
        ],
    )?;
    let joins = |value: fn(&herd::trace::JoinsAt) -> f64| {
        let points = trace.joins.iter().map(|at| (seconds(at.ms), value(at)));
        points.collect()
    };
    picture(
        &directory.join("joins.svg"),
        "From pressing Join to a place, by the moment of the answer",
        "milliseconds",
        &[
            Curve {
                name: "the slowest of 100",
                color: CORAL,
                points: joins(|at| at.p99_ms),
            },
            Curve {
                name: "the middle one",
                color: SEA,
                points: joins(|at| at.p50_ms),
            },
        ],
    )?;
    picture(
        &directory.join("sale.svg"),
        &format!(
            "{} units: sold, and everybody knows",
            thousands(trace.units)
        ),
        "per cent",
        &[
            Curve {
                name: "units still free",
                color: SAND,
                points: line(trace, |at| percent(at.free.into(), trace.units)),
            },
            Curve {
                name: "units ordered",
                color: SEA,
                points: sum(&trace.orders, trace.units),
            },
            Curve {
                name: "of the others, know that it is over",
                color: CORAL,
                points: sum(
                    &trace.sold_out_seen,
                    trace.sold_out_seen.iter().map(|(_, count)| count).sum(),
                ),
            },
        ],
    )
}

fn line(trace: &Trace, value: impl Fn(&herd::trace::LineAt) -> f64) -> Vec<(f64, f64)> {
    let points = trace.line.iter().filter(|at| at.ms >= -1000);
    points.map(|at| (seconds(at.ms), value(at))).collect()
}

/// How many so far, in per cent of all.
fn sum(steps: &[(i64, u64)], all: u64) -> Vec<(f64, f64)> {
    let mut total = 0;
    let points = steps.iter().map(|(ms, count)| {
        total += count;
        (seconds(*ms), percent(total, all))
    });
    points.collect()
}

fn picture(file: &Path, title: &str, unit: &str, curves: &[Curve]) -> Result<()> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    chart(&area, title, unit, curves).map_err(|error| anyhow::anyhow!("{error}"))
}

fn chart(
    area: &Area<'_>,
    title: &str,
    unit: &str,
    curves: &[Curve],
) -> Result<(), Box<dyn std::error::Error>> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let first = points().map(|(x, _)| *x).fold(0.0, f64::min);
    let last = points().map(|(x, _)| *x).fold(1.0, f64::max);
    let most = points().map(|(_, y)| *y).fold(1.0, f64::max);
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18, &INK))
        .margin(14)
        .x_label_area_size(42)
        .y_label_area_size(72)
        .build_cartesian_2d(first..last, 0.0..most * 1.06)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(INK.mix(0.12))
        .axis_style(INK.mix(0.5))
        .label_style(("sans-serif", 13, &INK))
        .x_desc("seconds after the first Join")
        .y_desc(unit)
        .y_label_formatter(&|y| thousands(*y as u64))
        .draw()?;
    for curve in curves {
        let style = curve.color.stroke_width(2);
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), style))?
            .label(curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(INK.mix(0.3))
        .label_font(("sans-serif", 13, &INK))
        .draw()?;
    area.present()?;
    Ok(())
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn percent(part: u64, all: u64) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}

/// 100000 as `100,000`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use herd::trace::{JoinsAt, LineAt};

    #[test]
    fn large_numbers_are_grouped() {
        let texts = [0, 999, 1000, 1_234_567].map(thousands);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn every_curve_is_in_its_picture() {
        let directory = tempfile::tempdir().unwrap();
        let at = |ms, tail, frontier| LineAt {
            ms,
            tail,
            frontier,
            free: 1,
        };
        let trace = Trace {
            shoppers: 10,
            units: 2,
            line: vec![at(0, 0, 0), at(1000, 10, 2)],
            joins: vec![JoinsAt {
                ms: 0,
                count: 10,
                p50_ms: 3.0,
                p99_ms: 9.0,
            }],
            orders: vec![(500, 1), (700, 1)],
            sold_out_seen: vec![(900, 8)],
        };
        draw(&trace, directory.path()).unwrap();
        for (file, name) in [
            ("line.svg", "called (frontier)"),
            ("joins.svg", "the slowest of 100"),
            ("sale.svg", "units ordered"),
        ] {
            let svg = std::fs::read_to_string(directory.path().join(file)).unwrap();
            assert!(svg.contains(name) && svg.contains("<polyline"), "{file}");
        }
    }
}
