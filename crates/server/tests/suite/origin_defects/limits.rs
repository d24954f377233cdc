//! Rows D28, D33, D42, D43, D63, D80 and D81: whoever guesses, floods or runs up a bill comes to an end of it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json as value};

use super::{
    answer::{Answer, assert_alike},
    program::{Visitor, start, with_mail},
    together,
};
use crate::{
    floods::{memory, tell},
    limits::{ENFORCED, from, retry_after},
    sms::{Outlets, PHONE, give, is_proved, renumber},
    support::{
        Person, TestApp, json, problem,
        process::{CHEAP, Program, free_port},
        smtp::{Options, SmtpServer},
    },
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Nobody who asks in these tests is held back as a client, unless that is what they are about.
const ANY_CLIENT: &[(&str, &str)] = &[("LIMIT_MAILS_CLIENT", "10000/1h"), ("LIMIT_OTP_CLIENT", "10000/1h")];

/// The address of a client that is no other number's.
fn client(number: usize) -> String {
    format!("10.{}.{}.{}", number / 65_536, number / 256 % 256, number % 256)
}

/// A whole request as this client.
fn as_client(number: usize, request: &str) -> String {
    request.replacen("\r\n", &format!("\r\nX-Forwarded-For: {}\r\n", client(number)), 1)
}

/// Asks for a code as this client.
async fn ask(app: &TestApp, number: usize, id: &str, phone: &str) -> Response {
    let request = app.request(Method::POST, "/User1/otp_phone").json(&value!({ "id": id, "phone": phone }));
    from(&client(number), request).send().await.unwrap()
}

/// The handle for a code that this client asks for.
async fn handle(app: &TestApp, number: usize, id: &str, phone: &str) -> String {
    json(ask(app, number, id, phone).await, 200).await["otp"].as_str().unwrap().to_owned()
}

async fn guess(app: &TestApp, number: usize, email: &str, password: &str) -> Response {
    let request = app.request(Method::POST, "/User1/login").form(&[("username", email), ("password", password)]);
    from(&client(number), request).send().await.unwrap()
}

#[tokio::test]
async fn d28_whoever_asks_for_code_after_code_has_twenty_five_guesses_a_day() {
    let mut outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let mut guesses = 0;
    for hour in 0..24 {
        let sent = outlets.twilio.messages().len();
        let handle = handle(&outlets.app, hour, &john.id, PHONE).await;
        let code = outlets.code().await;
        if outlets.twilio.messages().len() == sent {
            // Nothing was sent for it: not even the code that went out last is right.
            problem(give(&outlets.app, &handle, &code).await, 400).await;
        } else {
            for number in 1..=5 {
                let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + number) % 1_000_000);
                assert_eq!(problem(give(&outlets.app, &handle, &wrong).await, 400).await["code"], "otp.wrong");
                guesses += 1;
            }
            assert_eq!(problem(give(&outlets.app, &handle, &code).await, 400).await["code"], "otp.invalid");
        }
        outlets.app.advance(HOUR - SECOND);
        if hour == 2 {
            outlets.app = outlets.app.restart().await;
        }
    }
    assert_eq!(guesses, 25);
    outlets.app.advance(MINUTE);
    let handle = handle(&outlets.app, 99, &john.id, PHONE).await;
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
    assert!(is_proved(&outlets.app, &john).await, "the next day is a new one");
}

#[tokio::test]
async fn d28_a_number_is_sent_five_codes_a_day_however_many_accounts_have_it() {
    let outlets = Outlets::open(ENFORCED).await;
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(outlets.join(Person::new(&format!("person{number}@example.com"))).await);
    }
    for (number, person) in people.iter().cycle().take(24).enumerate() {
        handle(&outlets.app, number, &person.id, PHONE).await;
        outlets.app.pump().await;
        outlets.app.advance(2 * MINUTE);
    }
    assert_eq!(outlets.twilio.messages().len(), 5);
}

#[tokio::test]
async fn d28_an_account_is_sent_five_codes_a_day_however_many_numbers_it_has() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let store = outlets.app.store().await;
    for number in 0..8 {
        let phone = format!("+12345678{number:02}");
        renumber(&outlets.app, &*store, &john, &phone).await;
        handle(&outlets.app, number, &john.id, &phone).await;
        outlets.app.pump().await;
        outlets.app.advance(2 * MINUTE);
    }
    assert_eq!(outlets.twilio.messages().len(), 5);
}

#[tokio::test]
async fn d33_of_a_code_asked_for_every_ten_minutes_five_messages_leave_in_a_day() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for number in 0..144 {
        handle(&outlets.app, number, &john.id, PHONE).await;
        outlets.app.pump().await;
        outlets.app.advance(10 * MINUTE);
    }
    assert_eq!(outlets.twilio.messages().len(), 5);
}

#[tokio::test]
async fn d33_a_client_asks_for_ten_codes_an_hour_whosever_they_are() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for number in 0..10 {
        let answer = ask(&outlets.app, 1, &john.id, &format!("+12345678{number:02}")).await;
        assert_eq!(answer.headers()["ratelimit-policy"], "\"otp\";q=10;w=3600");
        json(answer, 200).await;
    }
    let refused = ask(&outlets.app, 1, "nobody", PHONE).await;
    assert_eq!(retry_after(&refused), 3600);
    problem(refused, 429).await;
    problem(ask(&outlets.app, 1, &john.id, PHONE).await, 429).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 0);
    json(ask(&outlets.app, 2, &john.id, PHONE).await, 200).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
}

#[tokio::test]
async fn d33_codes_asked_for_at_one_moment_pass_neither_the_budget_of_a_country_nor_that_of_all() {
    let budgets = [("LIMIT_SMS_COUNTRY", "4/24h"), ("LIMIT_SMS_TOTAL", "6/24h")];
    let outlets = Outlets::open(&[ENFORCED, ANY_CLIENT, &budgets].concat()).await;
    let mut requests = Vec::new();
    for number in 0..24 {
        // Of two countries in turn, a number each.
        let phone = if number % 2 == 0 { format!("+12345678{number:02}") } else { format!("+4479111234{number:02}") };
        let person = outlets.join_with(Person::new(&format!("person{number}@example.com")), &phone).await;
        let body = value!({ "id": person.id, "phone": phone }).to_string();
        requests.push(together::post("/User1/otp_phone", "application/json", &body));
    }
    let statuses = together::statuses(&outlets.app.base, requests).await;
    assert_eq!(statuses, [200; 24]);
    outlets.app.pump().await;
    let sent: Vec<_> = outlets.twilio.messages().into_iter().map(|message| message.to).collect();
    let to = |prefix: &str| sent.iter().filter(|number| number.starts_with(prefix)).count();
    assert!(sent.len() == 6 && to("+1") <= 4 && to("+44") <= 4, "{sent:?}");
}

#[tokio::test]
async fn d33_codes_beyond_a_limit_are_answered_alike_for_everybody() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let pending = Person::new("pending@example.com").register(&outlets.app).await;
    let mut answers = Vec::new();
    for (who, id, phone) in [
        ("his own number", &*john.id, PHONE),
        ("the number of nobody", &*john.id, "+1234567891"),
        ("somebody who waits", &*pending.id, PHONE),
        ("nobody", "nobody", PHONE),
    ] {
        for number in 0..8 {
            let answer = Answer::of(ask(&outlets.app, answers.len(), id, phone).await).await;
            let handle = serde_json::from_str::<Value>(&answer.body).unwrap()["otp"].as_str().unwrap().to_owned();
            answers.push((format!("{who}, {number}"), answer.without(&handle)));
        }
    }
    assert_alike(&answers);
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
}

/// One guess every two seconds, for twenty minutes.
#[tokio::test]
async fn d42_whoever_guesses_without_end_has_one_guess_a_minute() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    for (who, email) in [("somebody", &*john.email), ("nobody", "nobody@example.com")] {
        let (mut judged, mut refused) = (0, 0);
        for number in 0..600 {
            let answer = guess(&app, number, email, "wrong-wrong-wrong").await;
            match answer.status() {
                StatusCode::UNAUTHORIZED => judged += 1,
                _ => {
                    assert!((1..=60).contains(&retry_after(&answer)));
                    problem(answer, 429).await;
                    refused += 1;
                }
            }
            app.advance(2 * SECOND);
        }
        // Five, six that wait for less than a minute, and one in each of the minutes that are left.
        assert_eq!((judged, refused), (5 + 6 + 18, 600 - 29), "{who}");
    }
    // The owner has waited for a minute at the most.
    app.advance(MINUTE);
    json(guess(&app, 1, &john.email, &john.password).await, 200).await;
}

#[tokio::test]
async fn d42_the_waits_of_somebody_and_of_nobody_are_told_alike() {
    let app = TestApp::with(ENFORCED).await;
    Person::new("owner@example.com").join(&app).await;
    Person::new("pending@example.com").register(&app).await;
    Person::new("both@example.com").join(&app).await;
    Person::new("both@example.com").with_password("somebody elses phrase").register(&app).await;
    Person::new("elsewhere@example.com").of("User2").join(&app).await;
    let mut rounds = vec![Vec::new(); 8];
    for who in ["nobody", "owner", "pending", "both", "elsewhere"] {
        for (number, round) in rounds.iter_mut().enumerate() {
            let answer = guess(&app, number, &format!("{who}@example.com"), "wrong-wrong-wrong").await;
            round.push((format!("{who}, {number}"), Answer::of(answer).await));
        }
        // As a client nobody has done anything any more.
        app.advance(MINUTE);
    }
    for round in &rounds {
        assert_alike(round);
    }
    assert_eq!(
        rounds.iter().map(|round| round[0].1.status).collect::<Vec<_>>(),
        [401, 401, 401, 401, 401, 429, 429, 429]
    );
}

#[tokio::test]
async fn d43_whatever_a_client_says_of_itself_it_is_the_same_client() {
    const SAYS: &[&str] = &[
        "X-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Cluster-Client-IP",
        "X-Original-Forwarded-For",
        "Via",
    ];
    for proxies in [&[][..], &[("TRUSTED_PROXIES", "192.0.2.1")], &[("TRUSTED_PROXIES", "127.0.0.1")]] {
        let app = TestApp::with(&[&[("RATE_LIMIT_MODE", "enforce")], proxies].concat()).await;
        let is_behind_a_proxy = proxies.iter().any(|(_, proxy)| *proxy == "127.0.0.1");
        let try_as = async |number: usize| {
            let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
            let mut request = app.request(Method::POST, "/User1/login").form(&form);
            for name in SAYS {
                let address = client(number);
                let says = match *name {
                    "Forwarded" => format!("for={address};proto=https"),
                    // What the proxy has added stands last.
                    "X-Forwarded-For" if is_behind_a_proxy => format!("{address}, 203.0.113.9"),
                    _ => address,
                };
                request = request.header(*name, says);
            }
            request.send().await.unwrap().status().as_u16()
        };
        for number in 0..30 {
            assert_eq!(try_as(number).await, 401, "{proxies:?}");
        }
        for number in 30..35 {
            assert_eq!(try_as(number).await, 429, "{proxies:?}");
        }
    }
}

/// Some proxies write a line of their own below that of the client.
#[tokio::test]
async fn d43_a_header_of_its_own_beside_that_of_the_proxy_helps_no_client() {
    let app = TestApp::with(ENFORCED).await;
    let try_as = async |number: usize| {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        from("203.0.113.9", from(&client(number), request)).send().await.unwrap().status().as_u16()
    };
    for number in 0..30 {
        assert_eq!(try_as(number).await, 401);
    }
    assert_eq!(try_as(30).await, 429);
}

#[tokio::test]
async fn d43_an_address_is_one_client_in_whichever_way_it_is_written() {
    let app = TestApp::with(ENFORCED).await;
    let try_as = async |number: usize, address: &str| {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        from(address, request).send().await.unwrap().status().as_u16()
    };
    let written =
        ["203.0.113.9", "::ffff:203.0.113.9", "203.0.113.9:80", "[::ffff:203.0.113.9]:80", "::ffff:cb00:7109"];
    for (number, address) in written.iter().cycle().take(30).enumerate() {
        assert_eq!(try_as(number, address).await, 401, "{address}");
    }
    for address in written {
        assert_eq!(try_as(99, address).await, 429, "{address}");
    }
    // A network of IPv6 in whatever way it is written.
    let written = ["2001:db8::1", "2001:0db8:0:0::2", "[2001:DB8::3]:443", "2001:db8:0000:0000:ffff::"];
    for (number, address) in written.iter().cycle().take(30).enumerate() {
        assert_eq!(try_as(100 + number, address).await, 401, "{address}");
    }
    for address in written {
        assert_eq!(try_as(199, address).await, 429, "{address}");
    }
}

/// So many clients knock once each, over one connection, and are counted.
fn knock(port: u16, clients: std::ops::Range<usize>) {
    const AT_ONCE: usize = 64;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut chunk = [0; 65_536];
    let numbers: Vec<_> = clients.collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let requests: String = numbers
            .iter()
            .map(|number| {
                format!(
                    "GET /User1/verify?token=x HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nX-Forwarded-For: {}\r\n\r\n",
                    client(*number)
                )
            })
            .collect();
        stream.write_all(requests.as_bytes()).unwrap();
        let mut answers = 0;
        while answers < numbers.len() {
            let read = stream.read(&mut chunk).unwrap();
            assert!(read > 0, "it does not listen any more");
            // An answer ends with its body, and nothing else of it is in braces.
            answers += chunk[..read].iter().filter(|byte| **byte == b'}').count();
        }
    }
}

/// What is told of more clients than are remembered takes the place of what was told of others.
#[tokio::test]
#[ignore = "soak"]
async fn d43_no_number_of_clients_fills_the_memory() {
    let program = Program::start(&[CHEAP, ENFORCED].concat()).await;
    let clients_knock = async |clients: std::ops::Range<usize>| {
        let port = program.port();
        tokio::task::spawn_blocking(move || knock(port, clients)).await.unwrap();
        memory(&program)
    };
    let before = clients_knock(0..1000).await;
    let full = clients_knock(1000..105_000).await;
    let beyond = clients_knock(105_000..150_000).await;
    tell(&format!("memory after 1,000, 105,000 and 150,000 clients: {before}, {full}, {beyond} MiB"));
    assert!(full < before + 64, "{before} MiB became {full}");
    assert!(beyond < full + 8, "{full} MiB became {beyond}");
}

/// There is no Redis yet: nothing is lost without it, and nothing waits for it.
#[tokio::test]
async fn d63_where_redis_is_named_and_away_everything_works() {
    let port = free_port().to_string();
    let url = format!("redis://127.0.0.1:{port}");
    let named: [&[(&str, &str)]; 2] = [&[("REDIS_HOST", "127.0.0.1"), ("REDIS_PORT", &port)], &[("REDIS_URL", &url)]];
    for redis in named {
        let smtp = SmtpServer::start(Options::default()).await;
        let mut program = with_mail(&smtp, &[redis, &[("RATE_LIMIT_MODE", "enforce")]].concat());
        start(&mut program).await;
        let log = program.log();
        assert!(log.contains(redis[0].0) && log.contains("without effect"), "{log}");
        let (visitor, john) = (Visitor::of(&program), Person::new("john@example.com"));
        visitor.join(&smtp, &john).await;
        let health = value!({"status": "healthy", "database": "healthy", "redis": "disabled"});
        assert_eq!(json(visitor.get("/health").await, 200).await, health);
        let entered: Value = json(visitor.try_login(&john).await, 200).await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", entered["refresh_token"].as_str().unwrap())];
        let refreshed = json(visitor.post_form("/User1/token", &form).await, 200).await;
        let token = refreshed["access_token"].as_str().unwrap();
        json(visitor.get_as(token, "/User1/me").await, 200).await;
        json(visitor.get_as(token, "/User1/logout").await, 200).await;
        problem(visitor.get_as(token, "/User1/me").await, 401).await;
        let guesser = Person::new("john@example.com").with_password("wrong-wrong-wrong");
        for _ in 0..5 {
            problem(visitor.try_login(&guesser).await, 401).await;
        }
        problem(visitor.try_login(&guesser).await, 429).await;
        assert!(program.stop().await.success());
    }
}

#[tokio::test]
async fn d80_of_two_hundred_requests_for_one_address_five_send_a_mail_and_all_are_answered_alike() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(HOUR);
    let before = app.mails_to(&john.email).await.len();
    let mut answers = Vec::new();
    for number in 0..200 {
        // A page of anybody's may ask for it as a picture.
        let email = if number % 5 == 0 { "nobody@example.com" } else { "john@example.com" };
        let path = format!("/User1/forget_password?email={email}");
        let request = app.request(Method::GET, &path).header("Sec-Fetch-Site", "cross-site");
        let answer = from(&client(number), request).send().await.unwrap();
        answers.push((format!("{email}, {number}"), Answer::of(answer).await));
        // Of requests that wait only the newest is sent.
        if number < 20 {
            app.pump().await;
        }
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 200);
    assert_eq!(app.mails_to(&john.email).await.len(), before + 5);
    assert!(app.mails_to("nobody@example.com").await.is_empty());
}

#[tokio::test]
async fn d80_requests_for_one_address_at_one_moment_send_no_more_mails_than_one_after_the_other() {
    let app = TestApp::with(ENFORCED).await;
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(HOUR);
    let before = app.mails_to(&john.email).await.len();
    let requests = (0..40).map(|number| {
        let request = together::form("/User1/forget_password", "email=john%40example.com");
        as_client(number, &request)
    });
    let statuses = together::statuses(&app.base, requests.collect()).await;
    assert_eq!(statuses, [200; 40]);
    // Of those that wait only the newest is sent; then the hour has none left.
    assert!(app.mails_to(&john.email).await.len() > before);
    let sent = app.mails_to(&john.email).await.len();
    let request = app.request(Method::POST, "/User1/forget_password").form(&[("email", &john.email)]);
    json(from(&client(99), request).send().await.unwrap(), 200).await;
    assert_eq!(app.mails_to(&john.email).await.len(), sent);
}

#[tokio::test]
async fn d80_a_client_asks_twenty_times_an_hour_by_get_and_post_together() {
    let app = TestApp::with(ENFORCED).await;
    let ask = async |number: usize| {
        let email = format!("person{number}@example.com");
        let request = match number % 3 {
            0 => app.request(Method::GET, &format!("/User1/forget_password?email={email}")),
            1 => app.request(Method::POST, "/v1/User2/forget_password").form(&[("email", &email)]),
            _ => app.request(Method::POST, "/User1/forget_password").json(&value!({ "email": email })),
        };
        from(&client(1), request).send().await.unwrap()
    };
    for number in 0..20 {
        json(ask(number).await, 200).await;
    }
    for number in 20..26 {
        let refused = ask(number).await;
        assert_eq!(retry_after(&refused), 3600);
        problem(refused, 429).await;
    }
}

#[tokio::test]
async fn d81_five_hundred_registrations_of_one_client_send_twenty_mails_and_each_address_has_one() {
    let app = TestApp::with(ENFORCED).await;
    let mut taken = 0;
    for number in 0..500 {
        let victim = Person::new(&format!("victim+{number}@example.com"));
        let request = app.request(Method::POST, "/User1/create").json(&victim.form());
        let answer = from(&client(1), request).send().await.unwrap();
        match answer.status() {
            StatusCode::OK => taken += 1,
            _ => drop(problem(answer, 429).await),
        }
    }
    let mails = app.mails().await;
    let mut addresses: Vec<_> = mails.iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!((taken, mails.len(), addresses.len()), (20, 20, 20));
}

#[tokio::test]
async fn d81_two_hundred_registrations_of_one_address_send_five_mails() {
    let app = TestApp::with(ENFORCED).await;
    let victim = Person::new("victim@example.com");
    for number in 0..200 {
        let request = app.request(Method::POST, "/User1/create").json(&victim.form());
        json(from(&client(number), request).send().await.unwrap(), 200).await;
        // Of registrations that wait only the newest is written to.
        if number < 20 {
            app.pump().await;
        }
    }
    assert_eq!(app.mails_to(&victim.email).await.len(), 5);
    // The owner of the address is not kept out by it.
    victim.verify(&app).await.log_in(&app).await;
}

#[tokio::test]
async fn d81_registrations_of_one_address_at_one_moment_send_no_more_mails_than_one_after_the_other() {
    let app = TestApp::with(ENFORCED).await;
    let victim = Person::new("victim@example.com");
    let requests = (0..40).map(|number| {
        let request = together::post("/User1/create", "application/json", &victim.form().to_string());
        as_client(number, &request)
    });
    let statuses = together::statuses(&app.base, requests.collect()).await;
    assert_eq!(statuses, [200; 40]);
    let sent = app.mails_to(&victim.email).await.len();
    assert!((1..=5).contains(&sent), "{sent}");
    let request = app.request(Method::POST, "/User1/create").json(&victim.form());
    json(from(&client(99), request).send().await.unwrap(), 200).await;
    assert_eq!(app.mails_to(&victim.email).await.len(), sent);
    // Where too many came at once to compare their passwords the link asks for one; it is good all the same.
    victim.verify(&app).await;
}

#[tokio::test]
async fn d25_whoever_has_used_up_the_mails_of_an_address_before_its_owner_registers_gains_nothing() {
    let app = TestApp::with(ENFORCED).await;
    let attacker = Person::new("victim@example.com").with_password("attackers own phrase");
    let create = async |number: usize, person: &Person| {
        let request = app.request(Method::POST, "/User1/create").json(&person.form());
        json(from(&client(number), request).send().await.unwrap(), 200).await;
    };
    create(0, &attacker).await;
    for number in 1..5 {
        forget(&app, number, &attacker.email).await;
    }
    let sent = app.mails_to(&attacker.email).await.len();
    let victim = Person::new("victim@example.com").with_password("victims own phrase");
    create(5, &victim).await;
    assert_eq!(app.mails_to(&victim.email).await.len(), sent, "no more is sent");
    let link = app.link(&victim.email, "verify").await;
    let form = app.open(&link).await.text().await.unwrap();
    assert!(form.contains("name=\"password\""), "{form}");
    problem(guess(&app, 9, &attacker.email, &attacker.password).await, 403).await;
    // Nor by registering once more.
    create(6, &attacker).await;
    assert_eq!(app.open(&link).await.status(), 200);
    problem(guess(&app, 10, &attacker.email, &attacker.password).await, 403).await;
}

#[tokio::test]
async fn r01_whoever_has_used_up_the_mails_of_an_address_does_not_keep_its_owner_from_registering() {
    let app = TestApp::with(ENFORCED).await;
    for number in 0..5 {
        forget(&app, number, "victim@example.com").await;
    }
    let victim = Person::new("victim@example.com");
    let request = app.request(Method::POST, "/User1/create").json(&victim.form());
    json(from(&client(5), request).send().await.unwrap(), 200).await;
    assert!(app.mails_to(&victim.email).await.is_empty());
    app.advance(HOUR);
    let again = value!({ "email": "victim@example.com" });
    json(app.post_json("/User1/verify/resend", again).await, 200).await;
    assert_eq!(app.open(&app.link(&victim.email, "verify").await).await.status(), 200);
    json(guess(&app, 6, &victim.email, &victim.password).await, 200).await;
}

async fn forget(app: &TestApp, number: usize, email: &str) {
    let request = app.request(Method::POST, "/User1/forget_password").form(&[("email", email)]);
    json(from(&client(number), request).send().await.unwrap(), 200).await;
}
