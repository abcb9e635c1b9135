//! Characters to tokens.

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(i64),
    Name(String),
    Sign(char),
}

pub fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut result = Vec::new();
    let mut rest = source.chars().peekable();
    while let Some(&next) = rest.peek() {
        if next.is_whitespace() {
            rest.next();
        } else if next == '#' {
            while rest.next().is_some_and(|c| c != '\n') {}
        } else if next.is_ascii_digit() {
            let mut value: i64 = 0;
            while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                value = value
                    .checked_mul(10)
                    .and_then(|v| v.checked_add(i64::from(digit)))
                    .ok_or("a number is too large")?;
                rest.next();
            }
            result.push(Token::Number(value));
        } else if next.is_alphabetic() || next == '_' {
            let mut name = String::new();
            while let Some(&c) = rest.peek() {
                if !c.is_alphanumeric() && c != '_' {
                    break;
                }
                name.push(c);
                rest.next();
            }
            result.push(Token::Name(name));
        } else if "+-*/%(){};=,<".contains(next) {
            result.push(Token::Sign(next));
            rest.next();
        } else {
            return Err(format!("what is {next:?}?"));
        }
    }
    Ok(result)
}
