//! What a process tells of itself in shared memory, which outlives it: two words for each run, the
//! answers begun and the answers given.

use std::fs::OpenOptions;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

extern "C" {
    fn mmap(at: *mut u8, size: usize, access: i32, flags: i32, fd: i32, offset: i64) -> *mut u8;
}

pub struct Tally {
    begun: &'static AtomicU64,
    given: &'static AtomicU64,
}

impl Tally {
    /// The pair of words number `slot` of the file.
    pub fn open(path: &str, slot: usize) -> Tally {
        let file = OpenOptions::new().read(true).write(true).open(path).expect("a tally");
        let size = file.metadata().expect("its size").len() as usize;
        assert!(16 * (slot + 1) <= size);
        // SAFETY: the mapping is never taken away, and is as large as the file.
        let words = unsafe { mmap(std::ptr::null_mut(), size, 3, 1, file.as_raw_fd(), 0) };
        assert!(words as isize != -1);
        // SAFETY: both words are inside of it and aligned, for a page begins it.
        unsafe {
            let pair = words.cast::<AtomicU64>().add(2 * slot);
            Tally { begun: &*pair, given: &*pair.add(1) }
        }
    }

    pub fn begin(&self) {
        self.begun.fetch_add(1, SeqCst);
    }

    pub fn give(&self) {
        self.given.fetch_add(1, SeqCst);
    }
}
