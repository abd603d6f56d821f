//! The solver of the proof of work, as the shopper's Web Workers run it.
//!
//! `xtask site` builds this crate twice for the browser, into two small modules without glue: `solver-simd`, with
//! `-C target-feature=+simd128`, hashes five nonces at once, `solver` one after the other, for browsers without SIMD.
//! Both are the same [`kernel`] over another [`word`], and export one function, [`abi::find`]. Where there is no
//! WebAssembly, `app/public/plain.js` does the same in JavaScript.
//!
//! The reference is `protocol::proof`, which goes through the `sha2` crate. All of them find the smallest nonce;
//! `vectors.json`, generated from the reference, holds them to the same answers.

pub mod abi;
pub mod kernel;
pub mod word;
