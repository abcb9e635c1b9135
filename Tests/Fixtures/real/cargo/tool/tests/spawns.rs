use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

fn tool(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tool"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[test]
fn counts() {
    let mut child = tool(&["count", "count"]).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"one two two").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 two\n1 one\n");
}

#[test]
fn refuses() {
    assert_eq!(tool(&["count", "age"]).status().unwrap().code(), Some(2));
    assert_eq!(tool(&[]).status().unwrap().code(), Some(64));
}

#[test]
fn is_killed() {
    let mut child = tool(&["wait"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

#[test]
fn aborts() {
    assert_eq!(tool(&["abort"]).status().unwrap().signal(), Some(6));
}

#[test]
fn goes_deep() {
    let output = tool(&["spawn", "5"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "bottom\n");
    assert!(output.status.success());
}
