//! The database of a test: SQLite's, or MongoDB's where the run is about that.

use std::{fs, path::Path, sync::Arc, time::Duration};

use mongodb::bson::{Document, doc};
use portcullis_backends::{
    mongodb::{MongoStore, Settings},
    sqlite::SqliteStore,
};
use portcullis_core::{clock::Timestamp, id::RealmName, port::Store};

use super::mongod::TestDatabase;

pub enum Database {
    Sqlite,
    MongoDb(TestDatabase),
}

impl Database {
    /// An empty one, of the kind that `PORTCULLIS_TEST_STORE` names.
    #[allow(clippy::disallowed_methods, reason = "the run says what its tests run on")]
    pub async fn new() -> Self {
        match std::env::var("PORTCULLIS_TEST_STORE").as_deref() {
            Ok("mongodb") => Self::MongoDb(TestDatabase::new().await),
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("PORTCULLIS_TEST_STORE is `{other}`, and must be `sqlite` or `mongodb`"),
        }
    }

    /// The settings that name it, where that must be said. A machine that runs many tests at once is slow, and none of them
    /// is about time.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Sqlite => Vec::new(),
            Self::MongoDb(database) => vec![("DATABASE_URL", &database.url), ("DATABASE_TIMEOUT", "15s")],
        }
    }

    /// Opens it beside the application, or without it. Of SQLite, the file lies in this folder.
    pub async fn open(&self, folder: &Path, now: Timestamp) -> Arc<dyn Store> {
        match self {
            Self::Sqlite => Arc::new(SqliteStore::open(&folder.join("portcullis.db"), now).unwrap()),
            Self::MongoDb(database) => {
                let settings = Settings {
                    url: database.url.as_str().into(),
                    realms: ["User1", "User2"].map(|name| RealmName::parse(name).unwrap()).to_vec(),
                    timeout: Duration::from_secs(10),
                    patience: Duration::ZERO,
                };
                Arc::new(MongoStore::open(&settings, now).await.unwrap())
            }
        }
    }

    /// Everything that is kept, by name: the bytes of files and of documents.
    pub async fn contents(&self, folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
        let read = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
        let mut contents: Vec<_> = entries.map(read).collect();
        if let Self::MongoDb(database) = self {
            let db = database.db().await;
            for name in db.list_collection_names().await.unwrap() {
                let mut cursor = db.collection::<Document>(&name).find(doc! {}).await.unwrap();
                while cursor.advance().await.unwrap() {
                    contents.push((name.clone(), cursor.current().as_bytes().to_vec()));
                }
            }
        }
        contents
    }
}
