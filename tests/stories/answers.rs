//! Answers of the broker, Auth0 and Google that are too long, that lack a member, or whose tokens cannot be sent.

use std::io::Write;

use serde_json::{Value, json};

use crate::{
    kit::{ACCESS_TOKEN, LIST, REFRESH_TOKEN, User, url},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault, GMAIL_HOST},
};

/// Texts that are no token: they would break or bend the header in which a token is sent.
fn no_tokens() -> Vec<String> {
    let mut texts: Vec<String> =
        ["", " ", "a b", "a\r\nX-Evil: 1", "a\n", "\ta", "a\0", "a\u{7f}", "ä", "\u{200b}a", "a\u{2028}"]
            .map(str::to_owned)
            .to_vec();
    texts.push("x".repeat(8193));
    texts
}

#[test]
fn a_token_that_cannot_be_sent_did_not_come() {
    let user = User::with_refresh_token();
    let exchange = || Fault::on(AUTH0_DOMAIN).path("/oauth/token");
    for text in no_tokens() {
        let answer = json!({"access_token": text, "expires_in": 3600, "token_type": "Bearer"});
        user.world.fault(exchange().json(200, &answer));
        let error = user.run(&LIST).fails(10);
        assert!(!error.to_string().contains("X-Evil"), "{error}");
        assert!(user.cache().get(ACCESS_TOKEN).is_none(), "{text:?}");
    }
    // A rotated refresh token that cannot be sent does not replace one that can.
    for text in no_tokens() {
        let token = user.world.issue_google_token(&["https://www.googleapis.com/auth/gmail.modify"], 600);
        let answer = json!({"access_token": token, "expires_in": 0, "refresh_token": text});
        user.world.fault(exchange().json(200, &answer));
        user.run(&LIST).json();
    }
    user.run(&LIST).json();
    for text in no_tokens() {
        let user = User::ready_to_sign_in();
        let answer = json!({
            "session_id": "s1", "code": "ABCD-1234", "poll_token": text, "interval": 5,
            "url": format!("https://{BROKER_HOST}/connect/ABCD-1234"),
        });
        user.world.fault(Fault::on(BROKER_HOST).method("POST").json(201, &answer).always());
        user.run(&LIST).fails(10);
        user.world.clear_faults();
        user.sign_in();
    }
}

#[test]
fn a_token_in_the_cache_that_cannot_be_sent_is_not_there() {
    for text in no_tokens() {
        let user = User::with_refresh_token();
        user.edit_cache(|cache| cache[ACCESS_TOKEN] = json!({"v": text, "exp": 4_000_000_000.0}));
        user.run(&LIST).json();
        user.edit_cache(|cache| {
            cache[REFRESH_TOKEN] = json!({"v": text});
            cache["linkauth:tokens"] = json!({"v": json!({"gmail": text}).to_string()});
            cache.as_object_mut().unwrap().remove(ACCESS_TOKEN);
        });
        let first = user.run(&LIST).challenge();
        user.edit_cache(|cache| {
            let sessions = cache["linkauth:sessions"]["v"].as_str().unwrap();
            let mut sessions: Value = serde_json::from_str(sessions).unwrap();
            sessions["gmail"]["poll_token"] = text.as_str().into();
            cache["linkauth:sessions"]["v"] = sessions.to_string().into();
        });
        let second = user.run(&LIST).challenge();
        assert_ne!(url(&first), url(&second), "{text:?}");
        user.sign_in();
    }
}

/// So many bytes of JSON that is an object.
fn long_object(bytes: usize) -> String {
    format!("{{\"detail\":\"{}\",\"list\":[{}0]}}", "x".repeat(bytes / 2), "0,".repeat(bytes / 4))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_answer_costs_no_more_memory_than_it_may_have() {
    let plain = [("Content-Type", "application/json")];
    let packed = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    let long = long_object(20 << 20);
    let bodies = [(&plain[..], long.clone().into_bytes()), (&packed[..], gzip(&long))];
    for (headers, body) in bodies {
        for (host, path, status) in [
            (BROKER_HOST, "", 200),
            (BROKER_HOST, "", 418),
            (BROKER_HOST, "", 503),
            (AUTH0_DOMAIN, "", 200),
            (AUTH0_DOMAIN, "", 400),
            (GMAIL_HOST, "", 400),
            (GMAIL_HOST, "", 503),
        ] {
            let user = if host == GMAIL_HOST { User::signed_in() } else { User::with_refresh_token() };
            let fault = Fault::on(host).path(path).status(status, headers, body.clone());
            user.world.fault(fault.always());
            let (done, peak) = user.run(&["folders", "--timeout", "5"]).with_peak_memory();
            let error = done.error();
            assert!(done.stdout.is_empty() && [1, 2, 8, 10].contains(&done.code), "{host} {status}: {error}");
            assert!(status != 503 || done.code == 8, "{host} {status}: {error}");
            assert!(peak < 60_000, "{host} {status}: {peak} kB");
        }
    }
}

#[test]
fn an_answer_within_the_limit_is_read_whole() {
    let user = User::with_refresh_token();
    let token = user.world.issue_google_token(&["https://www.googleapis.com/auth/gmail.modify"], 600);
    let padded = json!({"access_token": token, "expires_in": 3600, "more": "x".repeat(900_000)});
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/token").json(200, &padded));
    user.run(&LIST).json();
}

#[test]
fn an_answer_without_its_members_is_an_error_and_nothing_is_forgotten() {
    let strange = [json!({}), json!([]), json!("x"), json!(7), json!(null), json!({"access_token": 7})];
    for answer in &strange {
        let user = User::with_refresh_token();
        user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/token").json(200, answer).always());
        user.run(&LIST).fails(10);
        user.world.clear_faults();
        user.world.fault(Fault::on(BROKER_HOST).path("/v1/proxy").json(200, answer).always());
        user.run(&LIST).fails(10);
        user.world.clear_faults();
        user.run(&LIST).json();
    }
    for answer in &strange {
        let user = User::not_connected();
        let path = "/me/v1/connected-accounts/connect";
        user.world.fault(Fault::on(AUTH0_DOMAIN).path(path).json(200, answer).always());
        user.run(&LIST).fails(10);
        user.world.clear_faults();
        user.sign_in();
    }
    // Google's own token endpoint: the refresh token stays.
    for answer in &strange {
        let user = User::ready_to_sign_in();
        user.world.allow("oauth2.googleapis.com");
        let run = || {
            let run = user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", "linkauth");
            let (id, secret) = user.world.google(|google| google.client.clone());
            run.env("MCS_GMAIL_GOOGLE_CLIENT_ID", &id).env("MCS_GMAIL_GOOGLE_CLIENT_SECRET", &secret)
        };
        user.approve(&run().challenge());
        run().json();
        user.expire_access_token();
        user.world.fault(Fault::on("oauth2.googleapis.com").json(200, answer));
        run().fails(8);
        run().json();
    }
}
