//! The clocks of this machine and of the services differ, by hours in either direction: links and tokens live as long
//! as they should.

use serde_json::json;

use crate::{
    kit::{ACCESS_TOKEN, LIST, User, for_each_in_parallel, url, wait_until},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault},
};

/// Seconds by which the services are ahead of us.
const SKEWS: [i64; 5] = [-86_400, -3600, -600, 600, 3600];

fn sessions(user: &User) -> usize {
    user.world.count(BROKER_HOST, "POST", "/v1/sessions")
}

#[test]
fn a_sign_in_takes_two_links_whatever_the_clocks_say() {
    for_each_in_parallel(SKEWS, |skew| {
        let user = User::ready_to_sign_in();
        user.world.set_clocks_ahead(skew);
        for step in ["sign_in", "connect_account"] {
            let first = user.run(&LIST).challenge();
            let message = first["message"].as_str().unwrap();
            let minutes =
                if step == "sign_in" { ["9 minutes", "10 minutes"] } else { ["4 minutes", "5 minutes"] };
            assert!(minutes.iter().any(|m| message.contains(m)), "{skew}: {message}");
            for _ in 0..2 {
                let again = user.run(&LIST).challenge();
                assert_eq!(url(&first), url(&again), "{skew}");
                assert_eq!(again["step"], step);
            }
            user.approve(&first);
        }
        user.run(&LIST).json();
        assert_eq!(sessions(&user), 2, "{skew}");
        let life = user.lifetime_of(ACCESS_TOKEN);
        assert!((3400.0..3600.0).contains(&life), "{skew}: {life}");
    });
}

#[test]
fn a_run_that_waits_gets_there_whatever_the_clocks_say() {
    for_each_in_parallel(SKEWS, |skew| {
        let user = User::ready_to_sign_in();
        user.world.set_clocks_ahead(skew);
        let mut running = user.run(&["list", "--limit", "1", "--wait", "600"]).start();
        wait_until("the run ends", || {
            for link in user.world.broker(|b| b.pending_urls()) {
                user.world.approve(&link).unwrap();
            }
            running.has_ended()
        });
        assert_eq!(running.done().code, 0);
        assert_eq!(sessions(&user), 2, "{skew}");
    });
}

#[test]
fn a_confirmed_link_is_given_up_after_two_minutes_of_the_broker_not_of_ours() {
    for_each_in_parallel(SKEWS, |skew| {
        let user = User::ready_to_sign_in();
        user.world.set_clocks_ahead(skew);
        let first = user.run(&LIST).challenge();
        user.refuse(&first);
        for _ in 0..2 {
            assert_eq!(url(&user.run(&LIST).challenge()), url(&first), "{skew}");
        }
        user.world.set_clocks_ahead(skew + 121);
        assert_ne!(url(&user.run(&LIST).challenge()), url(&first), "{skew}");
    });
}

#[test]
fn a_link_survives_that_our_own_clock_is_set() {
    for_each_in_parallel([-3600.0, 3600.0], |jump: f64| {
        let user = User::ready_to_sign_in();
        let first = user.run(&LIST).challenge();
        user.run(&LIST).challenge();
        // What our clock said before it was set.
        let cache = user.cache();
        let times = cache["mcs-gmail:session:gmail"]["v"].as_str().unwrap();
        let times: serde_json::Value = serde_json::from_str(times).unwrap();
        for name in ["expires_at", "next_poll", "polled_at"] {
            user.set_session_time(name, times[name].as_f64().unwrap() - jump);
        }
        assert_eq!(url(&user.run(&LIST).challenge()), url(&first), "{jump}");
        user.sign_in();
        assert_eq!(sessions(&user), 2, "{jump}");
    });
}

#[test]
fn a_broker_without_a_date_is_believed_until_the_session_is_gone() {
    for_each_in_parallel(SKEWS, |skew| {
        let user = User::ready_to_sign_in();
        user.world.set_clocks_ahead(skew);
        user.world.broker(|b| b.tells_time = false);
        let first = user.run(&LIST).challenge();
        for _ in 0..2 {
            assert_eq!(url(&user.run(&LIST).challenge()), url(&first), "{skew}");
        }
        user.sign_in();
    });
}

#[test]
fn a_token_that_comes_with_the_visit_expires_by_the_brokers_clock() {
    for_each_in_parallel(SKEWS, |skew| {
        let user = User::ready_to_sign_in();
        user.world.set_clocks_ahead(skew);
        let run = || user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", "linkauth");
        user.approve(&run().challenge());
        run().json();
        let life = user.lifetime_of(ACCESS_TOKEN);
        assert!((3400.0..3600.0).contains(&life), "{skew}: {life}");
    });
}

#[test]
fn a_token_whose_expiry_was_recorded_by_another_clock_costs_an_exchange_and_no_visit() {
    for_each_in_parallel([-3600.0, 3600.0], |jump: f64| {
        let user = User::with_refresh_token();
        user.run(&LIST).json();
        user.edit_cache(|cache| {
            let until = cache[ACCESS_TOKEN]["exp"].as_f64().unwrap();
            cache[ACCESS_TOKEN]["exp"] = json!(until + jump);
        });
        user.world.auth0(|t| t.expire_google_tokens());
        user.run(&LIST).json();
        user.run(&LIST).json();
    });
}

#[test]
fn a_rate_limit_that_ends_at_a_time_of_day_is_meant_by_the_clock_of_auth0() {
    for_each_in_parallel(SKEWS, |skew| {
        let user = User::with_refresh_token();
        let there = jiff::Timestamp::now().as_second() + skew;
        let date =
            jiff::Timestamp::from_second(there).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let reset = (there + 90).to_string();
        let headers = [("Date", date.as_str()), ("X-RateLimit-Reset", reset.as_str())];
        user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/token").always().status(429, &headers, "{}"));
        let error = user.run(&LIST).fails(7);
        assert_eq!(error["retry_after"], 90, "{skew}: {error}");
    });
}
