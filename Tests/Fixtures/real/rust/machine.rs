//! Runs a program.

use std::collections::BTreeMap;

use crate::parser::{Step, Term};

#[derive(Default)]
pub struct Machine {
    names: BTreeMap<String, i64>,
    printed: Vec<String>,
    steps: u64,
}

impl Machine {
    pub fn run(&mut self, program: &[Step]) -> Result<(), String> {
        for step in program {
            self.steps += 1;
            match step {
                Step::Let(name, term) => {
                    let value = self.value(term)?;
                    self.names.insert(name.clone(), value);
                }
                Step::Print(term) => {
                    let value = self.value(term)?;
                    self.printed.push(value.to_string());
                }
                Step::Repeat(count, body) => {
                    for _ in 0..self.value(count)? {
                        self.run(body)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub fn output(&self) -> String {
        let mut text = self.printed.join("\n");
        text.push_str(&format!("\n{} steps\n", self.steps));
        text
    }

    fn value(&self, term: &Term) -> Result<i64, String> {
        match term {
            Term::Number(value) => Ok(*value),
            Term::Name(name) => self
                .names
                .get(name)
                .copied()
                .ok_or_else(|| format!("{name} has no value")),
            Term::Call(name, arguments) => {
                let values: Result<Vec<i64>, String> =
                    arguments.iter().map(|term| self.value(term)).collect();
                built_in(name, &values?)
            }
            Term::Both(sign, left, right) => combine(*sign, self.value(left)?, self.value(right)?),
        }
    }
}

fn combine(sign: char, left: i64, right: i64) -> Result<i64, String> {
    Ok(match sign {
        '+' => left.wrapping_add(right),
        '-' => left.wrapping_sub(right),
        '*' => left.wrapping_mul(right),
        '<' => i64::from(left < right),
        '/' => left / right, // by zero: a panic of the language
        '%' if right == 0 => return Err("a remainder by zero".to_string()),
        '%' => left % right,
        _ => unreachable!("the parser knows no other"),
    })
}

fn built_in(name: &str, values: &[i64]) -> Result<i64, String> {
    match (name, values) {
        ("max", [first, rest @ ..]) => Ok(rest.iter().fold(*first, |a, b| a.max(*b))),
        ("min", [first, rest @ ..]) => Ok(rest.iter().fold(*first, |a, b| a.min(*b))),
        ("gcd", [a, b]) => {
            let (mut a, mut b) = (a.abs(), b.abs());
            while b != 0 {
                (a, b) = (b, a % b);
            }
            Ok(a)
        }
        ("crash", []) => crate::crash::give_up(),
        _ => Err(format!("no function {name} of {} values", values.len())),
    }
}
