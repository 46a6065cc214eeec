//! The account that was chosen. It decides whose records are used, and whom the login pages expect.

/// The chosen account; without a name and an address, it is whichever account signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountChoice {
    /// What `--account` takes: the name of a section, an address, or a name without a meaning elsewhere.
    pub(crate) name: Option<String>,
    /// The Google address, if it is configured. The login pages offer it.
    pub(crate) address: Option<String>,
}

impl AccountChoice {
    /// Its name, if that is not only its address.
    pub(super) fn own_name(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| self.address.as_deref() != Some(name))
    }

    /// As a person knows it.
    pub(super) fn shown(&self) -> Option<&str> {
        self.address.as_deref().or(self.name.as_deref())
    }

    /// Its part of the identity. The address comes first, so that a section that is given another address does not use
    /// the tokens of the one before. ASCII letters are folded, as Google does.
    pub(super) fn identity(&self) -> String {
        let folded = self.address.as_ref().map(|address| address.to_ascii_lowercase());
        folded.or_else(|| self.name.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_account_in_every_section_and_every_case() {
        let choice = |name: Option<&str>, address: Option<&str>| {
            AccountChoice { name: name.map(str::to_owned), address: address.map(str::to_owned) }.identity()
        };
        assert_eq!(choice(None, None), "");
        assert_eq!(choice(Some("work"), None), "work");
        assert_eq!(choice(Some("ada@example.com"), Some("ada@example.com")), "ada@example.com");
        assert_eq!(choice(Some("work"), Some("Ada@Example.com")), "ada@example.com");
    }
}
