//! What a sweep has done so far, on disk: so that one that was killed goes on where it stopped.
//!
//! `FILE.sweep` begins with a line of JSON that says what was asked, and of which worlds; another
//! question is refused. Behind it stand records of fixed size, one for each row, each with a
//! checksum over its number and its values. What is torn or damaged ends the file. `FILE.sites`
//! has the counts of where everybody landed, up to some row; it is replaced as a whole. Rows
//! behind that one are done again, which gives the same.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::exit::Exit;
use crate::report::Failure;

/// Records that are read at once.
const AT_ONCE: usize = 4096;

/// Rows that are done.
#[derive(Debug)]
pub struct Checkpoint {
    file: File,
    path: PathBuf,
    /// Values of a row.
    width: usize,
    /// Bytes before the first record.
    header: u64,
    /// Rows that are there.
    rows: u64,
}

fn beside(out: &Path, extension: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(extension);
    PathBuf::from(name)
}

/// Counts of sites up to a row.
pub struct Counts {
    /// The first row that is not in them.
    pub rows: u64,
    /// As `Certainty::to_bytes` wrote them.
    pub bytes: Vec<u8>,
}

impl Checkpoint {
    /// Opens or creates that of an output file.
    ///
    /// # Errors
    /// If it belongs to another question, another program is at it, or it cannot be read.
    pub fn open(out: &Path, question: &Value, width: usize) -> Result<Checkpoint, Failure> {
        let path = beside(out, ".sweep");
        let name = path.display().to_string();
        let cannot = |error: io::Error| Failure::cannot_write(&format!("`{name}`"), &error);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    Exit::Environment,
                    format!("another sweep is writing `{name}`"),
                )
                .help("wait for it, or give this one another `--out`"));
            }
            // Some file systems have no locks; then nobody else can be seen.
            Err(TryLockError::Error(_)) => {}
        }
        let mut line = serde_json::to_vec(question).expect("it is JSON");
        line.push(b'\n');
        let mut found = Vec::new();
        let head = file.try_clone().map_err(cannot)?;
        read_line(head, &mut found, line.len() + (1 << 20)).map_err(cannot)?;
        let mut checkpoint = Checkpoint { file, path, width, header: line.len() as u64, rows: 0 };
        if found != line {
            // Killed before the line was whole.
            let is_torn = !found.ends_with(b"\n") && line.starts_with(&found);
            if !is_torn {
                return Err(refuse(&name, &found, question));
            }
            checkpoint.file.set_len(0).map_err(cannot)?;
            checkpoint.file.rewind().map_err(cannot)?;
            checkpoint.file.write_all(&line).map_err(cannot)?;
            checkpoint.file.sync_all().map_err(cannot)?;
            return Ok(checkpoint);
        }
        checkpoint.rows = checkpoint.whole_records().map_err(cannot)?;
        checkpoint.truncate(checkpoint.rows)?;
        Ok(checkpoint)
    }

    /// Rows that are there.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn record_bytes(&self) -> usize {
        8 * self.width + 4
    }

    fn cannot(&self, error: &io::Error) -> Failure {
        Failure::cannot_write(&format!("`{}`", self.path.display()), error)
    }

    /// Counts records until one is torn or damaged.
    fn whole_records(&self) -> io::Result<u64> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(self.header))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut record = vec![0; self.record_bytes()];
        for row in 0.. {
            match reader.read_exact(&mut record) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(row),
                Err(error) => return Err(error),
            }
            let (values, sum) = record.split_at(8 * self.width);
            if sum != checksum(row, values) {
                return Ok(row);
            }
        }
        unreachable!("a file ends")
    }

    /// Forgets rows from `rows` on.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn truncate(&mut self, rows: u64) -> Result<(), Failure> {
        self.rows = self.rows.min(rows);
        let end = self.header + self.rows * self.record_bytes() as u64;
        let cut = |file: &mut File| {
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end)).map(|_| ())
        };
        cut(&mut self.file).map_err(|error| self.cannot(&error))
    }

    /// Adds the next row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, values: &[f64]) -> Result<(), Failure> {
        assert_eq!(values.len(), self.width, "a row has so many values");
        let mut record: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let sum = checksum(self.rows, &record);
        record.extend(sum);
        self.file.write_all(&record).map_err(|error| self.cannot(&error))?;
        self.rows += 1;
        Ok(())
    }

    /// Brings to disk what was added.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn sync(&self) -> Result<(), Failure> {
        self.file.sync_data().map_err(|error| self.cannot(&error))
    }

    /// Values of the rows from `first` on, at most `count` rows of them, row by row.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read(&self, first: u64, count: u64) -> Result<Vec<f64>, Failure> {
        let mut values = Vec::new();
        self.each(first, count, |_, row| values.extend_from_slice(row))?;
        Ok(values)
    }

    /// The values of all rows at one place.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn column(&self, place: usize) -> Result<Vec<f64>, Failure> {
        let mut values = Vec::with_capacity(self.rows as usize);
        self.each(0, self.rows, |_, row| values.push(row[place]))?;
        Ok(values)
    }

    fn each(
        &self,
        first: u64,
        count: u64,
        mut act: impl FnMut(u64, &[f64]),
    ) -> Result<(), Failure> {
        let cannot =
            |error: &io::Error| Failure::cannot_read(&self.path.display().to_string(), error);
        let size = self.record_bytes();
        let start = self.header + first * size as u64;
        let open = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(start))?;
            Ok(BufReader::with_capacity(AT_ONCE * size, file))
        };
        let mut reader = open().map_err(|error| cannot(&error))?;
        let mut record = vec![0; size];
        let mut values = Vec::with_capacity(self.width);
        for row in first..self.rows.min(first + count) {
            reader.read_exact(&mut record).map_err(|error| cannot(&error))?;
            values.clear();
            let eights = record[..8 * self.width].chunks_exact(8);
            let value = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("eight bytes"));
            values.extend(eights.map(value));
            act(row, &values);
        }
        Ok(())
    }

    fn counts_path(&self) -> PathBuf {
        self.path.with_extension("sites")
    }

    /// The counts of sites, if they are whole.
    pub fn counts(&self) -> Option<Counts> {
        let whole = fs::read(self.counts_path()).ok()?;
        let (content, sum) = whole.split_at_checked(whole.len().checked_sub(4)?)?;
        let (rows, bytes) = content.split_at_checked(8)?;
        let rows = u64::from_le_bytes(rows.try_into().ok()?);
        (sum == checksum(rows, bytes)).then(|| Counts { rows, bytes: bytes.to_vec() })
    }

    /// Replaces the counts of sites, which are those of all rows so far. Brings the rows to disk
    /// first: counts of rows that are lost would be of no use.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn keep_counts(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.sync()?;
        let path = self.counts_path();
        let part = beside(&path, ".part");
        let write = || {
            let mut file = File::create(&part)?;
            file.write_all(&self.rows.to_le_bytes())?;
            file.write_all(bytes)?;
            file.write_all(&checksum(self.rows, bytes))?;
            file.sync_data()?;
            fs::rename(&part, &path)
        };
        write().map_err(|error| Failure::cannot_write(&format!("`{}`", path.display()), &error))
    }

    /// Removes both files: all is done.
    pub fn remove(self) {
        // What stays is in nobody's way: the same sweep again would only be quick.
        let _ = fs::remove_file(beside(&self.counts_path(), ".part"));
        let _ = fs::remove_file(self.counts_path());
        let _ = fs::remove_file(&self.path);
    }
}

fn checksum(row: u64, values: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&row.to_le_bytes());
    hasher.update(values);
    hasher.finalize().to_le_bytes()
}

/// Reads up to the first line feed, or `most` bytes.
fn read_line(file: File, into: &mut Vec<u8>, most: usize) -> io::Result<()> {
    let mut reader = BufReader::new(file.take(most as u64));
    io::BufRead::read_until(&mut reader, b'\n', into).map(|_| ())
}

/// Says what the other question was.
fn refuse(name: &str, found: &[u8], question: &Value) -> Failure {
    let help =
        format!("give another `--out`, or delete `{name}` if what it has done is no longer wanted");
    let Ok(Value::Object(other)) = serde_json::from_slice::<Value>(found) else {
        return Failure::bad_input(format!("`{name}` is no checkpoint of a sweep")).help(help);
    };
    let ours = question.as_object().expect("a question has keys");
    let differs = ours.iter().find(|(key, value)| other.get(*key) != Some(value));
    let what = match differs {
        Some((key, value)) => {
            let short = |value: &Value| match value {
                Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(_) if value.to_string().len() < 80 => value.to_string(),
                _ => "something else".to_owned(),
            };
            let was = other.get(key).map_or("nothing".to_owned(), short);
            format!(
                ": its {key} is {was}, not {}",
                match short(value) {
                    text if text == "something else" => "this one".to_owned(),
                    text => text,
                }
            )
        }
        None => String::new(),
    };
    Failure::bad_input(format!("`{name}` has begun another sweep{what}")).help(help)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("catchment-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    fn row(number: u64) -> [f64; 2] {
        [number as f64, f64::NAN]
    }

    #[test]
    fn a_torn_or_damaged_record_ends_the_rows() {
        let folder = folder("torn");
        let (out, question) = (folder.join("a.parquet"), json!({"a": 1}));
        let open = || Checkpoint::open(&out, &question, 2).unwrap();
        let mut checkpoint = open();
        assert_eq!(checkpoint.rows(), 0);
        (0..5).for_each(|number| checkpoint.append(&row(number)).unwrap());
        checkpoint.keep_counts(b"abc").unwrap();
        drop(checkpoint);
        let path = beside(&out, ".sweep");
        let whole = fs::read(&path).unwrap();
        for (cut, rows) in [(0, 5), (1, 4), (19, 4), (20, 4), (21, 3), (100, 0), (103, 0)] {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let checkpoint = open();
            assert_eq!(checkpoint.rows(), rows, "{cut} bytes short");
            let first: Vec<f64> = checkpoint.column(0).unwrap();
            assert_eq!(first, (0..rows).map(|row| row as f64).collect::<Vec<_>>());
        }
        for at in whole.len() - 40..whole.len() - 20 {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(open().rows(), 3, "byte {at}");
        }
        // Records that changed their places do not count either.
        let mut swapped = whole.clone();
        let (second, third) = (whole.len() - 80, whole.len() - 60);
        swapped.copy_within(third..third + 20, second);
        fs::write(&path, &swapped).unwrap();
        assert_eq!(open().rows(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn counts_are_whole_or_none() {
        let folder = folder("counts");
        let out = folder.join("a.csv");
        let mut checkpoint = Checkpoint::open(&out, &json!({}), 2).unwrap();
        assert!(checkpoint.counts().is_none());
        checkpoint.append(&row(0)).unwrap();
        checkpoint.keep_counts(b"abc").unwrap();
        let counts = checkpoint.counts().unwrap();
        assert_eq!((counts.rows, &*counts.bytes), (1, &b"abc"[..]));
        let path = checkpoint.counts_path();
        let whole = fs::read(&path).unwrap();
        for cut in 1..=whole.len() {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            assert!(checkpoint.counts().is_none(), "{cut} bytes short");
        }
        checkpoint.remove();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn another_question_is_refused_by_name() {
        let folder = folder("refused");
        let out = folder.join("a.parquet");
        let open = |question: Value| {
            Checkpoint::open(&out, &question, 2).map_err(|it| it.problems[0].message.clone())
        };
        drop(open(json!({"rows": 10, "seed": 1})).unwrap());
        drop(open(json!({"rows": 10, "seed": 1})).unwrap());
        let message = open(json!({"rows": 10, "seed": 2})).unwrap_err();
        assert!(message.ends_with("has begun another sweep: its seed is 1, not 2"), "{message}");
        fs::write(beside(&out, ".sweep"), "dear diary\n").unwrap();
        let message = open(json!({"rows": 10, "seed": 2})).unwrap_err();
        assert!(message.ends_with("is no checkpoint of a sweep"), "{message}");
        // Killed while the first line was written.
        fs::write(beside(&out, ".sweep"), "{\"rows\":1").unwrap();
        assert_eq!(open(json!({"rows": 10, "seed": 2})).unwrap().rows(), 0);
        // Two at once.
        let first = open(json!({"rows": 10, "seed": 2})).unwrap();
        let message = open(json!({"rows": 10, "seed": 2})).unwrap_err();
        assert!(message.starts_with("another sweep is writing"), "{message}");
        drop(first);
        fs::remove_dir_all(folder).unwrap();
    }
}
