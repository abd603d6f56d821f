//! The parts of the pages that live on in the browser.
//!
//! Each is rendered by the edge and woken up from the same value, as [`given`] by its page. [`journey`]
//! is the shopper's way through a sale; [`receipt`] keeps an order's state fresh; [`drawn`] recomputes the draw; [`when`] shows a moment
//! in the reader's own time zone. All are made of the shapes in [`parts`].

// The island macro makes its hydration entries `pub`, wherever they are.
#![allow(unreachable_pub)]

pub(crate) mod clock;
pub(crate) mod drawn;
pub(crate) mod given;
pub(crate) mod journey;
pub(crate) mod parts;
pub(crate) mod receipt;
pub(crate) mod when;
