//! A Rust program that ends in every way that Rust can express: `deaths TALLY DEATH [ARGUMENT]`.
#![allow(dead_code, non_snake_case, unreachable_code, unconditional_panic, unconditional_recursion)]

mod c;
mod ends;
mod marks;
mod processes;
mod threads;

pub struct Arguments {
    program: String,
    tally: String,
    argument: Option<String>,
}

pub type Death = fn(&Arguments) -> i32;

fn main() {
    let line: Vec<String> = std::env::args().collect();
    let families = [ends::DEATHS, processes::DEATHS, threads::DEATHS];
    let death = families
        .iter()
        .flat_map(|family| family.iter())
        .find(|death| line.len() >= 3 && death.0 == line[2]);
    let Some((_, run)) = death.filter(|_| marks::open_tally(&line[1])) else {
        eprintln!("usage: deaths TALLY DEATH [ARGUMENT]");
        std::process::exit(98)
    };
    marks::about_to(0);
    marks::entry();
    std::process::exit(run(&Arguments {
        program: line[0].clone(),
        tally: line[1].clone(),
        argument: line.get(3).cloned(),
    }))
}
