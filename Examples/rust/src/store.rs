//! Keys and numbers in memory.
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Store {
    numbers: BTreeMap<String, i64>,
}

impl Store {
    pub fn set(&mut self, key: &str, number: i64) {
        self.numbers.insert(key.to_string(), number); //= 3
    }

    pub fn get(&self, key: &str) -> Option<i64> {
        self.numbers.get(key).copied() //= 3
    }

    pub fn clear(&mut self) {
        self.numbers.clear(); //= 0
    }
}
