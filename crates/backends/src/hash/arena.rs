//! The memory that Argon2 works in: mapped once, used for one hash after the other.
//!
//! Fresh pages for each hash nearly double its cost: the kernel zeroes every one of them on first touch. Kept pages cost
//! nothing, and huge ones spare most of the address translation of Argon2's scattered reads: another twentieth.
#![allow(
    unsafe_code,
    reason = "huge pages can only be asked for on memory that was mapped by hand; the proof is beside each use"
)]

use std::io;

use argon2::Block;
use zeroize::Zeroize;

#[cfg(not(target_os = "linux"))]
use heap::Memory;
#[cfg(target_os = "linux")]
use mapped::Memory;

/// Blocks for one hash at a time, of one thread.
#[derive(Debug)]
pub(super) struct Arena {
    memory: Memory,
    dirty: bool,
}

impl Arena {
    /// Room for this many blocks.
    ///
    /// # Errors
    /// When the machine has no memory for them.
    pub(super) fn new(blocks: usize) -> io::Result<Self> {
        let memory = Memory::new(blocks)?;
        Ok(Self { memory, dirty: false })
    }

    /// The blocks, to be written to.
    pub(super) fn blocks(&mut self) -> &mut [Block] {
        self.dirty = true;
        self.memory.blocks()
    }

    /// Wipes what the last hash left behind: enough to test a guess of its password at the speed of a plain hash, because
    /// Argon2's passes can be undone by who holds all of the memory.
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

    /// The size of a huge page on the usual processors. Where it is another, the advice merely helps less.
    const HUGE_PAGE: usize = 2 << 20;

    /// A private anonymous mapping, with the blocks in it from the first border of a huge page on.
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
            // SAFETY: with no address given, the kernel picks one that is free; nothing that exists is replaced.
            let base = unsafe {
                mmap_anonymous(ptr::null_mut(), mapped, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
            }?;
            let skipped = base.addr().next_multiple_of(HUGE_PAGE) - base.addr();
            // SAFETY: `skipped` is less than a huge page, and the mapping is longer than that.
            let aligned = unsafe { base.byte_add(skipped) };
            // SAFETY: `aligned` lies less than HUGE_PAGE behind `base`, so `used` bytes from it end within the mapping,
            // which no other code knows yet. Neither advice changes what can be read from it.
            let advised = unsafe {
                madvise(aligned, used, Advice::LinuxHugepage).and(madvise(aligned, used, Advice::LinuxDontDump))
            };
            if let Err(error) = advised {
                tracing::debug!(%error, "no huge pages for hashing");
            }
            let first = NonNull::new(aligned.cast()).ok_or_else(too_large)?;
            Ok(Self { base, mapped, first, count })
        }

        pub(super) fn blocks(&mut self) -> &mut [Block] {
            // SAFETY: `first` is aligned to a huge page, which is more than a block's 64 bytes, and `count` blocks from it
            // lie within the mapping (see `new`). The kernel hands out zeroed pages, and a block is an array of `u64`, for
            // which every pattern of bits is a value. `&mut self` makes the slice the only way in while it lives, and it
            // cannot outlive the mapping, which ends in `drop`.
            unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.count) }
        }
    }

    impl Drop for Memory {
        fn drop(&mut self) {
            // SAFETY: exactly what was mapped in `new`, and no reference into it is left: each borrowed `self`.
            if let Err(error) = unsafe { munmap(self.base, self.mapped) } {
                tracing::warn!(%error, "memory for hashing was not given back");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod heap {
    use std::io;

    use argon2::Block;

    /// Blocks from the allocator.
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
