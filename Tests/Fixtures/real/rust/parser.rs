//! Tokens to a program, by recursive descent.

use crate::lexer::Token;

#[derive(Clone, Debug)]
pub enum Term {
    Number(i64),
    Name(String),
    Call(String, Vec<Term>),
    Both(char, Box<Term>, Box<Term>),
}

#[derive(Clone, Debug)]
pub enum Step {
    Let(String, Term),
    Print(Term),
    Repeat(Term, Vec<Step>),
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

pub fn parse(tokens: &[Token]) -> Result<Vec<Step>, String> {
    let mut parser = Parser { tokens, at: 0 };
    let mut steps = Vec::new();
    while parser.at < tokens.len() {
        steps.push(parser.step()?);
    }
    Ok(steps)
}

impl Parser<'_> {
    fn take(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).ok_or("the script ends too early")?;
        self.at += 1;
        Ok(token.clone())
    }

    fn sees(&mut self, sign: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.sees(sign) {
            return Ok(());
        }
        Err(format!("expected {sign:?} at token {}", self.at))
    }

    fn step(&mut self) -> Result<Step, String> {
        let Token::Name(word) = self.take()? else {
            return Err("a step begins with a name".to_string());
        };
        let step = match word.as_str() {
            "print" => Step::Print(self.sum()?),
            "repeat" => {
                let count = self.sum()?;
                self.expect('{')?;
                let mut body = Vec::new();
                while !self.sees('}') {
                    body.push(self.step()?);
                }
                return Ok(Step::Repeat(count, body));
            }
            _ => {
                self.expect('=')?;
                Step::Let(word, self.sum()?)
            }
        };
        self.expect(';')?;
        Ok(step)
    }

    fn sum(&mut self) -> Result<Term, String> {
        self.chain(&['+', '-', '<'], Self::product)
    }

    fn product(&mut self) -> Result<Term, String> {
        self.chain(&['*', '/', '%'], Self::atom)
    }

    fn chain(
        &mut self,
        signs: &[char],
        part: fn(&mut Self) -> Result<Term, String>,
    ) -> Result<Term, String> {
        let mut left = part(self)?;
        while let Some(&sign) = signs.iter().find(|&&sign| self.sees(sign)) {
            left = Term::Both(sign, Box::new(left), Box::new(part(self)?));
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Term, String> {
        if self.sees('(') {
            let term = self.sum()?;
            self.expect(')')?;
            return Ok(term);
        }
        match self.take()? {
            Token::Number(value) => Ok(Term::Number(value)),
            Token::Name(name) if self.sees('(') => {
                let mut arguments = Vec::new();
                while !self.sees(')') {
                    arguments.push(self.sum()?);
                    self.sees(',');
                }
                Ok(Term::Call(name, arguments))
            }
            Token::Name(name) => Ok(Term::Name(name)),
            Token::Sign(sign) => Err(format!("unexpected {sign:?}")),
        }
    }
}
