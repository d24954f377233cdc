//! Exports of the audit trail, verified by the command and by the script.

use std::{fs, process::Command as Process};

use data_encoding::BASE64URL_NOPAD;
use portcullis_core::audit::Chain;
use serde_json::Value;
use tempfile::TempDir;

use super::chain::findings;
use crate::support::TestApp;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../misc/verify_audit.py");

/// An export, and the data needed to verify it.
pub(super) struct Exported {
    pub(super) app: TestApp,
    folder: TempDir,
    pub(super) lines: Vec<Value>,
    has_script: bool,
}

/// Fault, chain and block.
pub(super) type Found = (String, String, u64);

impl Exported {
    pub(super) async fn of(app: TestApp) -> Self {
        let (code, exported) = app.text(&["audit", "export", "--blocks"]).await;
        assert_eq!(code, 0);
        let lines = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let folder = TempDir::new().unwrap();
        let (_, key) = app.text(&["audit", "key"]).await;
        fs::write(folder.path().join("key.pem"), key).unwrap();
        // The script requires a PyPI package. misc/test-clients.sh always runs it.
        let has_package = Process::new("python3").args(["-c", "import cryptography"]).output();
        let has_script = has_package.is_ok_and(|has| has.status.success());
        Self { app, folder, lines, has_script }
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a log with all blocks, after applying a change to each line.
    pub(super) async fn write_log(&self, change: impl Fn(&str) -> String) {
        let mut log = String::new();
        for chain in Chain::ALL {
            for stored in self.app.store().await.blocks_after(chain, 0, 99).await.unwrap() {
                let (hash, number) = (BASE64URL_NOPAD.encode(&stored.block.hash), stored.block.number);
                let chain = chain.as_str();
                log.push_str(&format!(
                    "INFO audit block sealed chain=\"{chain}\" epoch=1 number={number} hash=\"{hash}\"\n"
                ));
            }
        }
        fs::write(self.path("server.log"), change(&log)).unwrap();
    }

    /// Returns the findings of both for these lines.
    pub(super) async fn found(&self, lines: &[Value], more: &[&str]) -> Vec<Found> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let (file, key) = (self.path("audit.jsonl"), self.path("key.pem"));
        fs::write(&file, text).unwrap();
        let verified = findings(&self.app, &[&["--public-key", &key, &file], more].concat()).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut found: Vec<Found> =
            verified.iter().map(|one| (text(&one[0]), text(&one[1]), one[2].as_u64().unwrap())).collect();
        found.sort();
        found.dedup();
        if self.has_script {
            assert_eq!(by_script(&key, &file, more), found, "the script");
        }
        found
    }
}

fn by_script(key: &str, file: &str, more: &[&str]) -> Vec<Found> {
    let ran = Process::new("python3").args([SCRIPT, key, file]).args(more).output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    let found = out.lines().filter_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
        [fault, chain @ ("main" | "reads"), block] => {
            Some((fault.to_owned(), chain.to_owned(), block.parse().unwrap()))
        }
        _ => None,
    });
    let mut found: Vec<Found> = found.collect();
    found.sort();
    found.dedup();
    let code = i32::from(!found.is_empty());
    assert_eq!(ran.status.code(), Some(code), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
    found
}
