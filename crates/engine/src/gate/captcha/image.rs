//! The picture: digits that people read and character recognition does not.
//!
//! Strokes instead of a typeface: each digit is turned, sheared and sized for itself, all of them are bent together,
//! and curves of the same ink run through them. What keeps programs off is the crossing curves, which join what belongs apart, and the gaps,
//! which part what belongs together; eyes follow the stroke.

use super::dice::Dice;
use std::f32::consts::TAU;

/// Curves that run through the whole picture, and arcs of the size of a digit's.
const LINES: usize = 2;
const ARCS: usize = 2;
/// How long the pen is lifted, points.
const GAP: f32 = 2.5;

/// Digits of a picture. Neither 0 nor 1: they are taken for letters and for strokes.
const DIGITS: usize = 5;
const WIDTH: usize = 240;
const HEIGHT: usize = 88;

type Point = (f32, f32);

/// Each digit as lines through points, in a box of 4 by 6.
fn strokes(digit: u8) -> &'static [&'static [Point]] {
    match digit {
        2 => &[&[
            (0.3, 1.5),
            (0.8, 0.4),
            (2.0, 0.0),
            (3.3, 0.5),
            (3.7, 1.7),
            (3.0, 3.1),
            (1.6, 4.4),
            (0.2, 6.0),
            (3.9, 6.0),
        ]],
        3 => &[&[
            (0.3, 0.9),
            (1.3, 0.1),
            (2.7, 0.1),
            (3.6, 1.2),
            (3.1, 2.4),
            (1.7, 2.9),
            (3.2, 3.3),
            (3.9, 4.5),
            (3.1, 5.7),
            (1.6, 6.0),
            (0.2, 5.1),
        ]],
        4 => &[&[(3.0, 6.0), (3.0, 0.0), (0.0, 4.2), (4.0, 4.2)]],
        5 => &[&[
            (3.7, 0.0),
            (0.7, 0.0),
            (0.4, 2.7),
            (1.8, 2.2),
            (3.3, 2.7),
            (3.9, 4.1),
            (3.2, 5.5),
            (1.7, 6.0),
            (0.2, 5.2),
        ]],
        6 => &[&[
            (3.4, 0.3),
            (2.0, 0.6),
            (0.7, 2.2),
            (0.2, 4.2),
            (0.9, 5.6),
            (2.1, 6.0),
            (3.4, 5.4),
            (3.8, 4.2),
            (3.1, 3.1),
            (1.9, 2.8),
            (0.6, 3.5),
        ]],
        7 => &[&[(0.1, 0.0), (3.9, 0.0), (2.4, 2.7), (1.4, 6.0)]],
        8 => &[&[
            (2.0, 2.8),
            (0.7, 2.0),
            (0.7, 0.8),
            (2.0, 0.0),
            (3.3, 0.8),
            (3.3, 2.0),
            (2.0, 2.8),
            (0.5, 3.9),
            (0.4, 5.1),
            (2.0, 6.0),
            (3.6, 5.1),
            (3.5, 3.9),
            (2.0, 2.8),
        ]],
        _ => &[&[
            (3.4, 2.4),
            (2.2, 3.2),
            (0.9, 2.9),
            (0.2, 1.8),
            (0.6, 0.6),
            (1.9, 0.0),
            (3.1, 0.4),
            (3.8, 1.8),
            (3.5, 3.8),
            (2.2, 5.6),
            (0.9, 6.0),
        ]],
    }
}

/// What a picture asks: five digits.
pub(super) fn question(dice: &mut Dice) -> Vec<u8> {
    (0..DIGITS).map(|_| 2 + dice.below(8) as u8).collect()
}

/// The picture of these digits as a PNG.
pub(super) fn draw(digits: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut paper = Paper::new(dice);
    for (place, digit) in digits.iter().enumerate() {
        paper.write(*digit, place, dice);
    }
    paper.cross(dice);
    paper.speckle(dice);
    png(&paper.points)
}

fn png(points: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(points));
    // Into memory, with as many points as it says: there is nothing to fail.
    debug_assert!(written.is_ok());
    file
}

struct Paper {
    points: Vec<u8>,
    /// How everything is bent: width, length and shift of a wave for each direction.
    waves: [[f32; 3]; 2],
}

impl Paper {
    fn new(dice: &mut Dice) -> Self {
        let wave = |dice: &mut Dice| {
            [
                dice.between(2.5, 4.5),
                dice.between(9.0, 16.0),
                dice.between(0.0, TAU),
            ]
        };
        Self {
            points: vec![255; WIDTH * HEIGHT],
            waves: [wave(dice), wave(dice)],
        }
    }

    /// One digit, turned, sheared and sized for itself.
    fn write(&mut self, digit: u8, place: usize, dice: &mut Dice) {
        let (turn, shear) = (dice.between(-0.38, 0.38), dice.between(-0.25, 0.25));
        let (wide, high) = (dice.between(6.0, 7.6), dice.between(7.4, 9.2));
        let middle = (
            33.0 + place as f32 * 43.0 + dice.between(-6.0, 6.0),
            44.0 + dice.between(-8.0, 8.0),
        );
        let (sin, cos) = turn.sin_cos();
        let ink = dice.between(1.7, 2.2);
        for line in strokes(digit) {
            let line: Vec<Point> = line
                .iter()
                .map(|(x, y)| {
                    let (x, y) = (
                        (x - 2.0) * wide + dice.between(-1.2, 1.2),
                        (y - 3.0) * high + dice.between(-1.2, 1.2),
                    );
                    let x = x + shear * y;
                    (middle.0 + x * cos - y * sin, middle.1 + x * sin + y * cos)
                })
                .collect();
            self.pull(&line, ink, dice);
        }
    }

    /// Curves of the same ink through all of them.
    fn cross(&mut self, dice: &mut Dice) {
        for _ in 0..LINES {
            let (from, to) = (dice.between(6.0, 82.0), dice.between(6.0, 82.0));
            let (swing, length, shift) = (
                dice.between(6.0, 20.0),
                dice.between(18.0, 40.0),
                dice.between(0.0, TAU),
            );
            let line: Vec<Point> = (0..=30)
                .map(|step| {
                    let along = step as f32 / 30.0;
                    let x = along * WIDTH as f32;
                    (
                        x,
                        from + (to - from) * along + swing * (x / length + shift).sin(),
                    )
                })
                .collect();
            let ink = dice.between(1.3, 2.0);
            self.pull(&line, ink, dice);
        }
        for _ in 0..ARCS {
            let (x, y) = (dice.between(5.0, 235.0), dice.between(8.0, 80.0));
            let (radius, from, far) = (
                dice.between(6.0, 18.0),
                dice.between(0.0, TAU),
                dice.between(1.0, 3.0),
            );
            let line: Vec<Point> = (0..=10)
                .map(|step| {
                    let at = from + far * step as f32 / 10.0;
                    (x + radius * at.cos(), y + radius * at.sin())
                })
                .collect();
            let ink = dice.between(1.3, 2.0);
            self.pull(&line, ink, dice);
        }
    }

    /// Pulls a pen along a line, and lifts it now and then.
    fn pull(&mut self, line: &[Point], ink: f32, dice: &mut Dice) {
        let mut until_lift = dice.between(9.0, 30.0);
        for ends in line.windows(2) {
            let ((x0, y0), (x1, y1)) = (ends[0], ends[1]);
            let steps = ((x1 - x0).hypot(y1 - y0) * 2.0).ceil().max(1.0);
            for step in 0..steps as usize {
                until_lift -= 0.5;
                if until_lift < 0.0 {
                    if until_lift < -GAP {
                        until_lift = dice.between(12.0, 30.0);
                    }
                    continue;
                }
                let along = step as f32 / steps;
                let (x, y) = (x0 + (x1 - x0) * along, y0 + (y1 - y0) * along);
                let bent =
                    |at: f32, [width, length, shift]: [f32; 3]| width * (at / length + shift).sin();
                self.dab(x + bent(y, self.waves[0]), y + bent(x, self.waves[1]), ink);
            }
        }
    }

    fn dab(&mut self, x: f32, y: f32, ink: f32) {
        let reach = ink.ceil() as i32 + 1;
        for row in y as i32 - reach..=y as i32 + reach {
            for column in x as i32 - reach..=x as i32 + reach {
                let inside =
                    (0..WIDTH as i32).contains(&column) && (0..HEIGHT as i32).contains(&row);
                if !inside {
                    continue;
                }
                let far = (column as f32 - x).hypot(row as f32 - y);
                let dark = (ink + 0.5 - far).clamp(0.0, 1.0);
                let point = &mut self.points[row as usize * WIDTH + column as usize];
                *point = (*point).min(255 - (dark * 225.0) as u8);
            }
        }
    }

    /// Dust.
    fn speckle(&mut self, dice: &mut Dice) {
        for point in &mut self.points {
            let dust = dice.between(0.0, 60.0) as u8;
            *point = point
                .saturating_sub(dust)
                .max(20)
                .saturating_add(if *point < 100 { dust } else { 0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    #[test]
    fn a_picture_follows_from_its_digits_and_its_dice() {
        let picture = |digits: &[u8], seed| draw(digits, &mut Dice::new(seed));
        let one = picture(&[2, 3, 4, 5, 6], 1);
        assert_eq!(one, picture(&[2, 3, 4, 5, 6], 1));
        assert_ne!(one, picture(&[2, 3, 4, 5, 7], 1));
        assert_ne!(one, picture(&[2, 3, 4, 5, 6], 2));
        assert!(one.starts_with(b"\x89PNG") && one.len() < 30_000);
    }

    #[test]
    fn every_digit_is_asked_for_and_no_other() {
        let mut dice = Dice::new(5);
        let asked: std::collections::BTreeSet<u8> =
            (0..100).flat_map(|_| question(&mut dice)).collect();
        assert_eq!(
            asked.into_iter().collect::<Vec<_>>(),
            [2, 3, 4, 5, 6, 7, 8, 9]
        );
    }

    /// `make captcha-ocr`: as it is, and with the dust taken away; a hit in either counts.
    #[test]
    #[ignore = "needs tesseract, and takes minutes"]
    fn tesseract_reads_fewer_than_one_in_twenty() {
        const PICTURES: u64 = 200;
        let mut solved = 0;
        for seed in 0..PICTURES {
            let digits = question(&mut Dice::new(seed));
            let answer: String = digits
                .iter()
                .map(|digit| char::from(b'0' + digit))
                .collect();
            let mut dice = Dice::new(1000 + seed);
            let mut paper = Paper::new(&mut dice);
            for (place, digit) in digits.iter().enumerate() {
                paper.write(*digit, place, &mut dice);
            }
            paper.cross(&mut dice);
            let clean = png(&paper.points);
            let as_given = draw(&digits, &mut Dice::new(1000 + seed));
            let read = [&as_given, &clean].iter().any(|file| {
                ["7", "8"]
                    .iter()
                    .any(|mode| tesseract(file, mode) == answer)
            });
            solved += u64::from(read);
        }
        eprintln!("tesseract read {solved} of {PICTURES} pictures");
        assert!(solved * 20 < PICTURES, "{solved} of {PICTURES}");
    }

    /// What it reads as one line (7) or one word (8) of digits.
    fn tesseract(file: &[u8], mode: &str) -> String {
        let mut reader = Command::new("tesseract")
            .args([
                "-",
                "-",
                "--psm",
                mode,
                "-c",
                "tessedit_char_whitelist=0123456789",
            ])
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("tesseract: apt-get install tesseract-ocr");
        reader.stdin.take().unwrap().write_all(file).unwrap();
        let out = reader.wait_with_output().unwrap();
        assert!(out.status.success());
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.split_whitespace().collect()
    }
}
