//! File permissions.

use std::{
    fs::Metadata,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use rustix::fs::{StatVfsMountFlags, statvfs};

/// Returns whether users other than the owner have any access to the file. Group read is allowed for files owned by
/// root, because secrets are passed this way to a server that does not run as root.
pub(super) fn is_open_to_others(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| {
        let allowed = if is_handed_by_root(&metadata) { 0o040 } else { 0 };
        metadata.permissions().mode() & 0o077 & !allowed != 0
    })
}

/// Returns whether the file is on a read-only mount.
pub(super) fn is_on_read_only_mount(path: &Path) -> bool {
    statvfs(path).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY))
}

fn is_handed_by_root(metadata: &Metadata) -> bool {
    metadata.uid() == 0 && !rustix::process::geteuid().is_root()
}
