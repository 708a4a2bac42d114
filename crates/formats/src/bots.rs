//! Where the bots of an attack are: CSV tables with the columns `asn` and `share`.
//!
//! Shares are in proportion to each other, whatever they sum to: counts of addresses do as well.
//! Several lines of one AS add up.

use std::collections::BTreeMap;
use std::io::BufRead;

use catchment_model::Asn;

pub use crate::delimited::DataError;
use crate::delimited::{self, Column};
use crate::skipped::{Reason, Skipped};

const COLUMNS: [Column; 2] = [
    Column { names: &["asn", "as"], needed: true },
    Column { names: &["share", "weight", "count", "bots"], needed: true },
];

/// Largest share: sums of them stay finite.
const SHARE_MAX: f64 = 1e12;

/// Reads ASes with their shares, by ASN and each once, and what it skipped. A share of 0 is no bot.
///
/// # Errors
/// What the reader returns, or a column is missing.
pub fn read<R: BufRead>(reader: R) -> Result<(Vec<(Asn, f64)>, Skipped), DataError> {
    let mut found: BTreeMap<Asn, f64> = BTreeMap::new();
    let skipped = delimited::read_table(reader, &COLUMNS, |fields| {
        let asn = delimited::asn(fields.needed(0)?)?;
        let share: f64 = fields.needed(1)?.parse().map_err(|_| Reason::BadNumber)?;
        if !(0.0..=SHARE_MAX).contains(&share) {
            return Err(Reason::BadNumber);
        }
        if share > 0.0 {
            *found.entry(asn).or_default() += share;
        }
        Ok(())
    })?;
    Ok((found.into_iter().collect(), skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_nonsense_is_skipped() {
        let text = "\
share,ASN
3,64500
0.5,AS7
1,64500
0,8
-1,9
nan,9
inf,9
,9
1,0
";
        let (found, skipped) = read(text.as_bytes()).unwrap();
        assert_eq!(found, [(Asn(7), 0.5), (Asn(64500), 4.0)]);
        let counts = [(Reason::BadNumber, 3), (Reason::FieldMissing, 1), (Reason::AsnZero, 1)];
        for (reason, count) in counts {
            assert_eq!(skipped.count_of(reason), count, "{reason}");
        }
        assert!(matches!(read("asn\n1\n".as_bytes()), Err(DataError::ColumnMissing { .. })));
    }
}
