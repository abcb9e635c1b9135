//! The part of the C library that the deaths need; no crate is.
use std::os::raw::{c_char, c_int, c_long, c_void};

pub const O_RDWR: c_int = 2 | 0o2000000; // and O_CLOEXEC
pub const SIGABRT: c_int = 6;
pub const SIGKILL: c_int = 9;
pub const SIGTERM: c_int = 15;
pub const SIGCONT: c_int = 18;
pub const SIGSTOP: c_int = 19;
pub const WUNTRACED: c_int = 2;

extern "C" {
    pub fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    pub fn close(descriptor: c_int) -> c_int;
    pub fn mmap(at: *mut c_void, size: usize, protection: c_int, flags: c_int, fd: c_int,
                offset: c_long) -> *mut c_void;
    pub fn fork() -> c_int;
    pub fn _Fork() -> c_int;
    pub fn setsid() -> c_int;
    pub fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    pub fn kill(pid: c_int, signal: c_int) -> c_int;
    pub fn raise(signal: c_int) -> c_int;
    pub fn signal(number: c_int, handler: usize) -> usize;
    pub fn pause() -> c_int;
    pub fn prctl(option: c_int, ...) -> c_int;
    pub fn syscall(number: c_long, ...) -> c_long;
    pub fn usleep(microseconds: u32) -> c_int;
    pub fn exit(code: c_int) -> !;
    pub fn _exit(code: c_int) -> !;
    pub fn _Exit(code: c_int) -> !;
    pub fn quick_exit(code: c_int) -> !;
    pub fn abort() -> !;
    pub fn atexit(function: extern "C" fn()) -> c_int;
    pub fn execv(path: *const c_char, argv: *const *const c_char) -> c_int;
    pub fn execve(path: *const c_char, argv: *const *const c_char,
                  envp: *const *const c_char) -> c_int;
    pub fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
    pub fn pthread_exit(value: *mut c_void) -> !;
    pub fn system(command: *const c_char) -> c_int;
}

pub fn no_core() {
    unsafe { setrlimit(4, &[0, 0]) };
}

/// What wait(2) said, in the words of the other fixtures.
pub fn say_status(who: &str, status: c_int) {
    if status & 0x7f != 0 {
        println!("{who}: signal {}", status & 0x7f)
    } else {
        println!("{who}: exit {}", (status >> 8) & 0xff)
    }
}

pub fn reap(who: &str, pid: c_int) {
    let mut status = 0;
    unsafe { waitpid(pid, &mut status, 0) };
    say_status(who, status)
}
