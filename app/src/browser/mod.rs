//! Everything that touches the browser, one small file for each of its parts.
//!
//! Called by the islands from effects and event handlers only, so nothing here ever runs on the edge.
//! A browser that lacks something (private mode without storage, no web locks) loses that
//! comfort and nothing else: no function here panics.

pub(crate) mod device;
pub(crate) mod feed;
pub(crate) mod http;
pub(crate) mod json;
pub(crate) mod key;
pub(crate) mod page;
pub(crate) mod parcel;
pub(crate) mod tabs;
pub(crate) mod worker;
