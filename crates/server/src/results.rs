//! The results that the server keeps, by hash: so many, and so many bytes, the last used longest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by hash.
pub(crate) struct Results<T> {
    table: Mutex<Table<T>>,
    bytes_max: usize,
    count_max: usize,
}

struct Table<T> {
    by_hash: BTreeMap<String, Kept<T>>,
    bytes: usize,
    /// Counts uses, so that the last one is the largest.
    uses: u64,
}

struct Kept<T> {
    value: Arc<T>,
    /// What was asked for, to the letter.
    request: String,
    bytes: usize,
    used: u64,
}

impl<T> Results<T> {
    /// Keeps so many of so many bytes together, but the last one always.
    pub(crate) fn new(bytes_max: usize, count_max: usize) -> Results<T> {
        let table = Table { by_hash: BTreeMap::new(), bytes: 0, uses: 0 };
        Results { table: Mutex::new(table), bytes_max, count_max }
    }

    /// How many there are, and their bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        (table.by_hash.len(), table.bytes)
    }

    /// Keeps a value. Answers with those that had to go for it, since to free them takes a while:
    /// that is for the caller to do, where nobody waits. Whoever reads one keeps it alive.
    #[must_use = "what is not kept any more takes a while to be freed"]
    pub(crate) fn put(
        &self,
        hash: String,
        request: String,
        value: Arc<T>,
        bytes: usize,
    ) -> Vec<Arc<T>> {
        let mut gone = Vec::new();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = bytes + request.len();
        table.uses += 1;
        let kept = Kept { value, request, bytes, used: table.uses };
        table.bytes += bytes;
        if let Some(old) = table.by_hash.insert(hash, kept) {
            table.bytes -= old.bytes;
            gone.push(old.value);
        }
        while table.by_hash.len() > 1
            && (table.bytes > self.bytes_max || table.by_hash.len() > self.count_max)
        {
            let oldest = table.by_hash.iter().min_by_key(|(_, kept)| kept.used);
            let Some(hash) = oldest.map(|(hash, _)| hash.clone()) else { break };
            if let Some(dropped) = table.by_hash.remove(&hash) {
                table.bytes -= dropped.bytes;
                gone.push(dropped.value);
            }
        }
        gone
    }

    /// The value of this hash.
    pub(crate) fn get(&self, hash: &str) -> Option<Arc<T>> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.uses += 1;
        let used = table.uses;
        let kept = table.by_hash.get_mut(hash)?;
        kept.used = used;
        Some(Arc::clone(&kept.value))
    }

    /// The hash of what came of this request before.
    pub(crate) fn find(&self, request: &str) -> Option<String> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let found = table.by_hash.iter().find(|(_, kept)| kept.request == request);
        found.map(|(hash, _)| hash.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_longest_goes_first() {
        let results = Results::new(100, 3);
        let put = |hash: &str, bytes| {
            let gone =
                results.put(hash.to_owned(), String::new(), Arc::new(hash.to_owned()), bytes);
            gone.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(put("a", 40).is_empty() && put("b", 40).is_empty());
        assert!(results.get("a").is_some());
        assert_eq!(put("c", 40), ["b"], "whoever puts frees what had to go");
        assert!(results.get("b").is_none() && results.get("a").is_some());
        let held = results.get("a").unwrap();
        assert_eq!(put("d", 500), ["c", "a"]);
        assert_eq!(results.size(), (1, 500), "one too large for all stays alone");
        assert_eq!(*held, "a", "who reads keeps alive");
        assert_eq!(put("d", 1), ["d"]);
        assert_eq!(results.size(), (1, 1));
    }

    #[test]
    fn a_request_is_found_again() {
        let results = Results::new(100, 3);
        assert!(results.put("hash".into(), "request".into(), Arc::new(()), 0).is_empty());
        assert_eq!(results.find("request").as_deref(), Some("hash"));
        assert_eq!(results.find("other"), None);
    }
}
