//! Row D63: the server works without Redis.

use serde_json::{Value, json as value};

use crate::{
    origin_defects::program::{Visitor, start, with_mail},
    support::{
        Person, json, problem,
        process::free_port,
        smtp::{Options, SmtpServer},
    },
};

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
        assert_eq!(log.matches("redis unavailable").count(), 1, "{log}");
        let (visitor, john) = (Visitor::of(&program), Person::new("john@example.com"));
        visitor.join(&smtp, &john).await;
        let health = value!({"status": "degraded", "database": "healthy", "redis": "unhealthy"});
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
        assert_eq!(program.log().matches("redis unavailable").count(), 1, "one line for the outage: {}", program.log());
        assert!(program.stop().await.success());
    }
}
