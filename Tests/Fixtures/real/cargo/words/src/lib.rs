//! Counts words, in generic code that the other crates instantiate.

use std::collections::BTreeMap;
use std::io::BufRead;

#[derive(macros::Named, Clone, Copy, PartialEq, Debug)]
pub enum Order {
    Alphabet,
    Count,
}

impl Order {
    pub fn parse(text: &str) -> Result<Order, String> {
        for order in [Order::Alphabet, Order::Count] {
            if order.name() == text {
                return Ok(order);
            }
        }
        Err(format!("no order {text}"))
    }
}

pub fn count<R: BufRead>(input: R) -> std::io::Result<BTreeMap<String, usize>> {
    let mut words = BTreeMap::new();
    for line in input.lines() {
        for word in line?.split_whitespace() {
            *words.entry(word.to_string()).or_insert(0) += 1;
        }
    }
    Ok(words)
}

pub fn sorted(words: BTreeMap<String, usize>, order: Order) -> Vec<(String, usize)> {
    let mut rows: Vec<(String, usize)> = words.into_iter().collect();
    if order == Order::Count {
        rows.sort_by(|a, b| b.1.cmp(&a.1));
    }
    rows
}

/// ```
/// assert_eq!(words::longest(&["a", "bcd"]), Some("bcd"));
/// ```
pub fn longest<'a>(words: &[&'a str]) -> Option<&'a str> {
    words.iter().copied().max_by_key(|word| word.len()) // ran
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let words = count("b a b".as_bytes()).unwrap();
        assert_eq!(sorted(words.clone(), Order::Alphabet)[0], ("a".into(), 1));
        assert_eq!(sorted(words, Order::Count)[0], ("b".into(), 2));
    }

    #[test]
    fn orders() {
        assert_eq!(Order::parse("count"), Ok(Order::Count));
        assert!(Order::parse("age").is_err());
    }

    #[test]
    #[should_panic(expected = "no order")]
    fn panics() {
        Order::parse("size").unwrap();
    }

    #[test]
    fn threads() {
        let handles: Vec<_> = (0..4)
            .map(|n| std::thread::spawn(move || count("x ".repeat(n).as_bytes()).unwrap().len()))
            .collect();
        let total: usize = handles.into_iter().map(|handle| handle.join().unwrap()).sum();
        assert_eq!(total, 3);
    }
}
