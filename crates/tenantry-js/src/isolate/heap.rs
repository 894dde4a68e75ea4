//! An isolate's heap: counted, and held to its limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use libmimalloc_sys as mimalloc;
use rquickjs::allocator::Allocator;

use crate::engine::rest;

/// How much of its heap an isolate uses, and whether it ever wanted more than it may have.
#[derive(Debug)]
pub(crate) struct Heap {
    used: AtomicUsize,
    limit: usize,
    denied: AtomicBool,
    starved: AtomicBool,
    /// Whether what runs is being stopped.
    stopping: AtomicBool,
    /// Bytes given out and taken back since the thread may have rested.
    moved: AtomicUsize,
}

/// After so many bytes a thread that has stepped back may let go of its processor: what allocates much asks whether
/// to go on every few milliseconds only, and the end of a heap never does.
const STEP: usize = 16 << 10;

/// What a heap may have beyond its limit while what runs is being stopped. The error that nobody catches is an
/// object: where there is no memory for it, QuickJS throws another one, which can be caught.
const RESERVE: usize = 256 << 10;

impl Heap {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit,
            denied: AtomicBool::new(false),
            starved: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            moved: AtomicUsize::new(0),
        })
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether memory was refused since the heap was made.
    pub(crate) fn denied(&self) -> bool {
        self.denied.load(Ordering::Relaxed)
    }

    /// Refuses everything from now on, or no more: work in C code that never asks whether to go on
    /// ends where it allocates.
    pub(crate) fn starve(&self, starved: bool) {
        self.starved.store(starved, Ordering::Relaxed);
    }

    /// What runs is being stopped, or something else begins.
    pub(crate) fn stop(&self, stopping: bool) {
        self.starve(false);
        self.stopping.store(stopping, Ordering::Relaxed);
    }

    pub(crate) fn starved(&self) -> bool {
        self.starved.load(Ordering::Relaxed)
    }

    // Whoever has the isolate's turn writes alone; others read.
    fn add(&self, size: usize) {
        self.used.store(self.used() + size, Ordering::Relaxed);
        self.moved(size);
    }

    fn subtract(&self, size: usize) {
        self.used.store(self.used().saturating_sub(size), Ordering::Relaxed);
        self.moved(size);
    }

    fn moved(&self, size: usize) {
        let moved = self.moved.load(Ordering::Relaxed) + size;
        let is_step = moved >= STEP;
        self.moved.store(if is_step { 0 } else { moved }, Ordering::Relaxed);
        if is_step {
            rest();
        }
    }

    pub(super) fn allows(&self, more: usize) -> bool {
        if self.starved() {
            return false;
        }
        let stopping = self.stopping.load(Ordering::Relaxed);
        let most = if stopping { self.limit.saturating_add(RESERVE) } else { self.limit };
        let allowed = self.used().checked_add(more).is_some_and(|used| used <= most);
        if !allowed && !stopping {
            self.denied.store(true, Ordering::Relaxed);
            // Whoever catches that and goes on is stopped when it is asked; till then it gets nothing.
            self.starve(true);
        }
        allowed
    }
}

/// mimalloc, with a [`Heap`]'s account. QuickJS asks for pages of 4 KB, and carves small blocks out of them
/// itself: a word of ours in front of each would have it take blocks of 5 KB.
pub(super) struct Counted(pub(super) Arc<Heap>);

impl Counted {
    fn took(&self, block: *mut u8) -> *mut u8 {
        if !block.is_null() {
            // SAFETY: the block was given out by mimalloc just now.
            #[expect(unsafe_code, reason = "the size of a block is known to its allocator only")]
            let size = unsafe { Self::usable_size(block) };
            self.0.add(size);
        }
        block
    }
}

// SAFETY: every block comes from mimalloc, which aligns it for any type of C's, or is null.
#[expect(unsafe_code, reason = "an allocator cannot be had otherwise, nor a limit nobody catches")]
unsafe impl Allocator for Counted {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.0.allows(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: any size is allowed.
        self.took(unsafe { mimalloc::mi_malloc(size) }.cast())
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        match count.checked_mul(size) {
            Some(total) if self.0.allows(total) => {
                // SAFETY: any size is allowed.
                self.took(unsafe { mimalloc::mi_zalloc(total) }.cast())
            }
            _ => std::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&mut self, ptr: *mut u8) {
        // SAFETY: the caller hands back a block of this allocator's, and so of mimalloc's.
        let size = unsafe { Self::usable_size(ptr) };
        self.0.subtract(size);
        // SAFETY: as above.
        unsafe { mimalloc::mi_free(ptr.cast()) };
    }

    unsafe fn realloc(&mut self, ptr: *mut u8, new_size: usize) -> *mut u8 {
        // SAFETY: the caller hands back a block of this allocator's, and so of mimalloc's, or null.
        let size = unsafe { Self::usable_size(ptr) };
        if new_size > size && !self.0.allows(new_size - size) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        let moved: *mut u8 = unsafe { mimalloc::mi_realloc(ptr.cast(), new_size) }.cast();
        if moved.is_null() {
            return moved;
        }
        self.0.subtract(size);
        self.took(moved)
    }

    unsafe fn usable_size(ptr: *mut u8) -> usize {
        // SAFETY: the caller's block is this allocator's, and so mimalloc's.
        unsafe { mimalloc::mi_usable_size(ptr.cast()) }
    }
}
