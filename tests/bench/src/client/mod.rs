//! The load client's HTTP: lean connections, requests as bytes, a browser with cookies and forms.
//!
//! Knows no provider. What is asked in which order: `scenario/`; how often and how it is timed: `load.rs`.

pub mod browser;
pub mod connection;
pub mod form;
pub mod request;
