//! Which root certificates are trusted.

use std::path::PathBuf;

use rustls_native_certs::{CertificateResult, load_certs_from_paths};
use ureq::tls::Certificate;

use crate::observer::Observer;

/// Files with root certificates that the environment names.
pub(crate) struct Trust {
    pub(crate) file: Option<PathBuf>,
    pub(crate) directory: Option<PathBuf>,
    /// Name of the variable, and the file.
    pub(crate) extra: Vec<(&'static str, PathBuf)>,
}

impl Trust {
    /// The certificates that are used, in words, or the first file that the environment names and that has none.
    pub(crate) fn survey(&self) -> Result<String, String> {
        let file = self.file.iter().map(|path| ("SSL_CERT_FILE", path));
        let mut named: Vec<(&PathBuf, Vec<&str>)> = Vec::new();
        for (name, path) in file.chain(self.extra.iter().map(|(name, path)| (*name, path))) {
            if let Some((_, names)) = named.iter_mut().find(|(known, _)| *known == path) {
                names.push(name);
                continue;
            }
            let found = load_certs_from_paths(Some(path), None);
            if found.certs.is_empty() {
                let why = found.errors.first().map(|e| format!(": {}", reason(e))).unwrap_or_default();
                return Err(format!("{name}: no certificates in {}{why}", path.display()));
            }
            named.push((path, vec![name]));
        }
        // A directory without certificates adds nothing, and is no fault.
        if let Some(directory) = &self.directory
            && !load_certs_from_paths(None, Some(directory)).certs.is_empty()
        {
            named.push((directory, vec!["SSL_CERT_DIR"]));
        }
        let named: Vec<String> =
            named.iter().map(|(path, names)| format!("{} ({})", path.display(), names.join(", "))).collect();
        let system = system_roots().certs.len();
        match (system, named.as_slice()) {
            (0, []) => Err("this machine has no root certificates".to_owned()),
            (_, []) => Ok(format!("{system} root certificates of this machine")),
            (_, named) => Ok(format!("{}, and {system} root certificates of this machine", named.join(", "))),
        }
    }

    /// The certificates in SSL_CERT_FILE, where a sandbox puts all of them, or else all certificates that are found.
    pub(super) fn preferred(&self, observer: &dyn Observer) -> Vec<Certificate<'static>> {
        let Some(file) = &self.file else { return self.all(observer) };
        let found = load_certs_from_paths(Some(file), None);
        if found.errors.is_empty() && !found.certs.is_empty() {
            return certificates(found);
        }
        observer.warn(&format!("SSL_CERT_FILE: no certificates in {}", file.display()));
        self.all(observer)
    }

    /// The system's certificates and those of every file that the environment names.
    pub(super) fn all(&self, observer: &dyn Observer) -> Vec<Certificate<'static>> {
        let mut all = certificates(system_roots());
        all.extend(certificates(load_certs_from_paths(self.file.as_deref(), self.directory.as_deref())));
        for (name, path) in &self.extra {
            let found = load_certs_from_paths(Some(path), None);
            if found.certs.is_empty() {
                observer.warn(&format!("{name}: no certificates in {}", path.display()));
            }
            all.extend(certificates(found));
        }
        all
    }
}

fn reason(error: &rustls_native_certs::Error) -> String {
    match &error.kind {
        rustls_native_certs::ErrorKind::Io { inner, .. } => inner.to_string(),
        _ => "it is not a PEM file".to_owned(),
    }
}

fn certificates(found: CertificateResult) -> Vec<Certificate<'static>> {
    found.certs.iter().map(|c| Certificate::from_der(c).to_owned()).collect()
}

/// The system's own certificates, whatever SSL_CERT_FILE says: one bundle, or else a directory of certificates.
#[cfg(all(unix, not(target_os = "macos")))]
fn system_roots() -> CertificateResult {
    const BUNDLES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
        "/usr/local/share/certs/ca-root-nss.crt",
    ];
    let bundle = BUNDLES.iter().map(std::path::Path::new).find(|p| p.is_file());
    let directory = openssl_probe::candidate_cert_dirs().next().filter(|_| bundle.is_none());
    load_certs_from_paths(bundle, directory)
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn system_roots() -> CertificateResult {
    rustls_native_certs::load_native_certs()
}
