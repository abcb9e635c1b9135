//! A small calculator language: assignments, `print`, `repeat`, and calls of built-in functions.
//! It ends well, by panic, by abort, or serves for ever until somebody kills it.
mod crash;
mod drive;
mod lexer;
mod machine;
mod parser;
mod tally;

use std::process::ExitCode;

use machine::Machine;

/// Runs the script and prints what it prints.
fn interpret(source: &str) -> Result<Machine, String> {
    let tokens = lexer::tokens(source)?;
    let program = parser::parse(&tokens)?;
    let mut machine = Machine::default();
    machine.run(&program)?;
    Ok(machine)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", path] => run(path),
        ["panic", path] => crash::panics(path),
        ["abort", path] => crash::aborts(path),
        ["selftest"] => crash::selftest(),
        ["serve", tally, slot, path] => drive::serve(tally, slot.parse().unwrap(), path),
        ["drive", tally, runs, seed, path] => {
            drive::drive(tally, runs.parse().unwrap(), seed.parse().unwrap(), path)
        }
        _ => {
            eprintln!("usage: calc run|panic|abort|selftest|serve|drive …");
            ExitCode::from(64)
        }
    }
}

fn run(path: &str) -> ExitCode {
    let source = std::fs::read_to_string(path).expect("a script");
    match interpret(&source) {
        Ok(machine) => {
            print!("{}", machine.output());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("calc: {message}");
            ExitCode::FAILURE
        }
    }
}
