//! What can be wrong with bytes from another device or from the relay.

/// Why something read from the wire is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// Longer than the bound for its kind.
    #[error("longer than {max} bytes")]
    TooLarge {
        /// The bound, in bytes.
        max: usize,
    },
    /// Not the encoding that is expected here.
    #[error("malformed bytes")]
    Malformed,
    /// A version or suite below the compiled-in floor.
    #[error("version {version} with suite {suite} is below the floor")]
    Downgrade {
        /// The offered version.
        version: u8,
        /// The offered suite.
        suite: u8,
    },
    /// A version or suite that this program does not know yet.
    #[error("version {version} with suite {suite} is newer than this program")]
    TooNew {
        /// The offered version.
        version: u8,
        /// The offered suite.
        suite: u8,
    },
    /// A signature that its author's key does not verify.
    #[error("the signature does not verify")]
    BadSignature,
    /// A ciphertext that the key at hand does not open, or bound to another header or company.
    #[error("the seal does not open")]
    BadSeal,
    /// A public key or seed that is no key.
    #[error("not a usable key")]
    BadKey,
    /// A body whose parts contradict its header.
    #[error("the body contradicts its header")]
    Inconsistent,
    /// A change of an actor other than its batch's author.
    #[error("a change carries another device's actor")]
    ForeignActor,
    /// A code with a typing error.
    #[error("the code has a typing error")]
    BadCode,
    /// A receipt or fact that the relay's key did not sign.
    #[error("not signed by the company's relay")]
    NotTheRelay,
}

impl ProtocolError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "sync.too_large",
            Self::Malformed => "sync.malformed",
            Self::Downgrade { .. } => "sync.downgrade",
            Self::TooNew { .. } => "sync.too_new",
            Self::BadSignature => "sync.bad_signature",
            Self::BadSeal => "sync.bad_seal",
            Self::BadKey => "sync.bad_key",
            Self::Inconsistent => "sync.inconsistent",
            Self::ForeignActor => "sync.foreign_actor",
            Self::BadCode => "sync.bad_code",
            Self::NotTheRelay => "sync.not_the_relay",
        }
    }
}
