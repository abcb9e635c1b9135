//! The ways in which this program ends badly, and its own tests of them.

use std::panic;
use std::process::ExitCode;

use crate::interpret;

/// The script divides by zero, and nobody catches that.
pub fn panics(path: &str) -> ExitCode {
    let source = std::fs::read_to_string(path).expect("a script");
    let _ = interpret(&source);
    let _ = interpret("print 1 / 0;"); // line "divides"
    never_reached()
}

/// The script calls crash() in the middle.
pub fn aborts(path: &str) -> ExitCode {
    let source = std::fs::read_to_string(path).expect("a script");
    let _ = interpret(&source);
    let _ = interpret("print crash();");
    never_reached()
}

#[inline(never)]
pub fn give_up() -> Result<i64, String> {
    std::process::abort() // line "gives up"
}

#[inline(never)]
fn never_reached() -> ExitCode {
    ExitCode::FAILURE // line "never"
}

/// Panics that are caught, errors that are told; the process ends well.
pub fn selftest() -> ExitCode {
    panic::set_hook(Box::new(|_| {}));
    let cases = [
        ("print 2 + 3 * 4;", Some("14\n1 steps\n")),
        ("a = 7; repeat 3 { a = a * 2; } print a;", Some("56\n6 steps\n")),
        ("print gcd(12, 18) + max(1, 5, 3) - min(2, 1);", Some("10\n1 steps\n")),
        ("print (1 < 2) + 7 % 4;", Some("4\n1 steps\n")),
        ("print 7 % 0;", None),
        ("print unknown;", None),
        ("print 99999999999999999999;", None),
        ("print 1", None),
        ("5 = 5;", None),
        ("print ?;", None),
        ("print f(1);", None),
    ];
    let mut failures = 0;
    for (source, expected) in cases {
        let output = interpret(source).map(|machine| machine.output()).ok();
        failures += u8::from(output.as_deref() != expected);
    }
    let caught = panic::catch_unwind(|| interpret("print 1 / 0;").is_ok());
    failures += u8::from(caught.is_ok());
    let thread = std::thread::spawn(|| interpret("a = 1; print a / (a - 1);").is_ok());
    failures += u8::from(thread.join().is_ok());
    println!("{failures} failures");
    ExitCode::from(failures)
}
