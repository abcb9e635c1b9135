use crate::{c, marks::*, Arguments, Death};
use std::hint::black_box;

fn code(arguments: &Arguments, otherwise: i32) -> i32 {
    arguments.argument.as_ref().map_or(otherwise, |text| text.parse().unwrap())
}

extern "C" fn ends_here() {
    at_end()
}
extern "C" fn kills() {
    at_end();
    unsafe { c::raise(c::SIGKILL) };
}

fn by_return(arguments: &Arguments) -> i32 {
    unsafe { c::atexit(ends_here) };
    times(3, before);
    code(arguments, 3)
}
fn by_exit(arguments: &Arguments) -> i32 {
    unsafe { c::atexit(ends_here) };
    before();
    std::process::exit(code(arguments, 4))
}
fn kill_in_atexit(_: &Arguments) -> i32 {
    unsafe { c::atexit(kills) };
    before();
    0
}
fn by__exit(arguments: &Arguments) -> i32 {
    before();
    unsafe { c::_exit(code(arguments, 5)) }
}
fn by__Exit(arguments: &Arguments) -> i32 {
    before();
    unsafe { c::_Exit(code(arguments, 6)) }
}
fn by_quick_exit(arguments: &Arguments) -> i32 {
    before();
    unsafe { c::quick_exit(code(arguments, 7)) }
}
fn by_abort(_: &Arguments) -> i32 {
    c::no_core();
    before();
    std::process::abort()
}
fn by_exit_group(arguments: &Arguments) -> i32 {
    before();
    let number = if cfg!(target_arch = "x86_64") { 231 } else { 94 };
    unsafe { c::syscall(number, code(arguments, 8)) };
    after();
    0
}
fn by_panic(_: &Arguments) -> i32 {
    before();
    panic!("meant")
}
fn by_unwrap(_: &Arguments) -> i32 {
    before();
    let nothing: Option<i32> = black_box(None);
    nothing.unwrap()
}
fn out_of_bounds(_: &Arguments) -> i32 {
    before();
    [1, 2, 3][black_box(7)]
}
fn overflow(_: &Arguments) -> i32 {
    before();
    black_box(i32::MAX) + black_box(1)
}
fn division(_: &Arguments) -> i32 {
    before();
    black_box(1) / black_box(0)
}
fn caught(_: &Arguments) -> i32 {
    let result = std::panic::catch_unwind(|| {
        before();
        panic!("caught")
    });
    if result.is_err() {
        survivor()
    }
    77
}

struct Panics;
impl Drop for Panics {
    fn drop(&mut self) {
        handled();
        panic!("again")
    }
}
fn double_panic(_: &Arguments) -> i32 {
    c::no_core();
    let _panics = Panics;
    before();
    panic!("once")
}

fn deeper(depth: u64) -> u64 {
    let room = black_box([depth; 128]);
    deeper(depth + 1) + room[7]
}
fn stack_overflow(_: &Arguments) -> i32 {
    c::no_core();
    before();
    deeper(0) as i32
}
fn null_store(_: &Arguments) -> i32 {
    c::no_core();
    before();
    unsafe { *black_box(8 as *mut i32) = 1 };
    after();
    0
}
fn by_kill(arguments: &Arguments) -> i32 {
    c::no_core();
    before();
    unsafe { c::kill(std::process::id() as i32, code(arguments, c::SIGTERM)) };
    after();
    0
}
fn by_raise(arguments: &Arguments) -> i32 {
    c::no_core();
    before();
    unsafe { c::raise(code(arguments, c::SIGTERM)) };
    after();
    0
}
fn ignored(arguments: &Arguments) -> i32 {
    unsafe { c::signal(code(arguments, c::SIGTERM), 1) };
    before();
    unsafe { c::raise(code(arguments, c::SIGTERM)) };
    survivor();
    0
}

extern "C" fn only_handled(_: i32) {
    handled()
}
extern "C" fn leaves(number: i32) {
    handled();
    unsafe { c::_exit(100 + number) }
}
extern "C" fn reraises(number: i32) {
    handled();
    unsafe {
        c::signal(number, 0);
        c::raise(number);
    }
}
fn handler_returns(_: &Arguments) -> i32 {
    unsafe {
        c::signal(c::SIGTERM, only_handled as extern "C" fn(i32) as usize);
        c::raise(c::SIGTERM);
        c::kill(std::process::id() as i32, c::SIGTERM);
    }
    survivor();
    31
}
fn handler_exits(_: &Arguments) -> i32 {
    unsafe { c::signal(c::SIGTERM, leaves as extern "C" fn(i32) as usize) };
    before();
    unsafe { c::raise(c::SIGTERM) };
    after();
    0
}
fn handler_reraises(_: &Arguments) -> i32 {
    unsafe { c::signal(c::SIGTERM, reraises as extern "C" fn(i32) as usize) };
    before();
    unsafe { c::raise(c::SIGTERM) };
    after();
    0
}

fn normal(arguments: &Arguments) -> i32 {
    let mut sum = 0;
    for i in 0..100 {
        if i % 3 == 0 && i % 5 != 0 {
            sum += i
        } else if i > 1000 {
            never()
        }
        match i % 4 {
            0 => sum ^= 1,
            3 => sum += 2,
            _ => sum = if sum > 500 { sum - 1 } else { sum + 1 },
        }
    }
    before();
    println!("sum {sum}");
    code(arguments, 0)
}

pub const DEATHS: &[(&str, Death)] = &[
    ("return", by_return),
    ("exit", by_exit),
    ("kill-in-atexit", kill_in_atexit),
    ("_exit", by__exit),
    ("_Exit", by__Exit),
    ("quick_exit", by_quick_exit),
    ("abort", by_abort),
    ("exit_group", by_exit_group),
    ("panic", by_panic),
    ("panic-unwrap", by_unwrap),
    ("panic-bounds", out_of_bounds),
    ("panic-overflow", overflow),
    ("panic-division", division),
    ("panic-caught", caught),
    ("panic-twice", double_panic),
    ("stack-overflow-abort", stack_overflow),
    ("null-store", null_store),
    ("kill", by_kill),
    ("raise", by_raise),
    ("ignored", ignored),
    ("handler-returns", handler_returns),
    ("handler-_exit", handler_exits),
    ("handler-reraises", handler_reraises),
    ("normal", normal),
];
