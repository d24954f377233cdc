use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use portcullis_backends::hash::{HashPool, Settings, StartError};
use portcullis_core::{
    account::password::{Password, PasswordHash},
    limit::LimitKey,
    port::{HashError, PasswordHasher},
};

const SALT: [u8; 16] = *b"0123456789abcdef";

/// Hashes of [`staple`] with [`SALT`], computed by the reference implementation in C.
const BY_REFERENCE: &[(u32, u32, u32, &str)] = &[
    (19456, 2, 1, "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0"),
    (64, 3, 4, "$argon2id$v=19$m=64,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$50WlLMTS62Tm0boTX6gj9/Twg9JqLCOkn3nUFhfCpHs"),
];

fn quick() -> Settings {
    Settings { memory_kib: 64, iterations: 1, threads: 1, deadline: Duration::from_secs(60), ..Settings::default() }
}

/// Settings with which a hash takes about a tenth of a second.
fn slow() -> Settings {
    Settings { memory_kib: 1024, iterations: 400, ..quick() }
}

fn start(settings: Settings) -> Arc<HashPool> {
    Arc::new(HashPool::start(settings).unwrap())
}

fn password(raw: &str) -> Password {
    Password::parse(raw).unwrap()
}

fn staple() -> Password {
    password("correct horse battery staple")
}

fn phc(text: &str) -> PasswordHash {
    PasswordHash::from_phc(text.to_owned())
}

/// Keeps a thread of the pool busy until the returned task ends.
async fn occupy(pool: &Arc<HashPool>) -> tokio::task::JoinHandle<()> {
    let pool = Arc::clone(pool);
    let busy = tokio::spawn(async move { drop(pool.hash(None, &staple(), SALT).await.unwrap()) });
    tokio::time::sleep(Duration::from_millis(20)).await;
    busy
}

#[tokio::test]
async fn a_hash_is_the_one_of_the_reference_implementation() {
    for &(memory_kib, iterations, parallelism, expected) in BY_REFERENCE {
        let pool = start(Settings { memory_kib, iterations, parallelism, ..quick() });
        assert_eq!(pool.hash(None, &staple(), SALT).await.unwrap().expose(), expected);
        // Hashed again, in memory that was used before.
        assert_eq!(pool.hash(None, &staple(), SALT).await.unwrap().expose(), expected);
    }
}

#[tokio::test]
async fn the_vectors_of_the_reference_implementation_verify() {
    let pool = start(quick());
    for hash in [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ] {
        assert!(pool.verify(None, &password("password"), Some(&phc(hash))).await.unwrap(), "{hash}");
        assert!(!pool.verify(None, &password("Password"), Some(&phc(hash))).await.unwrap(), "{hash}");
    }
}

#[tokio::test]
async fn a_password_verifies_against_its_own_hash_and_no_other_does() {
    let pool = start(quick());
    let hash = pool.hash(None, &staple(), SALT).await.unwrap();
    assert!(pool.verify(None, &staple(), Some(&hash)).await.unwrap());
    for other in ["", "correct horse battery staplf", "correct horse battery staple "] {
        assert!(!pool.verify(None, &password(other), Some(&hash)).await.unwrap(), "{other:?}");
    }
}

#[tokio::test]
async fn every_byte_of_a_long_password_counts() {
    let pool = start(quick());
    let long = "a".repeat(1024);
    let hash = pool.hash(None, &password(&long), SALT).await.unwrap();
    assert!(pool.verify(None, &password(&long), Some(&hash)).await.unwrap());
    for byte in [73, 129, 200, 1024] {
        let mut other = long.clone();
        other.replace_range(byte - 1..byte, "b");
        assert!(!pool.verify(None, &password(&other), Some(&hash)).await.unwrap(), "byte {byte}");
        assert!(!pool.verify(None, &password(&long[..byte - 1]), Some(&hash)).await.unwrap(), "up to byte {byte}");
    }
}

#[tokio::test]
async fn another_salt_gives_another_hash() {
    let pool = start(quick());
    let one = pool.hash(None, &staple(), SALT).await.unwrap();
    let other = pool.hash(None, &staple(), [7; 16]).await.unwrap();
    assert_ne!(one.expose(), other.expose());
    assert!(pool.verify(None, &staple(), Some(&other)).await.unwrap());
}

#[tokio::test]
async fn a_hash_of_other_settings_verifies_and_is_outdated() {
    let pool = start(Settings { memory_kib: 2048, iterations: 2, ..quick() });
    for hash in [
        // Less memory, fewer passes, another variant, another version (explicit or not), and a shorter output.
        "$argon2id$v=19$m=64,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$50WlLMTS62Tm0boTX6gj9/Twg9JqLCOkn3nUFhfCpHs",
        "$argon2id$v=19$m=65536,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$+diYVea/Fw2qYHIuh89ikQlFESZ8BmaMvMl8/rScfv4",
        "$argon2i$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$0s3osQTHVzFHNX9xrsJ3PcVYNUAoBiaHraOar5RaGyc",
        "$argon2id$v=16$m=1024,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$cRnYu3TMoY6lrLHKxgaA2IwE/oUhA6uhBWewk3VWJtU",
        "$argon2id$m=1024,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$cRnYu3TMoY6lrLHKxgaA2IwE/oUhA6uhBWewk3VWJtU",
        "$argon2id$v=19$m=1024,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$7JhvZTMsbgqF0qkJswXisQ",
    ] {
        assert!(pool.verify(None, &staple(), Some(&phc(hash))).await.unwrap(), "{hash}");
        assert!(!pool.verify(None, &password("guess"), Some(&phc(hash))).await.unwrap(), "{hash}");
        assert!(pool.is_outdated(&phc(hash)), "{hash}");
    }
}

#[tokio::test]
async fn a_hash_with_current_or_higher_cost_is_not_outdated() {
    let pool = start(quick());
    assert!(!pool.is_outdated(&pool.hash(None, &staple(), SALT).await.unwrap()));
    for (.., hash) in BY_REFERENCE {
        assert!(!pool.is_outdated(&phc(hash)), "{hash}");
    }
}

#[tokio::test]
async fn a_hash_above_the_maximum_cost_matches_no_password() {
    let pool = start(quick());
    for parameters in ["m=1048577,t=1,p=1", "m=64,t=101,p=1", "m=1024,t=1,p=65", "m=4294967295,t=4294967295,p=1"] {
        let hash = format!("$argon2id$v=19${parameters}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
        assert!(!pool.verify(None, &staple(), Some(&phc(&hash))).await.unwrap(), "{parameters}");
        assert!(matches!(pool.check(&phc(&hash)), Err(HashError::Failed(_))), "{parameters}");
    }
}

#[tokio::test]
async fn a_hash_above_the_maximum_cost_verifies_if_the_settings_require_it() {
    let pool = start(Settings { memory_kib: 520, iterations: 40, parallelism: 65, ..quick() });
    let hash = pool.hash(None, &staple(), SALT).await.unwrap();
    assert!(pool.verify(None, &staple(), Some(&hash)).await.unwrap());
}

#[tokio::test]
async fn a_foreign_hash_matches_no_password_takes_as_long_and_is_outdated() {
    let pool = start(Settings { memory_kib: 1024, iterations: 20, ..quick() });
    let one = Instant::now();
    assert!(!pool.verify(None, &staple(), None).await.unwrap());
    let one = one.elapsed();
    for text in [
        "",
        "plain",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
        "$argon2id$v=20$m=64,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=0,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ] {
        let begin = Instant::now();
        assert!(!pool.verify(None, &staple(), Some(&phc(text))).await.unwrap(), "{text}");
        assert!(begin.elapsed() > one / 10, "{text}: nothing was hashed");
        assert!(matches!(pool.check(&phc(text)), Err(HashError::Failed(_))), "{text}");
        assert!(pool.is_outdated(&phc(text)), "{text}");
    }
}

#[tokio::test]
async fn a_password_without_an_account_is_wrong_and_takes_as_long() {
    let pool = start(Settings { memory_kib: 1024, iterations: 20, ..quick() });
    let hash = pool.hash(None, &staple(), SALT).await.unwrap();
    let mut quickest = [Duration::MAX; 2];
    for _ in 0..10 {
        for (quickest, hash) in quickest.iter_mut().zip([Some(&hash), None]) {
            let begin = Instant::now();
            assert_eq!(pool.verify(None, &staple(), hash).await.unwrap(), hash.is_some());
            *quickest = begin.elapsed().min(*quickest);
        }
    }
    let [of_somebody, decoy] = quickest;
    assert!(decoy > of_somebody / 4 && decoy < of_somebody * 4, "{decoy:?} against {of_somebody:?}");
}

#[tokio::test]
async fn a_full_queue_rejects_immediately() {
    let pool = start(Settings { queue: 1, ..slow() });
    let busy = occupy(&pool).await;
    let waiting = occupy(&pool).await;
    assert!(matches!(pool.has_room(None), Err(HashError::Overloaded)));
    assert!(matches!(pool.hash(None, &staple(), SALT).await, Err(HashError::Overloaded)));
    assert!(!busy.is_finished() && !waiting.is_finished());
    busy.await.unwrap();
    waiting.await.unwrap();
    assert!(pool.has_room(None).is_ok());
}

/// Starts a hash for this client. The client is recorded when the hash is done, and returned when it is rejected.
async fn begin(pool: &Arc<HashPool>, client: u8, done: &Arc<Mutex<Vec<u8>>>) -> tokio::task::JoinHandle<Option<u8>> {
    let (pool, done) = (Arc::clone(pool), Arc::clone(done));
    let waiting = tokio::spawn(async move {
        match pool.hash(Some(LimitKey([client; 32])), &staple(), SALT).await {
            Ok(_) => done.lock().unwrap().push(client),
            Err(error) => {
                assert!(matches!(error, HashError::Overloaded));
                return Some(client);
            }
        }
        None
    });
    // Ensures that this job is queued before the next one.
    tokio::task::yield_now().await;
    waiting
}

#[tokio::test]
async fn clients_are_served_in_turn() {
    let pool = start(slow());
    let busy = occupy(&pool).await;
    let done = Arc::default();
    let mut all = Vec::new();
    for client in [1, 1, 1, 1, 2, 2, 3] {
        all.push(begin(&pool, client, &done).await);
    }
    for waiting in all {
        assert_eq!(waiting.await.unwrap(), None);
    }
    busy.await.unwrap();
    assert_eq!(*done.lock().unwrap(), [1, 2, 3, 1, 2, 1, 1]);
}

#[tokio::test]
async fn in_a_full_queue_a_job_of_the_client_with_the_most_jobs_is_displaced() {
    let pool = start(Settings { queue: 4, ..slow() });
    let busy = occupy(&pool).await;
    let done = Arc::default();
    let mut all = Vec::new();
    // The fifth and sixth job displace jobs of the first client; the last is rejected, because no client has more jobs
    // than its own would have.
    for client in [1, 1, 1, 1, 2, 3, 2] {
        all.push(begin(&pool, client, &done).await);
    }
    let mut turned_away = Vec::new();
    for waiting in all {
        turned_away.extend(waiting.await.unwrap());
    }
    busy.await.unwrap();
    assert_eq!(turned_away, [1, 1, 2]);
    assert_eq!(*done.lock().unwrap(), [1, 2, 3, 1]);
}

#[tokio::test]
async fn a_job_past_its_deadline_is_rejected_unhashed() {
    // Twenty hashes take longer than the deadline, one does not.
    let pool = start(Settings { deadline: Duration::from_millis(400), ..slow() });
    let late: Vec<_> = (0..20)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.hash(None, &staple(), SALT).await })
        })
        .collect();
    let mut turned_away = 0;
    for late in late {
        turned_away += usize::from(matches!(late.await.unwrap(), Err(HashError::Overloaded)));
    }
    assert!(turned_away > 0);
}

#[tokio::test]
async fn an_abandoned_password_is_not_hashed() {
    let pool = start(slow());
    let begin = Instant::now();
    let busy = occupy(&pool).await;
    for _ in 0..30 {
        let waited = tokio::time::timeout(Duration::from_millis(1), pool.hash(None, &staple(), SALT)).await;
        assert!(waited.is_err());
    }
    busy.await.unwrap();
    let one = begin.elapsed();
    pool.hash(None, &staple(), SALT).await.unwrap();
    assert!(begin.elapsed() < one * 10, "{:?} against {one:?}", begin.elapsed());
}

#[tokio::test]
async fn a_pool_can_be_dropped_in_the_middle_of_a_hash() {
    let pool = HashPool::start(slow()).unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(20), pool.hash(None, &staple(), SALT)).await;
    assert!(waited.is_err());
    drop(pool);
}

#[tokio::test]
async fn invalid_argon2_settings_are_rejected() {
    for settings in [
        Settings { memory_kib: 7, ..quick() },
        Settings { iterations: 0, ..quick() },
        Settings { parallelism: 0, ..quick() },
        Settings { parallelism: u32::MAX, ..quick() },
        Settings { parallelism: 9, ..quick() },
    ] {
        assert!(matches!(HashPool::start(settings), Err(StartError::Settings(_))), "{settings:?}");
    }
}

#[test]
fn the_pool_prints_no_password() {
    assert!(!format!("{:?}", start(quick())).contains("staple"));
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::fs;

    use super::{Duration, PasswordHasher, SALT, Settings, quick, staple, start};

    /// Resident memory of this process, in MiB.
    fn resident() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1024
    }

    #[tokio::test]
    async fn idle_threads_release_their_memory() {
        let large = Settings { memory_kib: 200 * 1024, idle: Duration::from_millis(50), ..quick() };
        let pool = start(large);
        let before = resident();
        pool.hash(None, &staple(), SALT).await.unwrap();
        assert!(resident() > before + 150, "{before} MiB, then {}", resident());
        for _ in 0..500 {
            if resident() < before + 100 {
                pool.hash(None, &staple(), SALT).await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{before} MiB before, still {} after", resident());
    }

    /// Name and niceness of a thread (proc_pid_stat(5)).
    fn name_and_nice(stat: &str) -> (String, i32) {
        let (_, rest) = stat.split_once('(').unwrap();
        let (name, rest) = rest.rsplit_once(')').unwrap();
        (name.to_owned(), rest.split_whitespace().nth(16).unwrap().parse().unwrap())
    }

    #[tokio::test]
    async fn hashing_is_less_urgent_than_answering() {
        let pool = start(quick());
        pool.hash(None, &staple(), SALT).await.unwrap();
        let (_, usual) = name_and_nice(&fs::read_to_string("/proc/self/stat").unwrap());
        // A thread of another test may be starting at this moment.
        for _ in 0..100 {
            let hashing: Vec<i32> = fs::read_dir("/proc/self/task")
                .unwrap()
                .filter_map(|task| fs::read_to_string(task.unwrap().path().join("stat")).ok())
                .map(|stat| name_and_nice(&stat))
                .filter_map(|(name, nice)| name.starts_with("hash-").then_some(nice))
                .collect();
            if !hashing.is_empty() && hashing.iter().all(|&nice| nice == (usual + 10).min(19)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a thread that hashes is as urgent as any other");
    }
}
