//! The marked lines, numbered as those of the C program, and the tally that counts them too.
use crate::c;
use std::ffi::CString;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::SeqCst};

static TALLY: AtomicPtr<AtomicU64> = AtomicPtr::new(std::ptr::null_mut());

/// Maps the tally: a file that every process of the run shares and no death can take away.
pub fn open_tally(path: &str) -> bool {
    let path = CString::new(path).unwrap();
    unsafe {
        let descriptor = c::open(path.as_ptr(), c::O_RDWR);
        if descriptor < 0 {
            return false;
        }
        let map = c::mmap(std::ptr::null_mut(), 4096, 3, 1, descriptor, 0);
        c::close(descriptor);
        TALLY.store(map as *mut AtomicU64, SeqCst);
        map as isize != -1
    }
}

fn word(number: usize) -> &'static AtomicU64 {
    unsafe { &*TALLY.load(SeqCst).add(number) }
}
#[inline(never)]
pub fn mark(number: usize) {
    word(number).fetch_add(1, SeqCst);
}
#[inline(never)]
pub fn about_to(number: usize) {
    word(128 + number).fetch_add(1, SeqCst);
}
pub fn tally_of(number: usize) -> u64 {
    word(number).load(SeqCst)
}
pub fn about_of(number: usize) -> u64 {
    word(128 + number).load(SeqCst)
}

#[rustfmt::skip]
mod lines {
    use super::mark;
    #[inline(never)] pub fn entry() { mark(0) }
    #[inline(never)] pub fn before() { mark(1) }
    #[inline(never)] pub fn after() { mark(2) }
    #[inline(never)] pub fn child() { mark(3) }
    #[inline(never)] pub fn grandchild() { mark(4) }
    #[inline(never)] pub fn handled() { mark(5) }
    #[inline(never)] pub fn in_thread() { mark(7) }
    #[inline(never)] pub fn at_end() { mark(8) }
    #[inline(never)] pub fn again() { mark(10) }
    #[inline(never)] pub fn parent_goes_on() { mark(11) }
    #[inline(never)] pub fn never() { mark(13) }
    #[inline(never)] pub fn survivor() { mark(14) }
    #[inline(never)] pub fn worker() { mark(15) }
    #[inline(never)] fn thread_0() { mark(20) }
    #[inline(never)] fn thread_1() { mark(21) }
    #[inline(never)] fn thread_2() { mark(22) }
    #[inline(never)] fn thread_3() { mark(23) }
    #[inline(never)] fn thread_4() { mark(24) }
    #[inline(never)] fn thread_5() { mark(25) }
    #[inline(never)] fn thread_6() { mark(26) }
    #[inline(never)] fn thread_7() { mark(27) }

    /// One function a thread: plain increments of a shared counter would lose counts.
    pub fn in_thread_number(number: usize) {
        let functions = [
            thread_0, thread_1, thread_2, thread_3, thread_4, thread_5, thread_6, thread_7,
        ];
        functions[number & 7]()
    }
}
pub use lines::*;

pub fn times(count: usize, body: fn()) {
    for _ in 0..count {
        body()
    }
}
