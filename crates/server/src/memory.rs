//! Memory that the process has freed, and that the system does not have back yet.
//!
//! The allocator of glibc keeps freed memory where something above it is still in use: after a start,
//! this includes 6 MiB that were used to create the description of the API.
#![allow(unsafe_code, reason = "no crate offers this call of the C library; the proof is beside its use")]

/// Returns free whole pages to the system. The duration grows with their number, and allocations in the same arena wait until
/// it is done.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` takes no pointer, locks each arena that it looks at, and touches only memory that is free. It has no
    // precondition (malloc_trim(3): MT-Safe).
    let _has_given = unsafe { libc::malloc_trim(0) };
}
