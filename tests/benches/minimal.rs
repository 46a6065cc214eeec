//! The least that a list costs with the same HTTP client: `minimal COUNT` asks for the ids and, in batches of 25, for the
//! messages, and prints the answers as they are. It has no errors of its own, no formats and no settings.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measure, not a program"
)]

use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

const HOST: &str = "https://gmail.googleapis.com";
const HEADERS: &str =
    "format=metadata&metadataHeaders=From&metadataHeaders=Subject&metadataHeaders=Date&prettyPrint=false";

fn main() {
    let Some(count) = std::env::args().nth(1).filter(|count| count != "--version") else {
        println!("minimal 1");
        return;
    };
    let pem = std::fs::read(std::env::var("SSL_CERT_FILE").unwrap()).unwrap();
    let roots = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let roots: Vec<Certificate<'static>> = roots.collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build();
    let agent: Agent = Agent::config_builder().tls_config(tls).build().into();
    let token = format!("Bearer {}", std::env::var("ACCESS_TOKEN").unwrap());

    let url =
        format!("{HOST}/gmail/v1/users/me/messages?labelIds=INBOX&maxResults={count}&fields=messages/id");
    let list =
        agent.get(&url).header("Authorization", &token).call().unwrap().into_body().read_to_string().unwrap();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let ids: Vec<&str> =
        list["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    for ids in ids.chunks(25) {
        let part = |id: &&str| {
            format!(
                "--b\r\nContent-Type: application/http\r\nContent-ID: <{id}>\r\n\r\n\
                 GET /gmail/v1/users/me/messages/{id}?{HEADERS} HTTP/1.1\r\n\r\n"
            )
        };
        let body = ids.iter().map(part).collect::<String>() + "--b--\r\n";
        let call = agent.post(&format!("{HOST}/batch/gmail/v1")).header("Authorization", &token);
        let call = call.header("Content-Type", "multipart/mixed; boundary=b");
        println!("{}", call.send(&body).unwrap().into_body().read_to_string().unwrap());
    }
}
