//! An isolate's heap: counted, and held to its limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rquickjs::allocator::{Allocator, RustAllocator};

/// How much of its heap an isolate uses, and whether it ever wanted more than it may have.
#[derive(Debug)]
pub(crate) struct Heap {
    used: AtomicUsize,
    limit: usize,
    denied: AtomicBool,
    starved: AtomicBool,
}

impl Heap {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit,
            denied: AtomicBool::new(false),
            starved: AtomicBool::new(false),
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

    pub(crate) fn starved(&self) -> bool {
        self.starved.load(Ordering::Relaxed)
    }

    fn allows(&self, more: usize) -> bool {
        if self.starved() {
            return false;
        }
        let allowed = self.used().checked_add(more).is_some_and(|used| used <= self.limit);
        if !allowed {
            self.denied.store(true, Ordering::Relaxed);
        }
        allowed
    }
}

/// Rust's global allocator, with a [`Heap`]'s account.
pub(super) struct Counted(pub(super) Arc<Heap>);

impl Counted {
    fn took(&self, block: *mut u8) -> *mut u8 {
        if !block.is_null() {
            // SAFETY: the block was given out by `RustAllocator` just now.
            #[expect(unsafe_code, reason = "the size of a block is known to its allocator only")]
            let size = unsafe { RustAllocator::usable_size(block) };
            self.0.used.fetch_add(size, Ordering::Relaxed);
        }
        block
    }
}

// SAFETY: every block comes from `RustAllocator`, which keeps the trait's promises, or is null.
#[expect(unsafe_code, reason = "an allocator cannot be had otherwise, nor a limit nobody catches")]
unsafe impl Allocator for Counted {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.0.allows(size) {
            return std::ptr::null_mut();
        }
        self.took(RustAllocator.alloc(size))
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        match count.checked_mul(size) {
            Some(total) if self.0.allows(total) => self.took(RustAllocator.calloc(count, size)),
            _ => std::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&mut self, ptr: *mut u8) {
        // SAFETY: the caller hands back a block of this allocator's, and so of `RustAllocator`'s.
        let size = unsafe { RustAllocator::usable_size(ptr) };
        self.0.used.fetch_sub(size, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { RustAllocator.dealloc(ptr) };
    }

    unsafe fn realloc(&mut self, ptr: *mut u8, new_size: usize) -> *mut u8 {
        // SAFETY: the caller hands back a block of this allocator's, and so of `RustAllocator`'s.
        let size = unsafe { RustAllocator::usable_size(ptr) };
        if new_size > size && !self.0.allows(new_size - size) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        let moved = unsafe { RustAllocator.realloc(ptr, new_size) };
        if moved.is_null() {
            return moved;
        }
        self.0.used.fetch_sub(size, Ordering::Relaxed);
        self.took(moved)
    }

    unsafe fn usable_size(ptr: *mut u8) -> usize {
        // SAFETY: the caller's block is this allocator's, and so `RustAllocator`'s.
        unsafe { RustAllocator::usable_size(ptr) }
    }
}
