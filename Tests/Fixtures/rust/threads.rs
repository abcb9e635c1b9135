use crate::{c, marks::*, Arguments, Death};
use std::thread;

/// Eight threads have counted and still live.
fn start_busy() {
    for number in 0..8 {
        thread::spawn(move || {
            for _ in 0..20000 {
                in_thread_number(number)
            }
            loop {
                unsafe { c::pause() };
            }
        });
    }
    for number in 20..28 {
        while tally_of(number) < 20000 {
            thread::yield_now()
        }
    }
}

/// They never stop counting: bounds, not equality.
fn start_endless() {
    for number in 0..8 {
        thread::spawn(move || loop {
            about_to(20 + number);
            in_thread_number(number)
        });
    }
    for number in 20..28 {
        while tally_of(number) < 1000 {
            thread::yield_now()
        }
    }
}

fn busy_killed(_: &Arguments) -> i32 {
    start_busy();
    before();
    unsafe { c::raise(c::SIGKILL) }
}
fn busy_return(_: &Arguments) -> i32 {
    start_busy();
    before();
    71
}
fn racing_return(_: &Arguments) -> i32 {
    start_endless();
    72
}
fn racing_kill(_: &Arguments) -> i32 {
    start_endless();
    unsafe { c::raise(c::SIGKILL) }
}
fn thread_exit(arguments: &Arguments) -> i32 {
    let plain = arguments.argument.is_none();
    before();
    thread::spawn(move || {
        in_thread();
        if plain {
            std::process::exit(75)
        }
        unsafe { c::_exit(74) }
    });
    loop {
        unsafe { c::pause() };
    }
}
fn thread_killed(arguments: &Arguments) -> i32 {
    let number = arguments.argument.as_ref().map_or(c::SIGKILL, |text| text.parse().unwrap());
    before();
    thread::spawn(move || {
        in_thread();
        unsafe { c::raise(number) }
    });
    loop {
        unsafe { c::pause() };
    }
}
fn thread_panics(_: &Arguments) -> i32 {
    before();
    let thread = thread::spawn(|| {
        in_thread();
        panic!("in a thread")
    });
    if thread.join().is_err() {
        survivor()
    }
    78
}

pub const DEATHS: &[(&str, Death)] = &[
    ("busy-killed", busy_killed),
    ("busy-return", busy_return),
    ("racing-return", racing_return),
    ("racing-kill", racing_kill),
    ("thread-exit", thread_exit),
    ("thread-killed", thread_killed),
    ("panic-thread", thread_panics),
];
