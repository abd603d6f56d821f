//! How many events fell into the busiest stretch of a given length.

/// The most events in any window `[t, t + length)`; sorts `times` in place.
///
/// Two events exactly one length apart are not in one window: 500 a second, evenly, is 500.
pub fn most_within(times: &mut [u64], length: u64) -> usize {
    times.sort_unstable();
    let mut first = 0;
    let mut most = 0;
    for (last, time) in times.iter().enumerate() {
        while time - times[first] >= length {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// The most a rising count grew within any `length`, from samples `(time, count)` in order of time.
pub fn most_grown(samples: &[(u64, u64)], length: u64) -> u64 {
    let mut first = 0;
    let mut most = 0;
    for (time, count) in samples {
        while time.saturating_sub(samples[first].0) > length {
            first += 1;
        }
        most = most.max(count.saturating_sub(samples[first].1));
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_stream_at_the_rate_is_exactly_the_rate() {
        let mut even: Vec<u64> = (0..2000).map(|n| n * 2).collect();
        assert_eq!(most_within(&mut even, 1000), 500);
    }

    #[test]
    fn a_burst_across_a_second_boundary_is_seen() {
        let mut times: Vec<u64> = (0..300)
            .map(|_| 900)
            .chain((0..300).map(|_| 1100))
            .collect();
        times.reverse();
        assert_eq!(most_within(&mut times, 1000), 600);
        assert_eq!(most_within(&mut [], 1000), 0);
    }

    #[test]
    fn growth_is_counted_between_samples_at_most_one_length_apart() {
        let frontier = [(0, 0), (500, 250), (1000, 500), (1500, 760)];
        assert_eq!(most_grown(&frontier, 1000), 510);
        assert_eq!(most_grown(&[], 1000), 0);
    }
}
