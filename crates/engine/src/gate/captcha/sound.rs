//! The sound: groups of beeps to be counted. It needs no language and no voice.
//!
//! Among the beeps of a group something rustles, as loud and as long as they are and now and then; thuds lie between the
//! groups, and hiss covers all of it. Whoever goes by how loud it is counts wrong; ears tell a tone from a rustle. A
//! program that is written for it can, too: whoever uses the sound is no more trusted than whoever reads the picture.

use super::dice::Dice;
use std::f32::consts::TAU;

/// Groups of a sound, and most beeps in one.
const GROUPS: usize = 5;
const MOST: usize = 5;
/// Most rustles among them.
const RUSTLES: usize = 2;
/// Samples a second.
const RATE: f32 = 8000.0;

/// What a sound asks: how many beeps are in each group.
pub(super) fn question(dice: &mut Dice) -> Vec<u8> {
    (0..GROUPS).map(|_| 1 + dice.below(MOST) as u8).collect()
}

/// The sound of these groups as a WAV file: mono, 8 bits, 8 kHz.
pub(super) fn play(groups: &[u8], dice: &mut Dice) -> Vec<u8> {
    let groups: Vec<_> = groups.iter().map(|beeps| among(*beeps, dice)).collect();
    perform(&groups, dice)
}

/// What is heard within a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Beep,
    Rustle,
}

/// So many beeps, and rustles somewhere among them.
fn among(beeps: u8, dice: &mut Dice) -> Vec<Part> {
    let mut group = vec![Part::Beep; beeps.into()];
    for _ in 0..dice.below(RUSTLES + 1) {
        group.insert(dice.below(group.len() + 1), Part::Rustle);
    }
    group
}

fn perform(groups: &[Vec<Part>], dice: &mut Dice) -> Vec<u8> {
    let mut tape = Tape(Vec::new());
    tape.pause(dice.between(0.6, 0.9));
    for group in groups {
        let pitch = dice.between(800.0, 1300.0);
        for part in group {
            let (seconds, loud) = (dice.between(0.08, 0.11), dice.between(0.42, 0.55));
            match part {
                Part::Beep => tape.tone(pitch * dice.between(0.94, 1.06), seconds, loud),
                Part::Rustle => tape.rustle(dice, seconds, loud),
            }
            tape.pause(dice.between(0.19, 0.26));
        }
        tape.pause(0.35);
        tape.tone(dice.between(70.0, 110.0), dice.between(0.1, 0.2), 0.35);
        tape.pause(dice.between(0.5, 0.7));
    }
    tape.hiss(dice);
    wav(&tape.0)
}

/// Samples from -1 to 1.
struct Tape(Vec<f32>);

impl Tape {
    fn pause(&mut self, seconds: f32) {
        let end = self.0.len() + (seconds * RATE) as usize;
        self.0.resize(end, 0.0);
    }

    fn tone(&mut self, pitch: f32, seconds: f32, loud: f32) {
        self.swell(seconds, |at| loud * (TAU * pitch * at / RATE).sin());
    }

    /// Noise with the power of a tone that is as loud.
    fn rustle(&mut self, dice: &mut Dice, seconds: f32, loud: f32) {
        let most = loud * 1.5_f32.sqrt();
        self.swell(seconds, |_| dice.between(-most, most));
    }

    /// What the samples are in time, swelling and fading, so that it does not click.
    fn swell(&mut self, seconds: f32, mut sample: impl FnMut(f32) -> f32) {
        let samples = seconds * RATE;
        for at in 0..samples as usize {
            let at = at as f32;
            let swell = (at / 80.0).min((samples - at) / 80.0).min(1.0);
            self.0.push(swell * sample(at));
        }
    }

    fn hiss(&mut self, dice: &mut Dice) {
        for sample in &mut self.0 {
            *sample += dice.between(-0.16, 0.16);
        }
    }
}

/// RIFF, WAVE, PCM.
fn wav(samples: &[f32]) -> Vec<u8> {
    let (rate, length) = (RATE as u32, samples.len() as u32);
    let mut file = Vec::with_capacity(44 + samples.len());
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // PCM, one channel.
    file.extend([1, 0, 1, 0]);
    // Samples and bytes a second; a sample is one byte of 8 bits.
    file.extend(rate.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend([1, 0, 8, 0]);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(
        samples
            .iter()
            .map(|s| (127.5 + 127.0 * s.clamp(-1.0, 1.0)) as u8),
    );
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What sounds in each group for whoever goes by how loud it is. `heard` is what they listen to in every sample.
    fn loud(file: &[u8], threshold: f32, heard: impl Fn(&[f32]) -> Vec<f32>) -> Vec<u8> {
        let samples: Vec<f32> = file[44..].iter().map(|s| f32::from(*s) - 127.5).collect();
        let loud: Vec<bool> = heard(&samples)
            .chunks(160)
            .map(|part| part.iter().sum::<f32>() / part.len() as f32 > threshold)
            .collect();
        let (mut groups, mut parts, mut silent) = (Vec::new(), 0u8, 0);
        for at in 1..loud.len() {
            parts += u8::from(loud[at] && !loud[at - 1]);
            silent = if loud[at] { 0 } else { silent + 1 };
            if silent == 25 && parts > 0 {
                groups.push(std::mem::take(&mut parts));
            }
        }
        groups
    }

    fn all(samples: &[f32]) -> Vec<f32> {
        samples.iter().map(|sample| sample.abs()).collect()
    }

    /// The difference of neighbours: a thud is low and almost gone in it.
    fn upper_half(samples: &[f32]) -> Vec<f32> {
        let neighbours = samples.windows(2);
        neighbours.map(|two| (two[1] - two[0]).abs()).collect()
    }

    /// The sum of neighbours: of noise half is gone in it, of a beep little.
    fn lower_half(samples: &[f32]) -> Vec<f32> {
        let neighbours = samples.windows(2);
        neighbours
            .map(|two| (two[1] + two[0]).abs() / 2.0)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn as_many_beeps_are_heard_as_are_asked_for(seed: u64) {
            let mut dice = Dice::new(seed);
            let groups = question(&mut dice);
            let plain: Vec<_> = groups.iter().map(|beeps| vec![Part::Beep; (*beeps).into()]).collect();
            prop_assert_eq!(loud(&perform(&plain, &mut dice), 19.0, upper_half), groups.clone());

            let file = play(&groups, &mut dice);
            prop_assert_eq!(file.len() as u32, 8 + u32::from_le_bytes(file[4..8].try_into().unwrap()));
            prop_assert!(file.len() < 160_000);
        }

        #[test]
        fn rustles_lie_among_the_beeps_and_are_none_of_them(seed: u64, beeps in 1u8..=5) {
            let group = among(beeps, &mut Dice::new(seed));
            let count = |part| group.iter().filter(|it| **it == part).count();
            prop_assert_eq!(count(Part::Beep), usize::from(beeps));
            prop_assert!(count(Part::Rustle) <= RUSTLES);
        }
    }

    #[test]
    fn who_goes_by_how_loud_it_is_reads_fewer_than_one_in_twenty() {
        const SOUNDS: u64 = 200;
        for heard in [all, upper_half, lower_half] {
            let right = |threshold: f32| {
                let right = (0..SOUNDS).filter(|seed| {
                    let mut dice = Dice::new(*seed);
                    let groups = question(&mut dice);
                    loud(&play(&groups, &mut dice), threshold, heard) == groups
                });
                right.count()
            };
            let best = (8..60).step_by(4).map(|threshold| right(threshold as f32));
            let best = best.max().unwrap();
            assert!(best < SOUNDS as usize / 20, "{best} of {SOUNDS}");
        }
    }
}
