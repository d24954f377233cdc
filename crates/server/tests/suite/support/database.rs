//! The database of a test: SQLite, or MongoDB if the run is for MongoDB.

use std::{
    fs,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use mongodb::bson::{Bson, Document, doc};
use portcullis_backends::{
    mongodb::{MongoStore, Settings},
    sqlite::SqliteStore,
};
use portcullis_core::{clock::Timestamp, id::RealmName, port::Store, random::OsRandom};

use super::mongod::TestDatabase;

pub enum Database {
    Sqlite,
    MongoDb(TestDatabase),
}

impl Database {
    /// Returns an empty database of the kind given by `PORTCULLIS_TEST_STORE`. One on MongoDB may have the schema.
    pub async fn new() -> Self {
        if is_mongodb() { Self::MongoDb(TestDatabase::reused().await) } else { Self::Sqlite }
    }

    /// Returns a database that does not exist yet and is used by this test alone.
    pub async fn unused() -> Self {
        if is_mongodb() { Self::MongoDb(TestDatabase::new().await) } else { Self::Sqlite }
    }

    /// Returns the settings for the database, if any are needed. Timeouts are long, because a machine that runs many
    /// tests concurrently is slow and none of them measures time.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Sqlite => Vec::new(),
            Self::MongoDb(database) => {
                let mut settings = vec![
                    ("DATABASE_URL", database.url.as_str()),
                    ("DATABASE_TIMEOUT", "15s"),
                    // Servers that share a database need the same key.
                    ("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
                ];
                if let Some(url) = redis_url() {
                    // Tests share the server, and servers of one test its keys.
                    settings.extend([("REDIS_URL", url), ("REDIS_PREFIX", database.prefix.as_str())]);
                    settings.push(("REDIS_TIMEOUT", "5s"));
                }
                settings
            }
        }
    }

    /// Opens the application's database directly. An SQLite file is in this folder.
    pub async fn open(&self, folder: &Path, now: Timestamp) -> Arc<dyn Store> {
        match self {
            Self::Sqlite => Arc::new(SqliteStore::open(&folder.join("portcullis.db"), now).unwrap()),
            Self::MongoDb(database) => {
                let settings = Settings {
                    url: database.url.as_str().into(),
                    realms: ["User1", "User2"].map(|name| RealmName::parse(name).unwrap()).to_vec(),
                    timeout: Duration::from_secs(10),
                    patience: Duration::ZERO,
                    clock_tolerance: None,
                };
                Arc::new(MongoStore::open(&settings, now, Arc::new(OsRandom)).await.unwrap())
            }
        }
    }

    /// Returns all stored data by name: the bytes of files or documents.
    pub async fn contents(&self, folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
        let read = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
        let mut contents: Vec<_> = entries.map(read).collect();
        // The development mailbox contains messages in plain text.
        contents.retain(|(name, _)| name != "mailbox.jsonl");
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

    /// Returns the name of the file that [`save`](Self::save) writes.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite.db",
            Self::MongoDb(_) => "mongodb.bson",
        }
    }

    /// Copies the database into a folder. No process may be serving it.
    pub async fn save(&self, data: &Path, folder: &Path) {
        let file = folder.join(self.name());
        match self {
            Self::Sqlite => drop(fs::copy(data.join("portcullis.db"), file).unwrap()),
            Self::MongoDb(database) => fs::write(file, dump(&database.db().await).await.to_vec().unwrap()).unwrap(),
        }
    }

    /// Fills an unused database with the data written by [`save`](Self::save).
    pub async fn restore(&self, folder: &Path, data: &Path) {
        let file = folder.join(self.name());
        match self {
            Self::Sqlite => {
                fs::create_dir(data).unwrap();
                fs::copy(file, data.join("portcullis.db")).unwrap();
            }
            Self::MongoDb(database) => {
                let dump = Document::from_reader(&*fs::read(file).unwrap()).unwrap();
                load(&database.db().await, &dump).await;
            }
        }
    }

    /// Returns the names of all tables or collections. Those of the realms' users are reported as `users`.
    pub async fn tables(&self, data: &Path) -> Vec<String> {
        match self {
            Self::Sqlite => {
                let db = rusqlite::Connection::open(data.join("portcullis.db")).unwrap();
                let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
                let mut tables = db.prepare(sql).unwrap();
                tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Self::MongoDb(database) => {
                let names = database.db().await.list_collection_names().await.unwrap();
                names.into_iter().map(|name| table_of(&name).to_owned()).collect()
            }
        }
    }

    /// Returns every row with its table, or every document with its collection, as bytes.
    pub async fn rows(&self, data: &Path) -> Vec<(String, Vec<u8>)> {
        let mut rows = Vec::new();
        match self {
            Self::Sqlite => {
                let db = rusqlite::Connection::open(data.join("portcullis.db")).unwrap();
                for table in self.tables(data).await {
                    let mut all = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
                    let width = all.column_count();
                    let mut found = all.query([]).unwrap();
                    while let Some(row) = found.next().unwrap() {
                        let columns = (0..width).map(|column| row.get_ref(column).unwrap());
                        let bytes = columns.flat_map(|value| value.as_bytes().unwrap_or_default().to_vec());
                        rows.push((table.clone(), bytes.collect()));
                    }
                }
            }
            Self::MongoDb(database) => {
                let db = database.db().await;
                for name in db.list_collection_names().await.unwrap() {
                    let mut cursor = db.collection::<Document>(&name).find(doc! {}).await.unwrap();
                    while cursor.advance().await.unwrap() {
                        rows.push((table_of(&name).to_owned(), cursor.current().as_bytes().to_vec()));
                    }
                }
            }
        }
        rows
    }

    /// Returns the number of rows of a table, or of documents of a collection.
    pub async fn count(&self, data: &Path, table: &str) -> u64 {
        match self {
            Self::Sqlite => {
                let db = rusqlite::Connection::open(data.join("portcullis.db")).unwrap();
                let count: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
                u64::try_from(count).unwrap()
            }
            Self::MongoDb(database) => {
                // A collection name that cannot be a realm name.
                let name = if table == "records" { "_records" } else { table };
                database.db().await.collection::<Document>(name).count_documents(doc! {}).await.unwrap()
            }
        }
    }
}

/// Returns whether the tests run on MongoDB.
#[allow(clippy::disallowed_methods, reason = "the run says what its tests run on")]
fn is_mongodb() -> bool {
    match std::env::var("PORTCULLIS_TEST_STORE").as_deref() {
        Ok("mongodb") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("PORTCULLIS_TEST_STORE is `{other}`, and must be `sqlite` or `mongodb`"),
    }
}

/// Returns the address of Redis, if the run uses it with MongoDB.
#[allow(clippy::disallowed_methods, reason = "the run says what its tests run on")]
fn redis_url() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(|| std::env::var("PORTCULLIS_TEST_REDIS_URL").ok()).as_deref()
}

/// Returns the table that corresponds to a collection.
fn table_of(collection: &str) -> &str {
    if ["User1", "User2", "admin"].contains(&collection) { "users" } else { collection.trim_start_matches('_') }
}

/// Reads all collections, each with its indexes and documents.
async fn dump(db: &mongodb::Database) -> Document {
    let mut names = db.list_collection_names().await.unwrap();
    names.sort();
    let mut dump = Document::new();
    for name in names {
        let listed = db.run_command(doc! { "listIndexes": &name }).await.unwrap();
        let indexes = listed.get_document("cursor").unwrap().get_array("firstBatch").unwrap().clone();
        let mut cursor = db.collection::<Document>(&name).find(doc! {}).await.unwrap();
        let mut documents = Vec::new();
        while cursor.advance().await.unwrap() {
            documents.push(Bson::Document(cursor.deserialize_current().unwrap()));
        }
        dump.insert(name, doc! { "indexes": indexes, "documents": documents });
    }
    dump
}

async fn load(db: &mongodb::Database, dump: &Document) {
    for (name, contents) in dump {
        let contents = contents.as_document().unwrap();
        db.create_collection(name).await.unwrap();
        let mut indexes = contents.get_array("indexes").unwrap().clone();
        // MongoDB creates this index itself.
        indexes.retain(|index| index.as_document().unwrap().get_str("name").unwrap() != "_id_");
        if !indexes.is_empty() {
            db.run_command(doc! { "createIndexes": name, "indexes": indexes }).await.unwrap();
        }
        let documents = contents.get_array("documents").unwrap().iter().map(|document| document.as_document().unwrap());
        let documents: Vec<_> = documents.collect();
        if !documents.is_empty() {
            db.collection::<Document>(name).insert_many(documents).await.unwrap();
        }
    }
}
