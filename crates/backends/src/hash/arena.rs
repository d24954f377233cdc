//! Working memory of Argon2, mapped once and reused for all hashes of a thread.
//!
//! Fresh pages for each hash would nearly double its cost, because the kernel zeroes every page on first access. Huge
//! pages save another 5 %, because they avoid most of the address translation for Argon2's scattered reads.
#![allow(
    unsafe_code,
    reason = "huge pages can only be requested for memory that was mapped directly; each use has its safety comment"
)]

use std::io;

use argon2::Block;
use zeroize::Zeroize;

#[cfg(not(target_os = "linux"))]
use heap::Memory;
#[cfg(target_os = "linux")]
use mapped::Memory;

/// Memory of one thread, for one hash at a time.
#[derive(Debug)]
pub(super) struct Arena {
    memory: Memory,
    dirty: bool,
}

impl Arena {
    /// Allocates this number of blocks.
    ///
    /// # Errors
    /// Returns an error if there is not enough memory.
    pub(super) fn new(blocks: usize) -> io::Result<Self> {
        let memory = Memory::new(blocks)?;
        Ok(Self { memory, dirty: false })
    }

    /// Returns the blocks for writing.
    pub(super) fn blocks(&mut self) -> &mut [Block] {
        self.dirty = true;
        self.memory.blocks()
    }

    /// Wipes the data of the last hash. An attacker with the whole memory could reverse Argon2's passes and test
    /// guesses at the speed of a plain hash.
    pub(super) fn wipe(&mut self) {
        if std::mem::take(&mut self.dirty) {
            for block in self.memory.blocks() {
                block.as_mut().zeroize();
            }
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(target_os = "linux")]
mod mapped {
    use std::{
        ffi::c_void,
        io,
        ptr::{self, NonNull},
        slice,
    };

    use argon2::Block;
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

    /// Huge page size of common processors. With another size, the hint is merely less effective.
    const HUGE_PAGE: usize = 2 << 20;

    /// A private anonymous mapping. The blocks start at its first huge page boundary.
    ///
    /// Invariant: `base` and `mapped` describe a mapping that this value alone owns, readable and writable; `count`
    /// blocks from `first` on lie within it, and `first` is aligned for them.
    #[derive(Debug)]
    pub(super) struct Memory {
        base: *mut c_void,
        mapped: usize,
        first: NonNull<Block>,
        count: usize,
    }

    impl Memory {
        pub(super) fn new(count: usize) -> io::Result<Self> {
            let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
            let used = count
                .checked_mul(size_of::<Block>())
                .and_then(|bytes| bytes.checked_next_multiple_of(HUGE_PAGE))
                .ok_or_else(too_large)?;
            let mapped = used.checked_add(HUGE_PAGE).ok_or_else(too_large)?;
            // SAFETY: without a given address the kernel picks a free one, so no existing mapping is replaced.
            let base = unsafe {
                mmap_anonymous(ptr::null_mut(), mapped, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
            }?;
            let skipped = base.addr().next_multiple_of(HUGE_PAGE) - base.addr();
            // SAFETY: `skipped` is less than a huge page, and the mapping is longer than that.
            let aligned = unsafe { base.byte_add(skipped) };
            // SAFETY: `aligned` is less than HUGE_PAGE after `base`, so `used` bytes from it end within the mapping,
            // which no other code knows yet. Neither hint changes the contents.
            let advised = unsafe {
                madvise(aligned, used, Advice::LinuxHugepage).and(madvise(aligned, used, Advice::LinuxDontDump))
            };
            if let Err(error) = advised {
                tracing::debug!(%error, "no huge pages for password hashing");
            }
            let first = NonNull::new(aligned.cast()).ok_or_else(too_large)?;
            Ok(Self { base, mapped, first, count })
        }

        pub(super) fn blocks(&mut self) -> &mut [Block] {
            // SAFETY: `first` is aligned to a huge page, which is more than a block's 64 bytes, and `count` blocks from
            // it lie within the mapping (see `new`). The kernel hands out zeroed pages, and a block is an array of
            // `u64`, for which every pattern of bits is a value. `&mut self` makes the slice the only way in while it
            // lives, and it cannot outlive the mapping, which ends in `drop`.
            unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.count) }
        }
    }

    impl Drop for Memory {
        fn drop(&mut self) {
            // SAFETY: exactly what was mapped in `new`, and no reference into it remains: each borrowed `self`.
            if let Err(error) = unsafe { munmap(self.base, self.mapped) } {
                tracing::warn!(%error, "password hashing memory not released");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod heap {
    use std::io;

    use argon2::Block;

    /// Blocks from the global allocator.
    #[derive(Debug)]
    pub(super) struct Memory(Vec<Block>);

    impl Memory {
        pub(super) fn new(count: usize) -> io::Result<Self> {
            let mut blocks = Vec::new();
            blocks.try_reserve_exact(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
            blocks.resize(count, Block::new());
            Ok(Self(blocks))
        }

        pub(super) fn blocks(&mut self) -> &mut [Block] {
            &mut self.0
        }
    }
}
