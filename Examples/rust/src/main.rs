//! Keeps numbers by key: `set a 1`, `get a`, `clear`, `abort`.
//!
//! `//= N`: how often the line runs in run.sh.
mod store;

use std::io::BufRead;
use store::Store;

fn obey(store: &mut Store, words: &[&str]) {
    match words {
        ["set", key, number] => {
            let number = number.parse().expect("a number"); //= 4
            store.set(key, number);
        }
        ["get", key] => match store.get(key) {
            Some(number) => println!("{key} is {number}"), //= 2
            None => println!("{key} is not there"),        //= 1
        },
        ["clear"] => store.clear(),
        ["abort"] => std::process::abort(), //= 1
        _ => println!("what is {words:?}?"),
    }
}

fn main() {
    let mut store = Store::default(); //= 4
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        obey(&mut store, &line.split_whitespace().collect::<Vec<_>>());
    }
}
