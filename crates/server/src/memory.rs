//! Returns freed memory to the operating system.
//!
//! The glibc allocator keeps freed memory if memory above it is still in use. After startup, this includes 6 MiB that
//! were used to create the OpenAPI description.
#![allow(unsafe_code, reason = "no crate offers this call of the C library; the proof is beside its use")]

/// Returns free whole pages to the system. The duration grows with their number, and allocations in the same arena
/// wait until it is done.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` takes no pointer, locks each arena it visits, and only touches free memory. It has no
    // precondition (malloc_trim(3): MT-Safe).
    let _has_given = unsafe { libc::malloc_trim(0) };
}
