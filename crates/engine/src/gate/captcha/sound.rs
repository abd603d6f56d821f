//! The sound: groups of beeps to be counted. It needs no language and no voice.
//!
//! Hiss covers it, and thuds that do not count lie between the beeps. A program that is written for it can count beeps;
//! whoever uses the sound is no more trusted than whoever reads the picture.

use super::dice::Dice;
use std::f32::consts::TAU;

/// Groups of a sound, and most beeps in one.
const GROUPS: usize = 5;
const MOST: usize = 5;
/// Samples a second.
const RATE: f32 = 8000.0;

/// What a sound asks: how many beeps are in each group.
pub(super) fn question(dice: &mut Dice) -> Vec<u8> {
    (0..GROUPS).map(|_| 1 + dice.below(MOST) as u8).collect()
}

/// The sound of these groups as a WAV file: mono, 8 bits, 8 kHz.
pub(super) fn play(groups: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut tape = Tape(Vec::new());
    tape.pause(dice.between(0.6, 0.9));
    for beeps in groups {
        let pitch = dice.between(800.0, 1300.0);
        for _ in 0..*beeps {
            tape.tone(
                pitch * dice.between(0.94, 1.06),
                dice.between(0.08, 0.11),
                0.5,
            );
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

    /// A tone that swells and fades, so that it does not click.
    fn tone(&mut self, pitch: f32, seconds: f32, loud: f32) {
        let samples = seconds * RATE;
        for at in 0..samples as usize {
            let at = at as f32;
            let swell = (at / 80.0).min((samples - at) / 80.0).min(1.0);
            self.0.push(loud * swell * (TAU * pitch * at / RATE).sin());
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

    /// Beeps in each group, as they are heard by whoever listens for how loud the upper half of the sound is.
    fn heard(file: &[u8]) -> Vec<u8> {
        let samples: Vec<f32> = file[44..].iter().map(|s| f32::from(*s) - 127.5).collect();
        // The difference of neighbours: a thud is low and almost gone in it.
        let high: Vec<f32> = samples
            .windows(2)
            .map(|two| (two[1] - two[0]).abs())
            .collect();
        let loud: Vec<bool> = high
            .chunks(160)
            .map(|part| part.iter().sum::<f32>() / part.len() as f32 > 19.0)
            .collect();
        let (mut groups, mut beeps, mut silent) = (Vec::new(), 0u8, 0);
        for at in 1..loud.len() {
            beeps += u8::from(loud[at] && !loud[at - 1]);
            silent = if loud[at] { 0 } else { silent + 1 };
            if silent == 25 && beeps > 0 {
                groups.push(std::mem::take(&mut beeps));
            }
        }
        groups
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn as_many_beeps_are_heard_as_are_asked_for(seed: u64) {
            let mut dice = Dice::new(seed);
            let groups = question(&mut dice);
            let file = play(&groups, &mut dice);
            prop_assert_eq!(heard(&file), groups);
            prop_assert_eq!(file.len() as u32, 8 + u32::from_le_bytes(file[4..8].try_into().unwrap()));
            prop_assert!(file.len() < 140_000);
        }
    }
}
