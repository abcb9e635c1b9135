//! Runs in the compiler: `rustc` loads it as a library.

use proc_macro::{TokenStream, TokenTree};

/// `#[derive(Named)]` gives an enum without fields a function `name`.
#[proc_macro_derive(Named)]
pub fn named(input: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = input.into_iter().collect();
    let mut kind = None;
    let mut variants = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word.to_string() == "enum" => kind = Some(tokens[index + 1].to_string()),
            TokenTree::Group(group) if kind.is_some() => variants = names(group.stream()),
            _ => {}
        }
    }
    match kind {
        Some(kind) => text(&kind, &variants).parse().unwrap(),
        None => refuse("only an enum has names"),
    }
}

fn names(stream: TokenStream) -> Vec<String> {
    stream
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        })
        .collect()
}

fn text(kind: &str, variants: &[String]) -> String {
    let arms: String = variants
        .iter()
        .map(|name| format!("{kind}::{name} => \"{}\",", name.to_lowercase()))
        .collect();
    format!("impl {kind} {{ pub fn name(&self) -> &'static str {{ match self {{ {arms} }} }} }}")
}

/// Never called by this workspace.
fn refuse(message: &str) -> TokenStream {
    format!("compile_error!(\"{message}\");").parse().unwrap()
}
