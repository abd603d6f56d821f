//! Where the provider's card form is.

use serde::{Deserialize, Serialize};

/// The provider's card form, shown in a frame of its own origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardElement {
    /// Its page, such as `http://127.0.0.1:12111/element`.
    pub url: String,
    /// Its origin: the only one whose messages are listened to, and that may be framed;
    /// [`CardElement::OURS`] where the form is a page of the shop itself.
    pub origin: String,
    /// The provider's name for this shop; public.
    pub publishable_key: String,
}

impl CardElement {
    /// The shop's own origin, in the words of a content security policy.
    pub const OURS: &str = "'self'";
}
