//! Permissions of files.

use std::{
    fs::Metadata,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use rustix::fs::{StatVfsMountFlags, statvfs};

/// Whether users other than the owner may read, write or execute the file. A file of root may be readable by its group:
/// this is how it is handed to a server that does not run as root.
pub(super) fn is_open_to_others(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| {
        let allowed = if is_handed_by_root(&metadata) { 0o040 } else { 0 };
        metadata.permissions().mode() & 0o077 & !allowed != 0
    })
}

/// Whether the file is on a file system that is mounted read-only.
pub(super) fn is_on_read_only_mount(path: &Path) -> bool {
    statvfs(path).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY))
}

fn is_handed_by_root(metadata: &Metadata) -> bool {
    metadata.uid() == 0 && !rustix::process::geteuid().is_root()
}
