//! Counts the words of its input; or ends badly.

use std::io::{stdin, stdout, BufReader, Write};
use std::process::{abort, exit, Command};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["count", order] => print(order),
        ["wait"] => wait(), // ran
        ["abort"] => gives_up(), // ran
        ["spawn", depth] => spawn(depth.parse().unwrap()),
        _ => exit(usage()),
    }
}

fn print(order: &str) {
    let order = match words::Order::parse(order) {
        Ok(order) => order,
        Err(problem) => {
            eprintln!("{problem}");
            exit(2)
        }
    };
    for (word, count) in words::sorted(words::count(BufReader::new(stdin())).unwrap(), order) {
        println!("{count} {word}");
    }
}

/// Somebody kills it.
fn wait() {
    println!("ready"); // ran
    stdout().flush().unwrap();
    loop {
        std::thread::park();
    }
}

fn gives_up() {
    eprintln!("gives up"); // ran
    abort() // ran
}

/// A chain of itself.
fn spawn(depth: u32) {
    if depth == 0 {
        return println!("bottom");
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["spawn", &(depth - 1).to_string()])
        .status()
        .unwrap();
    exit(status.code().unwrap_or(1));
}

fn usage() -> i32 {
    eprintln!("usage: tool count ORDER | wait | abort | spawn DEPTH");
    64
}
