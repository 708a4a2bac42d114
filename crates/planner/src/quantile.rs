//! Weighted quantiles: of round trips by demand, of measures over many rows.
//!
//! The quantile of `share` is the least value at or below which that share of the weight lies: a
//! value that occurs, never one between two.

/// Values with their weights, ready to be asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weighted {
    /// Values ascending, each with the weight at or below it.
    steps: Vec<(f64, f64)>,
    mean: Option<f64>,
}

impl Weighted {
    /// From values and weights in any order. What is no number, or has no weight, is left out.
    pub fn new(values: impl IntoIterator<Item = (f64, f64)>) -> Weighted {
        let counts = |(value, weight): &(f64, f64)| value.is_finite() && *weight > 0.0;
        let mut steps: Vec<(f64, f64)> = values.into_iter().filter(counts).collect();
        // Sums depend on the order of their terms; this one is the same however they came.
        steps.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (mut below, mut sum) = (0.0, 0.0);
        for (value, weight) in &mut steps {
            sum += *value * *weight;
            below += *weight;
            *weight = below;
        }
        Weighted { steps, mean: (below > 0.0).then(|| sum / below) }
    }

    /// All weight.
    pub fn total(&self) -> f64 {
        self.steps.last().map_or(0.0, |step| step.1)
    }

    /// The least value at or below which `share` (0 to 1) of the weight lies; `None` without any.
    pub fn at(&self, share: f64) -> Option<f64> {
        // A share of a sum is rounded: a step that falls short by that much reaches it.
        let wanted = share * self.total() * (1.0 - 1e-12);
        let place = self.steps.partition_point(|step| step.1 < wanted);
        Some(self.steps.get(place).or(self.steps.last())?.0)
    }

    /// The mean by weight; `None` without any.
    pub fn mean(&self) -> Option<f64> {
        self.mean
    }

    /// The distribution as a staircase of (value, share at or below it in percent), from 0 on.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let total = self.total();
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(2 * self.steps.len());
        let mut height = 0.0;
        for (index, (value, below)) in self.steps.iter().enumerate() {
            // Equal values are one step.
            if self.steps.get(index + 1).is_some_and(|next| next.0 == *value) {
                continue;
            }
            points.push((*value, height));
            height = 100.0 * below / total;
            points.push((*value, height));
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use catchment_testkit::random::Draws;

    use super::*;

    #[test]
    fn a_heavy_value_is_more_of_the_quantiles() {
        let weighted = Weighted::new([(30.0, 1.0), (10.0, 8.0), (20.0, 1.0)]);
        let at = [0.0, 0.5, 0.8, 0.81, 0.9, 0.95, 1.0].map(|share| weighted.at(share).unwrap());
        assert_eq!(at, [10.0, 10.0, 10.0, 20.0, 20.0, 30.0, 30.0]);
        assert_eq!((weighted.mean(), weighted.total()), (Some(13.0), 10.0));
        let curve = weighted.curve();
        let steps =
            [(10.0, 0.0), (10.0, 80.0), (20.0, 80.0), (20.0, 90.0), (30.0, 90.0), (30.0, 100.0)];
        assert_eq!(curve, steps);
    }

    #[test]
    fn what_has_no_weight_or_is_no_number_does_not_count() {
        let weighted = Weighted::new([(1.0, 0.0), (f64::NAN, 5.0), (2.0, f64::NAN)]);
        assert_eq!((weighted.at(0.5), weighted.mean(), weighted.total()), (None, None, 0.0));
        assert_eq!(weighted.curve(), []);
    }

    /// The twin: each value as often as its whole weight says, sorted.
    #[test]
    fn whole_weights_are_repetitions() {
        for seed in 0..300 {
            let mut draws = Draws::new(seed);
            let count = 1 + draws.below(12);
            let values: Vec<(f64, u64)> =
                (0..count).map(|_| (draws.below(6) as f64, draws.below(4))).collect();
            let mut repeated: Vec<f64> =
                values.iter().flat_map(|(value, times)| (0..*times).map(move |_| *value)).collect();
            repeated.sort_by(f64::total_cmp);
            let weighted = Weighted::new(values.iter().map(|(value, w)| (*value, *w as f64)));
            for percent in 0..=100 {
                let rank = (percent * repeated.len()).div_ceil(100).max(1);
                let expected = repeated.get(rank - 1).copied();
                let found = weighted.at(percent as f64 / 100.0);
                assert_eq!(found, expected, "seed {seed}, {percent} %");
            }
        }
    }
}
