//! The certificate authority of one world: made at its start, and valid for every host of the world.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use super::lock;

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
        lock(&self.configs).entry(host.to_owned()).or_insert_with(|| self.make_config(host)).clone()
    }

    fn make_config(&self, host: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("ring makes keys");
        let leaf = CertificateParams::new([host.to_owned()])
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
