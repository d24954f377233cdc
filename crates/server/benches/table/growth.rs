//! Growth of cost with the number of users and realms, on SQLite.

use std::{fs, sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    figures::{KEY, PASSWORD, SECRET, WARM_UP, median, start},
    load::{self, FORM, Load, percentile},
    machine,
    population::Population,
    process::{CHEAP, Program},
    written::{self, place},
};

const READERS: usize = 32;
/// Number of sessions. Each belongs to a different user if there are enough.
const SESSIONS: usize = 1000;
/// Number of concurrent clients whose logins are timed.
const CLIENTS: usize = 4;
const STARTS: usize = 3;
const LENGTH: Duration = Duration::from_secs(3);

/// Measures with these numbers of users in two realms, then with these numbers of realms and a thousand users in
/// total.
pub(crate) async fn tell(users: &[usize], realms: &[usize]) {
    println!(
        "| users | realms | start | memory after it | file for each user | read | login, cheapest hash | its 99th percentile | refresh | memory then |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (users, realms) in users.iter().map(|users| (*users, 2)).chain(realms.iter().map(|realms| (1000, *realms))) {
        println!("{}", row(users, realms).await);
    }
    println!(
        "\n{}. Reads, logins and refreshes are processor time of the server for each, by {SESSIONS} sessions; the percentile \
         is the time that {CLIENTS} clients wait.",
        machine::line()
    );
}

async fn row(users: usize, realms: usize) -> String {
    let names: Vec<String> = (1..=realms).map(|number| format!("R{number}")).collect();
    let mut program = Program::new(&[CHEAP, &[KEY, ("JWT_SECRET", SECRET), ("REALMS", &names.join(","))]].concat());
    start(&mut program).await;
    assert!(program.stop().await.success());
    let store = written::sqlite(&program);
    written::fill(&*store, &names, users, written::CHEAPEST).await;
    drop(store);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start(&mut program).await);
        if starts.len() < STARTS {
            assert!(program.stop().await.success());
        }
    }
    sleep(Duration::from_secs(2)).await;
    let rest = machine::resident(program.id());
    let size = fs::metadata(program.data().join("portcullis.db")).unwrap().len();

    let (port, id) = (program.port(), program.id());
    let step = (users / SESSIONS).max(1);
    let login = |number: usize| {
        let (realm, email) = place((number * step) % users, &names);
        load::post(&format!("/{realm}/login"), FORM, &format!("username={email}&password={PASSWORD}"))
    };
    let logins: Vec<_> = (0..SESSIONS).map(login).collect();
    let realm_of = |number: usize| place((number * step) % users, &names).0;
    let mut population = Population::log_in(port, logins.clone()).await;
    let path = |number: usize| format!("/{}/me", realm_of(number));
    let reads = Load::shuffled(port, READERS, population.reads_at(path));
    reads.rate(WARM_UP).await;
    let read = reads.cost(LENGTH, id).await.each;
    let count = u64::try_from(SESSIONS).unwrap();
    let refresh = population.refresh_at(|number| format!("/{}/token", realm_of(number)), id).await;
    let logins = Load::in_order(port, READERS, Arc::new(logins));
    let login = logins.once(count, id).await;
    let slow = percentile(&Load { connections: CLIENTS, ..logins }.latencies(LENGTH).await, 99);
    let then = machine::resident(id);
    format!(
        "| {users} | {realms} | {:.0} ms | {rest:.1} MiB | {} B | {read:.1} µs | {login:.0} µs | {slow:.1} ms | {refresh:.0} µs | {then:.1} MiB |",
        median(starts),
        size / u64::try_from(users).unwrap(),
    )
}
