//! The certificate authority of one world: made at its start, and valid for every host of the world.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use super::lock;

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug)]
pub enum Flaw {
    /// Since 2021.
    Expired,
    /// Before 2090.
    NotYetValid,
    /// It is for `portal.hotel.example`.
    OtherName,
    /// It is that of a CA.
    Ca,
    /// It is for clients.
    ClientOnly,
}

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    configs: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "mcs-gmail sandbox CA");
        let key = KeyPair::generate().expect("ring makes keys");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("the CA's parameters are sound");
        Authority { issuer, configs: Mutex::default() }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The TLS side of `host`, with a certificate for that name only.
    pub fn config_for(&self, host: &str) -> Arc<ServerConfig> {
        lock(&self.configs).entry(host.to_owned()).or_insert_with(|| self.make_config(host, None)).clone()
    }

    pub fn spoil(&self, host: &str, flaw: Flaw) {
        lock(&self.configs).insert(host.to_owned(), self.make_config(host, Some(flaw)));
    }

    fn make_config(&self, host: &str, flaw: Option<Flaw>) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("ring makes keys");
        let leaf = CertificateParams::new([host.to_owned()])
            .map(|params| flaw.map_or(params.clone(), |flaw| spoilt(params, flaw)))
            .and_then(|params| params.signed_by(&key, &self.issuer))
            .expect("the host of a CONNECT is a DNS name");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring supports TLS 1.2 and 1.3")
                .with_no_client_auth()
                .with_single_cert(vec![leaf.der().clone()], key)
                .expect("the key belongs to the certificate");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

fn spoilt(mut params: CertificateParams, flaw: Flaw) -> CertificateParams {
    match flaw {
        Flaw::Expired => {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 2, 3);
        }
        Flaw::NotYetValid => {
            params.not_before = date_time_ymd(2090, 2, 3);
            params.not_after = date_time_ymd(2091, 1, 1);
        }
        Flaw::OtherName => {
            let name = "portal.hotel.example".try_into().expect("a DNS name is ASCII");
            params.subject_alt_names = vec![SanType::DnsName(name)];
        }
        Flaw::Ca => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        Flaw::ClientOnly => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
    }
    params
}
