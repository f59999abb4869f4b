//! Symmetric secrets: zeroized when dropped, never printed.

use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! secret_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes 32 random or derived bytes.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The key itself, to wrap it or put it into a vault.
            pub const fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                subtle::ConstantTimeEq::ct_eq(&self.0[..], &other.0[..]).into()
            }
        }
        impl Eq for $name {}
    };
}

secret_key!(
    /// The key of one epoch of one scope.
    EpochKey
);
secret_key!(
    /// The key under which a scope's bag of person keys is wrapped.
    BagKey
);
secret_key!(
    /// The key of one person's direct identifiers.
    PersonKey
);
secret_key!(
    /// The company's index key: makes blind tokens and seals names in the control log.
    IndexKey
);
secret_key!(
    /// The key of one attached file.
    AttachmentKey
);
