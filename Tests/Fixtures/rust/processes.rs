use crate::{c, marks::*, Arguments, Death};
use std::ffi::CString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;
use std::ptr::null;

fn forked(fork: unsafe extern "C" fn() -> i32, end: fn(&Arguments), arguments: &Arguments) -> i32 {
    times(3, before);
    let pid = unsafe { fork() };
    if pid == 0 {
        times(5, child);
        end(arguments)
    }
    c::reap("child", pid);
    times(2, parent_goes_on);
    40
}
fn child_ends(arguments: &Arguments) {
    unsafe {
        match arguments.argument.as_deref() {
            Some("kill") => {
                c::raise(c::SIGKILL);
            }
            Some("_exit") => c::_exit(41),
            Some("term") => {
                c::raise(c::SIGTERM);
            }
            Some("abort") => c::abort(),
            _ => c::exit(42),
        }
    }
}
fn fork(arguments: &Arguments) -> i32 {
    c::no_core();
    forked(c::fork, child_ends, arguments)
}
fn raw_fork(arguments: &Arguments) -> i32 {
    forked(c::_Fork, |_| unsafe { c::raise(c::SIGKILL); }, arguments);
    0
}
fn fork_both_killed(_: &Arguments) -> i32 {
    before();
    unsafe {
        let pid = c::fork();
        if pid == 0 {
            child();
            c::raise(c::SIGKILL);
        }
        c::waitpid(pid, &mut 0, 0);
        parent_goes_on();
        c::raise(c::SIGKILL);
    }
    0
}
fn chain(_: &Arguments) -> i32 {
    for depth in 0..12 {
        unsafe {
            let pid = c::fork();
            if pid != 0 {
                let mut status = 0;
                c::waitpid(pid, &mut status, 0);
                if depth == 0 {
                    c::say_status("first", status);
                    parent_goes_on();
                    return 0;
                }
                if depth % 3 == 0 {
                    c::raise(c::SIGKILL);
                }
                if depth % 3 == 1 {
                    c::_exit(depth)
                }
                c::exit(depth)
            }
        }
        child()
    }
    unsafe { c::raise(c::SIGKILL) }
}
fn double_fork(_: &Arguments) -> i32 {
    unsafe {
        c::prctl(36, 1, 0, 0, 0);
        before();
        let pid = c::fork();
        if pid == 0 {
            c::setsid();
            child();
            if c::fork() == 0 {
                times(4, grandchild);
                c::raise(c::SIGKILL);
            }
            c::_exit(0)
        }
        let (mut status, mut count, mut signalled) = (0, 0, 0);
        while c::waitpid(-1, &mut status, 0) > 0 {
            count += 1;
            signalled += if status & 0x7f == 0 { 0 } else { 1 };
        }
        println!("root: {count} reaped, {signalled} by a signal");
    }
    parent_goes_on();
    0
}
fn each_raise(_: &Arguments) -> i32 {
    c::no_core();
    let fatal = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31, 34, 35,
        50, 64,
    ];
    for number in fatal {
        let pid = unsafe { c::fork() };
        if pid == 0 {
            unsafe {
                c::signal(number, 0); // Rust ignores SIGPIPE, and handles two faults
                child();
                c::raise(number);
                after();
                c::_exit(0)
            }
        }
        c::reap("child", pid)
    }
    parent_goes_on();
    0
}
fn random_kills(arguments: &Arguments) -> i32 {
    let rounds: u32 = arguments.argument.as_ref().map_or(300, |text| text.parse().unwrap());
    for round in 0..rounds {
        unsafe {
            let pid = c::fork();
            if pid == 0 {
                loop {
                    about_to(15);
                    worker()
                }
            }
            c::usleep(round * 7919 % 400);
            loop {
                c::kill(pid, c::SIGSTOP);
                if c::waitpid(pid, &mut 0, c::WUNTRACED) < 0 || about_of(15) == tally_of(15) {
                    break;
                }
                c::kill(pid, c::SIGCONT);
                c::usleep(10);
            }
            c::kill(pid, c::SIGKILL);
            c::waitpid(pid, &mut 0, 0);
        }
    }
    parent_goes_on();
    0
}

fn again_dies(arguments: &Arguments) -> i32 {
    if let Ok(fixture) = std::env::var("FIXTURE") {
        println!("FIXTURE={fixture}")
    }
    again();
    if arguments.argument.as_deref() == Some("kill") {
        unsafe { c::raise(c::SIGKILL) };
    }
    51
}
fn lives(arguments: &Arguments) -> i32 {
    let left: i32 = arguments.argument.as_ref().map_or(20, |text| text.parse().unwrap());
    again();
    if left == 0 {
        unsafe { c::raise(c::SIGKILL) };
    }
    let _ = itself(arguments, "lives").arg((left - 1).to_string()).exec();
    97
}
fn itself(arguments: &Arguments, death: &str) -> Command {
    let mut command = Command::new(&arguments.program);
    command.arg(&arguments.tally).arg(death);
    command
}
fn execv(arguments: &Arguments) -> i32 {
    before();
    let _ = itself(arguments, "again").exec();
    after();
    97
}
fn env_empty(arguments: &Arguments) -> i32 {
    let strings: Vec<CString> = [&arguments.program, &arguments.tally, "again"]
        .iter()
        .map(|text| CString::new(*text).unwrap())
        .collect();
    let vector = [strings[0].as_ptr(), strings[1].as_ptr(), strings[2].as_ptr(), null()];
    before();
    unsafe { c::execve(vector[0], vector.as_ptr(), [null()].as_ptr()) };
    after();
    97
}
fn env_cleared(arguments: &Arguments) -> i32 {
    before();
    let _ = itself(arguments, "again").env_clear().env("FIXTURE", "cleared").exec();
    after();
    97
}
fn exec_other(_: &Arguments) -> i32 {
    before();
    let _ = Command::new("/bin/sh").arg("-c").arg("kill -9 $$").exec();
    after();
    97
}
fn spawned(mut command: Command) -> i32 {
    before();
    c::say_status("child", command.status().unwrap().into_raw());
    parent_goes_on();
    66
}
fn spawn(arguments: &Arguments) -> i32 {
    let mut command = itself(arguments, "again");
    command.arg("kill");
    spawned(command)
}
fn spawn_environment(arguments: &Arguments) -> i32 {
    let mut command = itself(arguments, "again");
    command.env_clear().env("FIXTURE", "spawn");
    spawned(command)
}
// A hook in the child makes the standard library fork instead of posix_spawn.
fn spawn_forked(arguments: &Arguments) -> i32 {
    let mut command = itself(arguments, "again");
    unsafe {
        command.pre_exec(|| {
            child();
            Ok(())
        });
    }
    spawned(command)
}
fn system(arguments: &Arguments) -> i32 {
    let line = format!("'{}' '{}' again kill", arguments.program, arguments.tally);
    before();
    c::say_status("system", unsafe { c::system(CString::new(line).unwrap().as_ptr()) });
    parent_goes_on();
    67
}

pub const DEATHS: &[(&str, Death)] = &[
    ("fork", fork),
    ("_Fork", raw_fork),
    ("fork-both-killed", fork_both_killed),
    ("chain", chain),
    ("double-fork", double_fork),
    ("each-raise", each_raise),
    ("random-kills", random_kills),
    ("again", again_dies),
    ("lives", lives),
    ("execv", execv),
    ("env-empty", env_empty),
    ("env-cleared", env_cleared),
    ("exec-other", exec_other),
    ("spawn", spawn),
    ("spawn-environment", spawn_environment),
    ("spawn-forked", spawn_forked),
    ("system", system),
];
